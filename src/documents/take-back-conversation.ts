import type { ConversationScope } from '../conversations/scope.ts';
import { deleteConversationRows } from '../conversations/store.ts';
import { lockWithDeleted, withDeleted } from '../conversations/trash-store.ts';
import { recordAudit } from '../identity/audit-store.ts';
import type { DocumentDeps } from './deps.ts';

/**
 * Erases what a request has begun before it was refused. A legal hold does not keep it: it holds what there was, and
 * nobody has been told of this. Where somebody has said something meanwhile it stays.
 * @returns whether nothing of it is left
 */
export async function takeBackConversation(
  scope: ConversationScope,
  { db, now }: Pick<DocumentDeps, 'db' | 'now'>,
): Promise<boolean> {
  return db.scoped(withDeleted(scope), async (tx) => {
    const row = await lockWithDeleted(tx, scope);
    if (row === null) return true;
    if (row.messageCount > 0) return false;
    await deleteConversationRows(tx, scope, now());
    const target = scope.conversationId;
    await recordAudit(tx, scope.user, { action: 'conversation.deleted', target }, now());
    return true;
  });
}
