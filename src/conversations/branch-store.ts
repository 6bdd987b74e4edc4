import { sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { recordAudit } from '../identity/audit-store.ts';
import { refuseUnderHold } from '../identity/hold-store.ts';
import type { ConversationRow } from './store.ts';
import type { ConversationScope } from './scope.ts';

/**
 * Makes the branch through this message the active one: down to the newest leaf below it.
 * @throws AppError `not_found`
 */
export async function switchBranch(
  db: Database,
  scope: ConversationScope,
  messageId: string,
  now: Date,
): Promise<void> {
  const { userId, conversationId } = scope;
  await db.scoped(scope, async (tx) => {
    // Appends take this row first too: no leaf appears between the look and the change.
    await lockConversation(tx, scope);
    const leaf = await newestLeaf(tx, scope, messageId);
    if (leaf === null)
      throw new AppError('not_found', 'This message does not exist in this conversation.', {
        issues: [{ path: 'leaf_id', message: 'is no message of this conversation' }],
      });
    await tx.execute(sql`UPDATE conversations SET active_leaf_id = ${leaf}::uuid,
        updated_at = ${now.toISOString()}::timestamptz
      WHERE user_id = ${userId} AND id = ${conversationId}`);
  });
}

/** `source` of the rows by which an import knows what was deleted here, so that it does not bring it back. */
export const deletedBranch = 'deleted branch';

/** The branch from a message down, the message first: the active one if it goes through it, else to the newest leaf. Empty when the message is gone. */
export async function readDown(
  db: Database,
  scope: ConversationScope,
  messageId: string,
  activeLeafId: string | null,
): Promise<string[]> {
  const tree = await db.reading(scope, (tx) => readFrom(tx, scope, messageId));
  const parents = new Map(tree.map(({ id, parentId }) => [id, parentId]));
  const up = (leaf: string | null): string[] => {
    const path: string[] = [];
    for (let at = leaf; at !== null && parents.has(at); at = parents.get(at) ?? null) {
      path.push(at);
      if (at === messageId) return path.toReversed();
    }
    return [];
  };
  const active = up(activeLeafId);
  return active.length > 0 ? active : up(newestBelow(tree));
}

export interface DeletedBranch {
  /** The message and all below it. */
  ids: string[];
  activeLeafId: string | null;
}

/** Deletes the message with everything below it; the active branch goes on beside it. Null when it is gone. */
export async function deleteBranch(
  db: Database,
  scope: ConversationScope,
  messageId: string,
  now: Date,
): Promise<DeletedBranch | null> {
  const { userId, conversationId } = scope;
  const inside = sql`user_id = ${userId} AND conversation_id = ${conversationId}`;
  return db.scoped(scope, async (tx) => {
    await refuseUnderHold(tx, scope.user);
    const { activeLeafId } = await lockConversation(tx, scope);
    const tree = await readFrom(tx, scope, messageId);
    const [top] = tree;
    if (top === undefined) return null;
    const rows = below(tree, top);
    const ids = rows.map(({ id }) => id);
    // As whoever ends an answer takes them: the lease before its message.
    await tx.execute(
      sql`DELETE FROM work WHERE ${inside} AND kind = 'answer' AND item_id = ANY(${sql.param(ids)}::uuid[])`,
    );
    // All at once: a cascade from parent to child would go as deep as the branch is long.
    await tx.execute(sql`DELETE FROM messages WHERE ${inside} AND id = ANY(${sql.param(ids)}::uuid[])`);
    // Without a limit, and from a table that lies beside it: otherwise Citus would copy rows past the policies, and may not.
    await tx.execute(sql`INSERT INTO imported_items (user_id, source, external_id, conversation_id, created_at)
      SELECT c.user_id, ${deletedBranch}::text, ${messageId}::text, c.id, ${now.toISOString()}::timestamptz
      FROM conversations c WHERE c.user_id = ${userId} AND c.id = ${conversationId}
        AND EXISTS (SELECT 1 FROM imported_items i WHERE i.user_id = c.user_id AND i.conversation_id = c.id)
      ON CONFLICT DO NOTHING`);
    const moves = activeLeafId !== null && ids.includes(activeLeafId);
    const leaf = moves ? await leafBeside(tx, scope, top.parentId) : activeLeafId;
    await tx.execute(sql`UPDATE conversations SET active_leaf_id = ${leaf}::uuid,
        message_count = message_count - ${ids.length}, updated_at = ${now.toISOString()}::timestamptz
      WHERE user_id = ${userId} AND id = ${conversationId}`);
    const count = (role: string) => rows.filter((row) => row.role === role).length;
    await tx.execute(sql`UPDATE user_counters SET user_messages = user_messages - ${count('user')},
        assistant_messages = assistant_messages - ${count('assistant')},
        system_messages = system_messages - ${count('system')} WHERE user_id = ${userId}`);
    // What was below it goes with it, and is not named: a branch has any length.
    await recordAudit(tx, scope.user, { action: 'message.deleted', target: messageId }, now);
    return { ids, activeLeafId: leaf };
  });
}

/** The newest leaf below a parent; the parent itself when nothing is left below it. */
async function leafBeside(
  tx: Transaction,
  scope: ConversationScope,
  parentId: string | null,
): Promise<string | null> {
  const { rows } = await tx.execute<{ id: string }>(sql`
    SELECT id FROM messages WHERE user_id = ${scope.userId} AND conversation_id = ${scope.conversationId}
      AND ${parentId === null ? sql`parent_id IS NULL` : sql`parent_id = ${parentId}`} ORDER BY seq DESC LIMIT 1`);
  const [next] = rows;
  return next === undefined ? parentId : newestLeaf(tx, scope, next.id);
}

async function newestLeaf(tx: Transaction, scope: ConversationScope, from: string): Promise<string | null> {
  return newestBelow(await readFrom(tx, scope, from));
}

/** From the first row of the tree to the newest child, as long as there is one. */
function newestBelow(tree: readonly TreeRow[]): string | null {
  let leaf = tree[0]?.id ?? null;
  const newestChild = new Map(tree.map(({ id, parentId }) => [parentId, id]));
  for (let next = leaf; next !== null; next = newestChild.get(next) ?? null) leaf = next;
  return leaf;
}

interface TreeRow {
  id: string;
  parentId: string | null;
  role: string;
}

/**
 * The message and all that are newer, in the order in which they came, so that whatever is below it is among them: one
 * look, where a recursive query takes one for each step down.
 */
async function readFrom(tx: Transaction, scope: ConversationScope, from: string): Promise<TreeRow[]> {
  const inside = sql`user_id = ${scope.userId} AND conversation_id = ${scope.conversationId}`;
  const { rows } = await tx.execute<{ id: string; parentId: string | null; role: string }>(sql`
    SELECT id, parent_id AS "parentId", role FROM messages
    WHERE ${inside} AND seq >= (SELECT seq FROM messages WHERE ${inside} AND id = ${from}) ORDER BY seq`);
  return rows;
}

/** The message with everything below it. */
function below(tree: readonly TreeRow[], top: TreeRow): TreeRow[] {
  const inside = new Set([top.id]);
  for (const { id, parentId } of tree) if (parentId !== null && inside.has(parentId)) inside.add(id);
  return tree.filter(({ id }) => inside.has(id));
}

async function lockConversation(
  tx: Transaction,
  scope: ConversationScope,
): Promise<Pick<ConversationRow, 'activeLeafId'>> {
  const { rows } = await tx.execute<{ activeLeafId: string | null }>(sql`
    SELECT active_leaf_id AS "activeLeafId" FROM conversations
    WHERE user_id = ${scope.userId} AND id = ${scope.conversationId} FOR UPDATE`);
  const [row] = rows;
  if (row === undefined) throw new AppError('not_found', 'This conversation does not exist.');
  return row;
}
