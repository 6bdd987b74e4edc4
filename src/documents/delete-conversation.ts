import type { ConversationScope } from '../conversations/scope.ts';
import { type DeletedCounts, deleteConversationRows } from '../conversations/store.ts';
import { AppError } from '../errors.ts';
import { recordAudit } from '../identity/audit-store.ts';
import type { DocumentDeps } from './deps.ts';
import { moveDocumentRows } from './move-store.ts';

/**
 * Deletes a conversation with everything below it; its documents go to `keepIn` first where that is given, in the
 * same transaction: an upload that comes in between is either moved too, or refused.
 * @throws AppError `invalid_request`, `not_found`, `quota_exceeded`; then nothing is moved or deleted
 */
export async function deleteConversation(
  scope: ConversationScope,
  keepIn: ConversationScope | null,
  { db, limits, now }: Pick<DocumentDeps, 'db' | 'limits' | 'now'>,
): Promise<DeletedCounts> {
  if (keepIn?.conversationId === scope.conversationId) {
    throw new AppError(
      'invalid_request',
      'keep_documents_in names the conversation that is to be deleted: name another one.',
      { issues: [{ path: 'keep_documents_in', message: 'is the conversation itself' }] },
    );
  }
  const at = now();
  // With two conversations in play the transaction is the user's; each statement names its conversation.
  return db.scoped(keepIn === null ? scope : { userId: scope.userId }, async (tx) => {
    if (keepIn !== null)
      await moveDocumentRows(tx, scope, keepIn, 'all', limits.documentsPerConversation, at);
    const deleted = await deleteConversationRows(tx, scope, at);
    await recordAudit(tx, scope.user, { action: 'conversation.deleted', target: scope.conversationId }, at);
    return deleted;
  });
}
