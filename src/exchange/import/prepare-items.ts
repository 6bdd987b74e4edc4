import { createHash } from 'node:crypto';
import type { ImportItem } from '@alcove/contract';
import { ConversationScope } from '../../conversations/scope.ts';
import type { Database } from '../../db/database.ts';
import type { DocumentDeps } from '../../documents/deps.ts';
import { AppError } from '../../errors.ts';
import type { UserScope } from '../../identity/user-scope.ts';
import { type Extension, messageIdsOf, planExtensions } from './extend-imported.ts';
import { recordOf } from './fields.ts';
import { importFormats } from './formats.ts';
import { type DocumentsHere, lookAtDocuments } from './import-documents.ts';
import { findImported, type FoundImport, type ImportKey } from './import-store.ts';
import { type GivenItem, type ImportedConversation, ImportFault } from './imported.ts';
import { type OrderedTree, orderTree } from './order-tree.ts';

/** An item that can be read, with what is here of it. */
export interface ReadItem {
  given: GivenItem;
  read: ImportedConversation;
  scope: ConversationScope;
  tree: OrderedTree;
  /** Of the conversation that it has become; null where there is none. */
  before: { messageCount: number } | null;
  said: ImportItem;
}

/** What a known item has that is not here. */
export interface News {
  extension: Extension;
  documents: DocumentsHere;
}

export interface PreparedItems {
  /** In the order of the file; those that cannot be read are only spoken of. */
  items: (ReadItem | ImportItem)[];
  news: Map<ReadItem, News>;
}

const nothingOf: ImportItem = {
  source: null,
  external_id: null,
  title: null,
  outcome: 'failed',
  conversation_id: null,
  messages: 0,
  branches: 0,
  documents: 0,
  error: null,
};

/** Trees of so many messages are read at once, or one tree. */
const messagesAtOnce = 20_000;

/** How often what is here of an item was looked up, by its name. */
export type Looks = Map<string, number>;

/** For all messages of its conversation each time: a short item may stand in a file a million times. */
const mostLooks = 20;

/** Reads items, and looks up what is here of them: as few questions to the database for all of them as for one. */
export async function prepareItems(
  user: UserScope,
  given: readonly GivenItem[],
  looks: Looks,
  { db, now }: DocumentDeps,
): Promise<PreparedItems> {
  const reads = given.map((item) => ({ item, result: orFault(() => readItem(item)) }));
  const keys = reads.flatMap(({ result }) => ('fault' in result ? [] : keyOf(result.value)));
  const found = new Map(
    (await findImported(db, user, keys)).map((row): [string, FoundImport] => [nameOf(row), row]),
  );
  const items = reads.map(({ item, result }): ReadItem | ImportItem => {
    if ('fault' in result) return { ...nothingOf, error: result.fault };
    const read = result.value;
    const before = found.get(nameOf(keyOf(read))) ?? null;
    const said = { ...nothingOf, ...aboutOf(read) };
    const placed = orFault(() => {
      if (before !== null) countLook(looks, nameOf(keyOf(read)));
      const scope = before?.scope ?? ConversationScope.ofNew(user);
      return { scope, tree: orderTree(read, messageIdsOf(scope), now()) };
    });
    if ('fault' in placed) return { ...said, error: placed.fault };
    const { scope, tree } = placed.value;
    const { branches, messages } = tree;
    Object.assign(said, {
      messages: messages.length,
      branches,
      documents: read.documents.length,
      conversation_id: before?.scope.conversationId ?? null,
    });
    return { given: item, read, scope, tree, before, said };
  });
  const known = items.filter((item) => 'tree' in item && item.before !== null) as ReadItem[];
  return { items, news: await readNews(db, user, known) };
}

async function readNews(
  db: Database,
  user: UserScope,
  known: readonly ReadItem[],
): Promise<Map<ReadItem, News>> {
  const documents = await lookAtDocuments(db, user, known);
  const news = new Map<ReadItem, News>();
  for (const some of inParts(known))
    for (const [item, extension] of await planExtensions(db, user, some))
      news.set(item, { extension, documents: documents.get(item) ?? { missing: 0, isSettled: true } });
  return news;
}

/** @throws ImportFault */
function countLook(looks: Looks, name: string): void {
  const count = (looks.get(name) ?? 0) + 1;
  if (count > mostLooks) throw new ImportFault('The file holds it too often: once is enough.');
  looks.set(name, count);
}

function* inParts(items: readonly ReadItem[]): Generator<ReadItem[]> {
  let part: ReadItem[] = [];
  let messages = 0;
  for (const item of items) {
    messages += item.before?.messageCount ?? 0;
    if (messages > messagesAtOnce && part.length > 0) {
      yield part;
      [part, messages] = [[], item.before?.messageCount ?? 0];
    }
    part.push(item);
  }
  if (part.length > 0) yield part;
}

/** @throws ImportFault */
function readItem({ value, fault }: GivenItem): ImportedConversation {
  if (fault !== null) throw new ImportFault(fault);
  const record = recordOf(value);
  const format = record === null ? undefined : importFormats.find((one) => one.recognises(record));
  if (record === null || format === undefined)
    throw new ImportFault('It is no conversation of a product that is known here.');
  const read = format.read(record);
  if (read.externalId === '' || read.externalId.length > 500)
    read.externalId = createHash('sha256').update(JSON.stringify(record)).digest('hex');
  return read;
}

export function keyOf({ source, externalId }: ImportedConversation): ImportKey {
  return { source, externalId };
}

/** The same for the same item only. */
export function nameOf({ source, externalId }: ImportKey): string {
  return `${source}:${externalId}`;
}

function aboutOf(read: ImportedConversation) {
  return { source: read.source, external_id: read.externalId.slice(0, 500), title: read.title };
}

/** What it returns, or why the item cannot be imported. @throws whatever is no fault of the item */
function orFault<T>(work: () => T): { value: T } | { fault: string } {
  try {
    return { value: work() };
  } catch (error) {
    return { fault: faultOf(error) };
  }
}

/** In a sentence for its owner. @throws whatever is no fault of the item */
export function faultOf(error: unknown): string {
  if (error instanceof ImportFault || (error instanceof AppError && error.status < 500)) return error.message;
  throw error;
}
