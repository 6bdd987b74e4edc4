import type { ConversationScope } from '../conversations/scope.ts';
import type { AlsoWrite } from '../db/database.ts';
import { workTopic } from '../work/loop.ts';
import { type CopiedDocument, copyDocumentRows } from './copy-store.ts';
import type { DocumentDeps } from './deps.ts';

/**
 * Copies documents to a conversation of the same user, in one transaction: text, passages, vectors and index are rows of
 * the copy's own, the original is shared. `alsoWrite` has a part in the transaction.
 * @throws AppError `not_found` when one is not there, `quota_exceeded`; then nothing is copied
 */
export async function copyDocuments(
  from: ConversationScope,
  to: ConversationScope,
  wanted: readonly string[] | 'all',
  { db, limits, notifier, now }: Pick<DocumentDeps, 'db' | 'limits' | 'notifier' | 'now'>,
  alsoWrite?: AlsoWrite<CopiedDocument[]>,
): Promise<CopiedDocument[]> {
  // With two conversations in play the transaction is the user's; each statement names its conversation.
  const copies = await db.scoped({ userId: to.userId }, async (tx) => {
    const made = await copyDocumentRows(tx, from, to, wanted, limits, now());
    await alsoWrite?.(tx, made);
    return made;
  });
  notifier.notify(workTopic, to.userId);
  return copies;
}
