import { deleteBranch, type DeletedBranch } from '../conversations/branch-store.ts';
import type { ConversationScope } from '../conversations/scope.ts';
import { AppError } from '../errors.ts';
import { type AnswerDeps, answerTopic } from './deps.ts';

/** Deletes a message with everything below it; answers that are being written there end. @throws AppError `not_found` */
export async function deleteMessage(
  scope: ConversationScope,
  messageId: string,
  { db, running, notifier, now }: Pick<AnswerDeps, 'db' | 'running' | 'notifier' | 'now'>,
): Promise<DeletedBranch> {
  const deleted = await deleteBranch(db, scope, messageId, now());
  if (deleted === null) throw gone();
  for (const id of deleted.ids) {
    running.get(scope.userId, id)?.stop.abort(gone());
    notifier.notify(answerTopic(id));
  }
  return deleted;
}

function gone(): AppError {
  return new AppError('not_found', 'This message does not exist.');
}
