import type { ConversationScope } from '../conversations/scope.ts';
import type { AlsoWrite } from '../db/database.ts';
import { workTopic } from '../work/loop.ts';
import { type DocumentDeps, documentTopic } from './deps.ts';
import { moveDocumentRows } from './move-store.ts';
import type { DocumentRow } from './store.ts';

/**
 * Moves documents to another conversation of the same user, in one transaction; they keep their ids. `alsoWrite` has a
 * part in it.
 * @throws AppError `not_found` when one is not there, `quota_exceeded`; then nothing is moved
 */
export async function moveDocuments(
  from: ConversationScope,
  to: ConversationScope,
  wanted: readonly string[] | 'all',
  { db, limits, notifier, now }: Pick<DocumentDeps, 'db' | 'limits' | 'notifier' | 'now'>,
  alsoWrite?: AlsoWrite<DocumentRow[]>,
): Promise<DocumentRow[]> {
  const rows = await db.scoped({ userId: to.userId }, async (tx) => {
    const max = limits.documentsPerConversation;
    const moved = await moveDocumentRows(tx, from, to, wanted, max, now());
    await alsoWrite?.(tx, moved);
    return moved;
  });
  for (const { id } of rows) notifier.notify(documentTopic(id));
  notifier.notify(workTopic, to.userId);
  return rows;
}
