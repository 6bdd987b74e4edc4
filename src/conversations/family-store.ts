import { sql } from 'drizzle-orm';
import type { Database, Statement, Transaction } from '../db/database.ts';
import type { MessageRow } from './message-store.ts';
import type { ConversationScope } from './scope.ts';

/** Where a message stands among the messages below the same parent. */
export interface Family {
  /** Itself among them, oldest first. */
  siblingIds: readonly string[];
  /** The one that the conversation's active branch goes through; null when it goes through none of them. */
  activeSiblingId: string | null;
}

/** Siblings that are named: a message that was answered a thousand times has a thousand siblings and more. */
const mostSiblings = 1_000;

/** The families of messages of one branch, oldest first, by message. `isActive`: the active branch goes through them. */
export async function readFamilies(
  db: Database,
  scope: ConversationScope,
  rows: readonly Pick<MessageRow, 'id' | 'parentId'>[],
  isActive: boolean,
): Promise<Map<string, Family>> {
  const found = rows.length === 0 ? [] : await db.read(scope, familyStatements(scope, rows, isActive));
  const siblings = new Map(
    (found.slice(0, 2).flat() as { parentId: string | null; ids: string[] }[]).map((one) => [
      one.parentId,
      one.ids,
    ]),
  );
  const active = branchUp((found[2] ?? []) as NewerMessage[]);
  return new Map(
    rows.map(({ id, parentId }) => {
      const siblingIds = siblings.get(parentId) ?? [id];
      const activeSiblingId = isActive ? id : (siblingIds.find((one) => active.has(one)) ?? null);
      return [id, { siblingIds, activeSiblingId }];
    }),
  );
}

function familyStatements(
  scope: ConversationScope,
  rows: readonly Pick<MessageRow, 'parentId'>[],
  isActive: boolean,
): Statement[] {
  const key = [scope.userId, scope.conversationId];
  const parents = rows.flatMap(({ parentId }) => parentId ?? []);
  const hasRoot = parents.length < rows.length;
  return [
    {
      name: 'siblings',
      text: `SELECT parent_id AS "parentId", (array_agg(id ORDER BY seq))[1:${mostSiblings}] AS ids FROM messages
        WHERE user_id = $1 AND conversation_id = $2 AND parent_id = ANY($3::uuid[]) GROUP BY parent_id`,
      values: [...key, parents],
    },
    {
      name: 'roots',
      text: `SELECT NULL AS "parentId", array_agg(id ORDER BY seq) AS ids FROM (SELECT id, seq FROM messages
          WHERE user_id = $1 AND conversation_id = $2 AND parent_id IS NULL AND $3 ORDER BY seq LIMIT ${mostSiblings}) r
        HAVING count(*) > 0`,
      values: [...key, hasRoot],
    },
    ...(isActive ? [] : [newerMessages(scope, rows[0]?.parentId ?? null)]),
  ];
}

/** Every message that is newer than what the page begins below, for the walk up from the active leaf. */
function newerMessages(scope: ConversationScope, top: string | null): Statement {
  return {
    name: 'newer_messages',
    text: `SELECT m.id, m.parent_id AS "parentId", c.active_leaf_id AS "activeLeafId" FROM conversations c
      JOIN messages m ON m.user_id = c.user_id AND m.conversation_id = c.id
      WHERE c.user_id = $1 AND c.id = $2 AND m.seq > coalesce((SELECT p.seq FROM messages p
        WHERE p.user_id = $1 AND p.conversation_id = $2 AND p.id = $3::uuid), 0)`,
    values: [scope.userId, scope.conversationId, top],
  };
}

interface NewerMessage {
  id: string;
  parentId: string | null;
  activeLeafId: string | null;
}

function branchUp(newer: readonly NewerMessage[]): Set<string> {
  const parents = new Map(newer.map(({ id, parentId }) => [id, parentId]));
  const branch = new Set<string>();
  for (let at = newer[0]?.activeLeafId ?? null; at !== null && parents.has(at); at = parents.get(at) ?? null)
    branch.add(at);
  return branch;
}

/** Of a message that its transaction has just written. */
export async function siblingsWithin(
  tx: Transaction,
  scope: ConversationScope,
  { id, parentId }: Pick<MessageRow, 'id' | 'parentId'>,
): Promise<string[]> {
  const { rows } = await tx.execute<{ id: string }>(sql`
    SELECT id FROM messages WHERE user_id = ${scope.userId} AND conversation_id = ${scope.conversationId}
      AND ${parentId === null ? sql`parent_id IS NULL` : sql`parent_id = ${parentId}`} ORDER BY seq LIMIT ${mostSiblings}`);
  return rows.length === 0 ? [id] : rows.map((row) => row.id);
}
