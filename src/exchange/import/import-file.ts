import { createHash } from 'node:crypto';
import type { ImportItem, ImportReport } from '@alcove/contract';
import { ConversationScope } from '../../conversations/scope.ts';
import { tidyDatabase } from '../../db/tidy.ts';
import type { DocumentDeps } from '../../documents/deps.ts';
import type { Room } from '../../documents/upload-room.ts';
import { AppError } from '../../errors.ts';
import type { UserScope } from '../../identity/user-scope.ts';
import { extendImported, messageIdsOf } from './extend-imported.ts';
import { recordOf } from './fields.ts';
import { importFormats } from './formats.ts';
import { type KeptDocuments, keepDocuments, lookAtDocuments } from './import-documents.ts';
import { findImported, insertImported, keepProject } from './import-store.ts';
import { type GivenItem, type ImportedConversation, ImportFault } from './imported.ts';
import { itemsOf } from './open-file.ts';
import { type OrderedTree, orderTree } from './order-tree.ts';
import { projectsOf } from './own-bundle.ts';

export interface ImportOptions {
  dryRun: boolean;
  signal?: AbortSignal | undefined;
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

/**
 * Imports what the files on disk hold, item by item: each is there as a whole or not at all, and one that cannot be read
 * stops none of the others. An item that was imported before gets what is new in it and is
 * otherwise left as it is, so that an import that was cut off goes on where it was when the same file is given again. Documents take their room from `room`, one after the other.
 * @throws AppError `invalid_request` for a file that holds no items at all
 */
export async function* importFiles(
  user: UserScope,
  paths: readonly string[],
  room: Room,
  { dryRun, signal }: ImportOptions,
  deps: DocumentDeps,
): AsyncGenerator<ImportItem> {
  let untold = 0;
  for (const path of paths) {
    for await (const item of itemsOf(path)) {
      signal?.throwIfAborted();
      const projects = projectsOf(recordOf(item.value) ?? {});
      if (projects !== null) {
        for (const project of dryRun ? [] : projects) await keepProject(deps.db, user, project, deps.now());
        continue;
      }
      const imported = await importItem(user, item, room, dryRun, deps);
      untold += imported.outcome === 'imported' || imported.outcome === 'extended' ? imported.messages : 0;
      if (untold >= messagesUntold) {
        await refreshStatistics(deps, signal);
        untold = 0;
      }
      yield imported;
    }
  }
}

/** So many new messages the planner does not know of. */
const messagesUntold = 5_000;

/**
 * The embedded database takes no statistics by itself before the worker comes by: until then it goes through every
 * message of a conversation for the parent of each.
 */
async function refreshStatistics({ db, log }: DocumentDeps, signal?: AbortSignal): Promise<void> {
  if (db.kind !== 'pglite') return;
  await tidyDatabase(db, signal ?? new AbortController().signal).catch((error: unknown) =>
    // What is imported is kept all the same.
    log.warn({ err: error }, 'statistics were not taken after an import'),
  );
}

async function importItem(
  user: UserScope,
  item: GivenItem,
  room: Room,
  dryRun: boolean,
  deps: DocumentDeps,
): Promise<ImportItem> {
  const known: ImportItem = { ...nothingOf };
  try {
    const read = readItem(item);
    Object.assign(known, {
      source: read.source,
      external_id: read.externalId.slice(0, 500),
      title: read.title,
    });
    const before = await findImported(deps.db, user, keyOf(read));
    const scope =
      before === null ? ConversationScope.ofNew(user) : await ConversationScope.open(deps.db, user, before);
    const tree = orderTree(read, messageIdsOf(scope), deps.now());
    Object.assign(known, {
      messages: tree.messages.length,
      branches: tree.branches,
      documents: read.documents.length,
      conversation_id: before,
    });
    if (dryRun && before === null) return { ...known, outcome: 'readable' };
    const documents = async (): Promise<KeptDocuments> =>
      dryRun
        ? lookAtDocuments(scope, read.documents, deps)
        : keepDocuments(scope, room, read.documents, item.openDocument, deps);
    if (before !== null) return await extend(scope, tree, known, documents, dryRun, deps);
    return await insert(scope, read, tree, known, documents, deps);
  } catch (error) {
    if (error instanceof ImportFault || (error instanceof AppError && error.status < 500))
      return { ...known, outcome: 'failed', error: error.message };
    throw error;
  }
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

function keyOf({ source, externalId }: ImportedConversation) {
  return { source, externalId };
}

async function insert(
  scope: ConversationScope,
  read: ImportedConversation,
  tree: OrderedTree,
  known: ImportItem,
  documents: () => Promise<KeptDocuments>,
  deps: DocumentDeps,
): Promise<ImportItem> {
  const { user, conversationId } = scope;
  const { title, pinned, archived } = read;
  const tags = [...new Set(read.tags.map((tag) => tag.trim().slice(0, 100)))].filter(Boolean).slice(0, 50);
  const { project = null, template = null, ...own } = read.own ?? {};
  const projectId = project === null ? null : await keepProject(deps.db, user, project, deps.now());
  const input = { title, conversationType: 'general' as const, ...own, projectId, pinned, archived, tags };
  const createdAt = read.createdAt ?? tree.messages[0]?.createdAt ?? deps.now();
  const made = await insertImported(
    deps.db,
    scope,
    keyOf(read),
    input,
    { ...tree, createdAt, lastMessageAt: tree.lastMessageAt },
    template,
    deps.now(),
  );
  if (!made) return { ...known, outcome: 'unchanged' };
  const { error } = await documents();
  return { ...known, outcome: 'imported', conversation_id: conversationId, error };
}

/** Adds what the item has got since it was imported. */
async function extend(
  scope: ConversationScope,
  tree: OrderedTree,
  known: ImportItem,
  documents: () => Promise<KeptDocuments>,
  dryRun: boolean,
  { db, now }: DocumentDeps,
): Promise<ImportItem> {
  const { messages, leftOut } = await extendImported(db, scope, tree, dryRun ? null : now());
  const { added, error } = await documents();
  const errors =
    leftOut === 0 ? [] : [`Messages of branches that were deleted here stay deleted: ${leftOut}.`];
  if (error !== null) errors.push(error);
  const said = { ...known, error: errors.length === 0 ? null : errors.join(' ') };
  if (messages.length + added === 0) return { ...said, outcome: 'unchanged' };
  return { ...said, outcome: 'extended', messages: messages.length, documents: added };
}

const reportedItems = 10_000;

/** Adds up what the items say. */
export function createReport(dryRun: boolean) {
  const report: ImportReport = {
    dry_run: dryRun,
    imported: 0,
    extended: 0,
    unchanged: 0,
    failed: 0,
    messages: 0,
    documents: 0,
    items: [],
  };
  return {
    report,
    add(item: ImportItem): void {
      if (report.items.length < reportedItems) report.items.push(item);
      if (item.outcome === 'unchanged' || item.outcome === 'failed') {
        report[item.outcome] += 1;
        return;
      }
      report[item.outcome === 'extended' ? 'extended' : 'imported'] += 1;
      report.messages += item.messages;
      report.documents += item.documents;
    },
  };
}
