import type { NewMessage } from '../../conversations/message-store.ts';
import { appendStatements } from '../../conversations/message-store.ts';
import { ConversationScope } from '../../conversations/scope.ts';
import { beginConversation, type NewConversation } from '../../conversations/store.ts';
import { type KeptTree, treeStatements } from '../../conversations/tree-store.ts';
import type { Database } from '../../db/database.ts';
import type { UserScope } from '../../identity/user-scope.ts';

const source = 'redis';

/** What an earlier run has made of a session. */
export interface Migrated {
  /** Null when its conversation is deleted and not erased yet. */
  scope: ConversationScope | null;
  /** Of the messages asked for, those that are there. */
  messageIds: Set<string>;
}

/** Null when the session is new. */
export async function findMigrated(
  db: Database,
  user: UserScope,
  sessionId: string,
  messageIds: readonly string[],
): Promise<Migrated | null> {
  const [items = [], found = []] = await db.read({ userId: user.userId }, [
    {
      name: 'find_migrated',
      text: `SELECT i.conversation_id AS "conversationId", c.id IS NULL AS "isDeleted" FROM imported_items i
        LEFT JOIN conversations c ON c.user_id = i.user_id AND c.id = i.conversation_id
        WHERE i.user_id = $1 AND i.source = $2 AND i.external_id = $3`,
      values: [user.userId, source, sessionId],
    },
    {
      name: 'find_migrated_messages',
      text: 'SELECT id FROM messages WHERE user_id = $1 AND id = ANY($2::uuid[])',
      values: [user.userId, messageIds],
    },
  ]);
  const [item] = items as { conversationId: string; isDeleted: boolean }[];
  if (item === undefined) return null;
  const row = { userId: user.userId, conversationId: item.conversationId };
  return {
    scope: item.isDeleted ? null : ConversationScope.ofOwnRow(user, row),
    messageIds: new Set((found as { id: string }[]).map(({ id }) => id)),
  };
}

/** Writes a session as a conversation, in one transaction. */
export async function insertMigrated(
  db: Database,
  user: UserScope,
  sessionId: string,
  conversation: NewConversation,
  tree: KeptTree,
): Promise<void> {
  const scope = ConversationScope.ofNew(user);
  await db.write(scope, [
    ...beginConversation(scope, conversation, tree.createdAt),
    ...treeStatements(scope, tree),
    {
      name: 'note_migrated',
      text: `INSERT INTO imported_items (user_id, source, external_id, conversation_id, created_at)
        VALUES ($1, $2, $3, $4, now())`,
      values: [user.userId, source, sessionId, scope.conversationId],
    },
  ]);
}

/** Adds what a session has got since, below its last message that is here. */
export async function extendMigrated(
  db: Database,
  scope: ConversationScope,
  messages: readonly NewMessage[],
  now: Date,
): Promise<void> {
  await db.write(scope, appendStatements(scope, messages, now));
}

/** How many of the messages are in conversations that are there. */
export async function countMigrated(
  db: Database,
  user: UserScope,
  messageIds: readonly string[],
): Promise<number> {
  const [rows = []] = await db.read({ userId: user.userId }, [
    {
      name: 'count_migrated_messages',
      text: `SELECT count(*)::int AS n FROM messages m
        JOIN conversations c ON c.user_id = m.user_id AND c.id = m.conversation_id
        WHERE m.user_id = $1 AND m.id = ANY($2::uuid[])`,
      values: [user.userId, messageIds],
    },
  ]);
  return (rows[0] as { n: number } | undefined)?.n ?? 0;
}
