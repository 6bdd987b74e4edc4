import type { Database, Statement } from '../db/database.ts';
import { isUniqueViolation } from '../db/errors.ts';
import { AppError } from '../errors.ts';
import type { UserScope } from '../identity/user-scope.ts';
import { ConversationScope } from './scope.ts';

/** The conversation that the user's client means by an id of its own; null before it has made one by that id. */
export async function findBoundConversation(
  db: Database,
  user: UserScope,
  chatId: string,
): Promise<ConversationScope | null> {
  const [rows] = await db.read({ userId: user.userId }, [
    {
      name: 'bound_conversation',
      text: `SELECT user_id AS "userId", conversation_id AS "conversationId" FROM chat_bindings
        WHERE user_id = $1 AND chat_id = $2`,
      values: [user.userId, chatId],
    },
  ]);
  const [row] = (rows ?? []) as { userId: string; conversationId: string }[];
  return row === undefined ? null : ConversationScope.ofOwnRow(user, row);
}

/** Binds a conversation to its client's id, in the transaction that makes it. `chatTaken` reads what a taken id throws. */
export function bindChat(scope: ConversationScope, chatId: string): Statement {
  return {
    name: 'bind_chat',
    text: 'INSERT INTO chat_bindings (user_id, conversation_id, chat_id) VALUES ($1, $2, $3)',
    values: [scope.userId, scope.conversationId, chatId],
  };
}

/** @throws AppError `conflict` for a chat that another request has begun meanwhile; else what it is given */
export function chatTaken(error: unknown): never {
  if (!isUniqueViolation(error, 'chat_bindings_user_id_chat_id_pk')) throw error;
  throw new AppError('conflict', 'This chat was begun just now: ask again.', { cause: error });
}
