import { ConversationScope } from '../conversations/scope.ts';
import type { AlsoWrite } from '../db/database.ts';
import { AppError } from '../errors.ts';
import type { UserScope } from '../identity/user-scope.ts';
import { workTopic } from '../work/loop.ts';
import { findBin, unbinDocument } from './bin-store.ts';
import { type DocumentDeps, documentTopic } from './deps.ts';
import { type DocumentRow, findDocument } from './store.ts';

/**
 * Brings a deleted document back to its conversation, under its id; nothing is read or embedded again, but what was
 * under way goes on. One that is there stays as it is.
 * @throws AppError `not_found` when it is erased or its conversation is deleted, `forbidden`, `quota_exceeded`
 */
export async function restoreDocument(
  user: UserScope,
  id: string,
  {
    db,
    limits,
    notifier,
    embedding,
    now,
  }: Pick<DocumentDeps, 'db' | 'limits' | 'notifier' | 'embedding' | 'now'>,
  alsoWrite?: AlsoWrite<DocumentRow>,
): Promise<DocumentRow> {
  const found = await findBin(db, user, id);
  if (found === null) {
    const there = await findDocument(db, user, id);
    if (there === null) throw gone();
    const scope = await ConversationScope.open(db, user, there.conversationId);
    if (alsoWrite !== undefined) await db.scoped(scope, (tx) => alsoWrite(tx, there));
    return there;
  }
  const to = await ConversationScope.open(db, user, found.from);
  const row = await db.scoped({ userId: user.userId, showsDeleted: true }, async (tx) => {
    const max = limits.documentsPerConversation;
    const back = await unbinDocument(tx, to.bin(found.bin), to, id, embedding?.id ?? null, max, now());
    if (back === null) throw gone();
    await alsoWrite?.(tx, back);
    return back;
  });
  notifier.notify(documentTopic(id));
  notifier.notify(workTopic, user.userId);
  return row;
}

function gone(): AppError {
  return new AppError('not_found', 'This document does not exist, or cannot be restored any more.');
}
