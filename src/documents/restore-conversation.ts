import { ConversationScope } from '../conversations/scope.ts';
import type { ConversationRow } from '../conversations/store.ts';
import { brokenAnswers, showConversation, withDeleted } from '../conversations/trash-store.ts';
import type { AlsoWrite } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { recordAudit } from '../identity/audit-store.ts';
import type { UserScope } from '../identity/user-scope.ts';
import { documentWork } from '../work/lease.ts';
import { workTopic } from '../work/loop.ts';
import { enqueue } from '../work/store.ts';
import { vectorKind } from './segment-kinds.ts';
import type { DocumentDeps } from './deps.ts';
import { unfinishedDocuments } from './unfinished-store.ts';

/**
 * Brings a deleted conversation back with everything below it; what was under way when it was deleted goes on. One that
 * is there stays as it is.
 * @throws AppError `not_found` when it is erased, `forbidden`
 */
export async function restoreConversation(
  user: UserScope,
  id: string,
  { db, notifier, embedding, now }: Pick<DocumentDeps, 'db' | 'notifier' | 'embedding' | 'now'>,
  alsoWrite?: AlsoWrite<ConversationRow>,
): Promise<ConversationRow> {
  const scope = await ConversationScope.openDeleted(db, user, id);
  const at = now();
  const restored = await db.scoped(withDeleted(scope), async (tx) => {
    const shown = await showConversation(tx, scope, at);
    if (shown === null) throw new AppError('not_found', 'This conversation does not exist.');
    if (shown.isChanged) {
      const model = embedding?.id ?? null;
      const { unread, unembedded } = await unfinishedDocuments(tx, scope, model);
      const answers = await brokenAnswers(tx, scope);
      await enqueue(tx, [
        ...unread.map((one) => documentWork(scope, 'ingest', one)),
        ...unembedded.map((one) => documentWork(scope, 'index', one, vectorKind(model ?? ''))),
        ...answers.map((itemId) => ({
          userId: scope.userId,
          conversationId: scope.conversationId,
          kind: 'answer' as const,
          itemId,
          target: '',
        })),
      ]);
      await recordAudit(tx, user, { action: 'conversation.restored', target: id }, at);
    }
    await alsoWrite?.(tx, shown.row);
    return shown.row;
  });
  notifier.notify(workTopic, user.userId);
  return restored;
}
