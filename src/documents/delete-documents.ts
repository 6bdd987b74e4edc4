import { ConversationScope } from '../conversations/scope.ts';
import type { AlsoWrite } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { refuseUnderHold } from '../identity/hold-store.ts';
import type { UserScope } from '../identity/user-scope.ts';
import { type DocumentDeps, documentTopic } from './deps.ts';
import { deleteRow } from './store.ts';
import { conversationsOf } from './transfer-store.ts';

export interface DeletedDocuments {
  documents: number;
  chunks: number;
  bytes: number;
}

/** Deletes documents of any of the user's conversations, all or none. @throws AppError `not_found`, `conflict` */
export async function deleteSelected(
  user: UserScope,
  ids: readonly string[],
  { db, notifier, now }: Pick<DocumentDeps, 'db' | 'notifier' | 'now'>,
  alsoWrite?: AlsoWrite<DeletedDocuments>,
): Promise<DeletedDocuments> {
  const wanted = [...new Set(ids)];
  const deleted = await db.scoped({ userId: user.userId }, async (tx) => {
    await refuseUnderHold(tx, user);
    const found = await conversationsOf(tx, user, wanted);
    const sum = { documents: 0, chunks: 0, bytes: 0 };
    // In the order of their conversations: everybody takes these rows so.
    for (const row of found.toSorted((a, b) => (a.conversationId < b.conversationId ? -1 : 1))) {
      const one = await deleteRow(tx, ConversationScope.ofOwnRow(user, row), row.id, now());
      if (one === null) continue;
      sum.documents += one.documents;
      sum.chunks += one.chunks;
      sum.bytes += one.bytes;
    }
    if (sum.documents < wanted.length)
      throw new AppError('not_found', 'This document does not exist.', {
        issues: [{ path: 'document_ids', message: 'names a document that is not there' }],
      });
    await alsoWrite?.(tx, sum);
    return sum;
  });
  for (const id of wanted) notifier.notify(documentTopic(id));
  return deleted;
}
