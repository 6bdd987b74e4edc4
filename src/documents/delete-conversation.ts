import type { ConversationScope } from '../conversations/scope.ts';
import type { DeletedCounts } from '../conversations/store.ts';
import { hideConversation, lockWithDeleted } from '../conversations/trash-store.ts';
import { AppError } from '../errors.ts';
import { recordAudit } from '../identity/audit-store.ts';
import { isUnderHold, refuseUnderHold } from '../identity/hold-store.ts';
import { eraseConversation } from './bin-store.ts';
import type { DocumentDeps } from './deps.ts';
import { moveDocumentRows } from './move-store.ts';

export interface Deletion {
  counts: DeletedCounts;
  /** Until when it can be restored; null: it is erased. */
  restorableUntil: Date | null;
}

/** Where its documents go first, and whether it is erased at once whatever the undo window. */
export interface DeletionOptions {
  keepIn?: ConversationScope | null | undefined;
  permanently?: boolean | undefined;
}

/** Far beyond every undo window: the worker looks at it again when it is due. */
const underHoldMs = 24 * 3_600_000;

/**
 * Deletes a conversation with everything below it: nobody sees it any more, and it is erased when its undo window ends;
 * at once where there is none, and a temporary one. Its documents go to `keepIn` before that, in the same transaction:
 * an upload that comes in between is either moved too, or refused.
 * @throws AppError `invalid_request`, `not_found`, `quota_exceeded`, `conflict`; then nothing is moved or deleted
 */
export async function deleteConversation(
  scope: ConversationScope,
  { keepIn = null, permanently = false }: DeletionOptions,
  { db, limits, now }: Pick<DocumentDeps, 'db' | 'limits' | 'now'>,
): Promise<Deletion> {
  if (keepIn?.conversationId === scope.conversationId) {
    throw new AppError(
      'invalid_request',
      'keep_documents_in names the conversation that is to be deleted: name another one.',
      { issues: [{ path: 'keep_documents_in', message: 'is the conversation itself' }] },
    );
  }
  const at = now();
  // With other conversations in play the transaction is the user's; each statement names its conversation.
  return db.scoped({ userId: scope.userId, showsDeleted: true }, async (tx) => {
    if (permanently) await refuseUnderHold(tx, scope.user);
    if (keepIn !== null)
      await moveDocumentRows(tx, scope, keepIn, 'all', limits.documentsPerConversation, at);
    const row = await lockWithDeleted(tx, scope);
    if (row === null || (row.deletedAt !== null && !permanently))
      throw new AppError('not_found', 'This conversation does not exist.');
    const erases = permanently || limits.undoMs === 0 || row.expiresInS !== null;
    const isHeld = erases && !permanently && (await isUnderHold(tx, scope.user));
    const until = erases
      ? isHeld
        ? new Date(at.getTime() + underHoldMs)
        : null
      : new Date(at.getTime() + limits.undoMs);
    const counts =
      until === null ? await eraseConversation(tx, scope, at) : await hideConversation(tx, scope, until, at);
    const action = row.deletedAt === null ? 'conversation.deleted' : 'conversation.erased';
    await recordAudit(tx, scope.user, { action, target: scope.conversationId }, at);
    return { counts, restorableUntil: until };
  });
}
