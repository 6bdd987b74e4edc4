import { createHash } from 'node:crypto';
import type { ConversationScope } from '../../conversations/scope.ts';
import type { KeptMessage } from '../../conversations/tree-store.ts';
import type { Database } from '../../db/database.ts';
import { isForeignKeyViolation, isUniqueViolation } from '../../db/errors.ts';
import { stableId } from '../../db/stable-id.ts';
import type { UserScope } from '../../identity/user-scope.ts';
import {
  emptyTree,
  type PresentMessage,
  type PresentTree,
  readPresentTrees,
  readWords,
  writeExtension,
} from './extension-store.ts';
import type { OrderedMessage, OrderedTree } from './order-tree.ts';

/** Others may write to the conversation meanwhile. */
const attempts = 5;

export interface Extension {
  /** Not here yet, parents before children. */
  messages: KeptMessage[];
  /** Of branches that were deleted here: they stay deleted. */
  leftOut: number;
  activeLeaf: { before: string | null; after: string | null };
}

/**
 * Ids of the messages of an item: the same whenever it is imported into this conversation, and others in another one,
 * so that what was deleted can be imported anew.
 */
export function messageIdsOf({ conversationId }: ConversationScope): (key: string) => string {
  const at = new Date(Number.parseInt(conversationId.replaceAll('-', '').slice(0, 12), 16));
  return (key) => stableId([conversationId, key], at);
}

/** An item that has become this conversation. */
export interface ImportedItem {
  scope: ConversationScope;
  tree: OrderedTree;
}

/** Adds what an item has got since it became this conversation. */
export async function extendImported(db: Database, item: ImportedItem, now: Date): Promise<Extension> {
  const { scope } = item;
  for (let attempt = 1; ; attempt += 1) {
    const extension = (await planExtensions(db, scope.user, [item])).get(item) ?? nothing;
    const { messages, activeLeaf } = extension;
    if (messages.length === 0) return extension;
    try {
      const lastMessageAt = messages.reduce<Date | null>(
        (latest, one) => (latest === null || one.createdAt > latest ? one.createdAt : latest),
        null,
      );
      await writeExtension(db, scope, { messages, activeLeaf, lastMessageAt }, now);
      return extension;
    } catch (error) {
      // The same file at the same time, or a parent that was just deleted.
      const isOvertaken = isUniqueViolation(error) || isForeignKeyViolation(error, 'messages_parent');
      if (!isOvertaken || attempt === attempts) throw error;
    }
  }
}

const nothing: Extension = { messages: [], leftOut: 0, activeLeaf: { before: null, after: null } };

/** What each of the user's items has got since, by two reads for all of them. */
export async function planExtensions<Item extends ImportedItem>(
  db: Database,
  user: UserScope,
  items: readonly Item[],
): Promise<Map<Item, Extension>> {
  const ids = items.map(({ scope }) => scope.conversationId);
  const trees = await readPresentTrees(db, user, ids);
  const looked = items.map((item) => {
    const present = trees.get(item.scope.conversationId) ?? emptyTree();
    return { item, present, here: findHere(item.tree, present) };
  });
  const others = looked.flatMap(({ here }) => here.others.map(({ id }) => id));
  const words = await readWords(db, user, ids, others);
  return new Map(
    looked.map(({ item, present, here }) => [
      item,
      planExtension(item.tree, present, byWords(item.tree, here, words)),
    ]),
  );
}

function planExtension(
  tree: OrderedTree,
  present: PresentTree,
  here: ReadonlyMap<string, string>,
): Extension {
  const leftOut = new Set<string>();
  const messages: KeptMessage[] = [];
  for (const message of tree.messages) {
    const { id, parentId } = message;
    if (here.has(id)) continue;
    if (present.deleted.has(id) || (parentId !== null && leftOut.has(parentId))) leftOut.add(id);
    else messages.push({ ...message, parentId: parentId === null ? null : (here.get(parentId) ?? parentId) });
  }
  const before = present.activeLeafId;
  const isNew = messages.some(({ id }) => id === tree.activeLeafId);
  // Where somebody has gone on here, that stays in view; what is new stands beside it.
  const isOfItem = before === null || new Set(here.values()).has(before);
  const after = isNew && isOfItem ? tree.activeLeafId : before;
  return { messages, leftOut: leftOut.size, activeLeaf: { before, after } };
}

/** Messages of the item that are here, by their ids in its tree, and those here that may be more of them. */
interface Here {
  byId: Map<string, string>;
  others: PresentMessage[];
}

function findHere({ messages }: OrderedTree, present: PresentTree): Here {
  const given = new Set(messages.map(({ id }) => id));
  const ids = new Set(present.messages.map(({ id }) => id));
  const byId = new Map([...given].filter((id) => ids.has(id)).map((id) => [id, id]));
  const others = byId.size === given.size ? [] : present.messages.filter(({ id }) => !given.has(id));
  return { byId, others };
}

/** Earlier versions gave ids by chance: their messages are known by place, time and words. */
function byWords(
  { messages }: OrderedTree,
  { byId, others }: Here,
  words: ReadonlyMap<string, string>,
): Map<string, string> {
  const here = new Map(byId);
  if (others.length === 0) return here;
  const find = findByWords(others, words);
  for (const message of messages) {
    if (here.has(message.id)) continue;
    const parent = message.parentId === null ? null : here.get(message.parentId);
    const found = parent === undefined ? null : find(parent, message);
    if (found !== null) here.set(message.id, found);
  }
  return here;
}

/**
 * Finds the first message below a parent that says the same, each once. By one look at each: all of fifty thousand may
 * stand below one.
 */
function findByWords(others: readonly PresentMessage[], words: ReadonlyMap<string, string>) {
  const named = (parent: string | null, role: string, hash: string | undefined, at: Date | null): string =>
    JSON.stringify([parent, role, hash ?? null, at?.getTime() ?? null]);
  const places = new Map<string, string[]>();
  // The last ones first: the next is taken from the end.
  for (const { id, parentId, role, createdAt } of others.toReversed())
    for (const at of [createdAt, null]) {
      const name = named(parentId, role, words.get(id), at);
      const known = places.get(name);
      if (known === undefined) places.set(name, [id]);
      else known.push(id);
    }
  const taken = new Set<string>();
  return (parent: string | null, { role, content, isDated, createdAt }: OrderedMessage): string | null => {
    const hash = createHash('sha256').update(content).digest('hex');
    const same = places.get(named(parent, role, hash, isDated ? createdAt : null));
    for (let id = same?.pop(); id !== undefined; id = same?.pop()) {
      if (taken.has(id)) continue;
      taken.add(id);
      return id;
    }
    return null;
  };
}
