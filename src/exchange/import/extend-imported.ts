import { createHash } from 'node:crypto';
import type { ConversationScope } from '../../conversations/scope.ts';
import type { KeptMessage } from '../../conversations/tree-store.ts';
import type { Database } from '../../db/database.ts';
import { isForeignKeyViolation, isUniqueViolation } from '../../db/errors.ts';
import { stableId } from '../../db/stable-id.ts';
import {
  type PresentMessage,
  type PresentTree,
  readPresentTree,
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

/** Adds what an item has got since it became this conversation; `now` null: only says what that is. */
export async function extendImported(
  db: Database,
  scope: ConversationScope,
  tree: OrderedTree,
  now: Date | null,
): Promise<Extension> {
  for (let attempt = 1; ; attempt += 1) {
    const extension = await planExtension(db, scope, tree);
    const { messages, activeLeaf } = extension;
    if (now === null || messages.length === 0) return extension;
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

async function planExtension(db: Database, scope: ConversationScope, tree: OrderedTree): Promise<Extension> {
  const present = await readPresentTree(db, scope);
  const here = await findHere(db, scope, tree, present);
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

/** The messages of the item that are here, by their ids in its tree. */
async function findHere(
  db: Database,
  scope: ConversationScope,
  { messages }: OrderedTree,
  present: PresentTree,
): Promise<Map<string, string>> {
  const given = new Set(messages.map(({ id }) => id));
  const ids = new Set(present.messages.map(({ id }) => id));
  const here = new Map([...given].filter((id) => ids.has(id)).map((id) => [id, id]));
  const others = present.messages.filter(({ id }) => !given.has(id));
  if (here.size === given.size || others.length === 0) return here;
  // Earlier versions gave ids by chance: their messages are known by place, time and words.
  const words = await readWords(
    db,
    scope,
    others.map(({ id }) => id),
  );
  const below = Map.groupBy(others, ({ parentId }) => parentId);
  const taken = new Set<string>();
  for (const message of messages) {
    if (here.has(message.id)) continue;
    const parent = message.parentId === null ? null : here.get(message.parentId);
    if (parent === undefined) continue;
    const found = (below.get(parent) ?? []).find(
      (one) => !taken.has(one.id) && isSame(one, message, words.get(one.id)),
    );
    if (found === undefined) continue;
    taken.add(found.id);
    here.set(message.id, found.id);
  }
  return here;
}

function isSame(present: PresentMessage, given: OrderedMessage, words: string | undefined): boolean {
  const isThen = !given.isDated || present.createdAt.getTime() === given.createdAt.getTime();
  const hash = createHash('sha256').update(given.content).digest('hex');
  return isThen && present.role === given.role && words === hash;
}
