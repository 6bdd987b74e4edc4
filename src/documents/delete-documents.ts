import { ConversationScope } from '../conversations/scope.ts';
import { lockWithDeleted } from '../conversations/trash-store.ts';
import type { AlsoWrite, Transaction } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { refuseUnderHold } from '../identity/hold-store.ts';
import type { UserScope } from '../identity/user-scope.ts';
import { binDocuments } from './bin-store.ts';
import { type DocumentDeps, documentTopic } from './deps.ts';
import { bumpVersion, deleteRow } from './store.ts';
import { conversationsOf, documentsAmong } from './transfer-store.ts';

export interface DeletedDocuments {
  documents: number;
  chunks: number;
  bytes: number;
  /** Until when all of them can be restored; null: they are erased. */
  restorableUntil: Date | null;
}

type Deps = Pick<DocumentDeps, 'db' | 'limits' | 'notifier' | 'now'>;

/** Deletes documents of any of the user's conversations, all or none. @throws AppError `not_found`, `conflict` */
export async function deleteSelected(
  user: UserScope,
  ids: readonly string[],
  restorable: boolean,
  deps: Deps,
  alsoWrite?: AlsoWrite<DeletedDocuments>,
): Promise<DeletedDocuments> {
  const wanted = [...new Set(ids)];
  const deleted = await deps.db.scoped(authorityOf(user, restorable), async (tx) => {
    await refuseUnderHold(tx, user);
    const found = await conversationsOf(tx, user, wanted);
    const byConversation = Map.groupBy(found, ({ conversationId }) => conversationId);
    const all: DeletedDocuments[] = [];
    // In the order of their conversations: everybody takes these rows so.
    for (const [conversationId, rows] of [...byConversation].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      const scope = ConversationScope.ofOwnRow(user, { userId: user.userId, conversationId });
      all.push(
        await deleteOf(
          tx,
          scope,
          rows.map(({ id }) => id),
          restorable,
          deps,
        ),
      );
    }
    const sum = addUp(all);
    if (sum.documents < wanted.length)
      throw new AppError('not_found', 'This document does not exist.', {
        issues: [{ path: 'document_ids', message: 'names a document that is not there' }],
      });
    await alsoWrite?.(tx, sum);
    return sum;
  });
  for (const id of wanted) deps.notifier.notify(documentTopic(id));
  return deleted;
}

/** Deletes a document of a conversation. Null when it is not there any more. @throws AppError `conflict`, `not_found` */
export async function deleteDocument(
  scope: ConversationScope,
  id: string,
  restorable: boolean,
  deps: Deps,
): Promise<DeletedDocuments | null> {
  const deleted = await deps.db.scoped(restorable ? authorityOf(scope.user, true) : scope, async (tx) => {
    await refuseUnderHold(tx, scope.user);
    return deleteOf(tx, scope, [id], restorable, deps);
  });
  if (deleted.documents === 0) return null;
  deps.notifier.notify(documentTopic(id));
  return deleted;
}

/** Where they wait to be restored is deleted itself, and no part of their conversation. */
function authorityOf({ userId }: UserScope, restorable: boolean) {
  return restorable ? { userId, showsDeleted: true } : { userId };
}

async function deleteOf(
  tx: Transaction,
  scope: ConversationScope,
  wanted: readonly string[],
  restorable: boolean,
  { limits, now }: Pick<Deps, 'limits' | 'now'>,
): Promise<DeletedDocuments> {
  // Locks the conversation: nothing leaves it, and nobody deletes it, before this ends.
  await bumpVersion(tx, scope);
  const row = await lockWithDeleted(tx, scope);
  if (row === null || row.deletedAt !== null) return nothing;
  const ids = await documentsAmong(tx, scope, wanted);
  const at = now();
  if (ids.length > 0 && restorable && limits.undoMs > 0 && row.expiresInS === null) {
    const restorableUntil = new Date(at.getTime() + limits.undoMs);
    const rows = await binDocuments(tx, scope, ids, restorableUntil, at);
    return addUp(
      rows.map((row) => ({ documents: 1, chunks: row.chunkCount, bytes: row.sizeBytes, restorableUntil })),
    );
  }
  const erased: DeletedDocuments[] = [];
  for (const id of ids) {
    const one = await deleteRow(tx, scope, id, at);
    if (one !== null) erased.push({ ...one, restorableUntil: null });
  }
  return addUp(erased);
}

const nothing: DeletedDocuments = { documents: 0, chunks: 0, bytes: 0, restorableUntil: null };

function addUp(all: readonly DeletedDocuments[]): DeletedDocuments {
  const [first = nothing] = all;
  return all.slice(1).reduce(
    (sum, one) => ({
      documents: sum.documents + one.documents,
      chunks: sum.chunks + one.chunks,
      bytes: sum.bytes + one.bytes,
      restorableUntil: sum.restorableUntil === null ? null : one.restorableUntil,
    }),
    first,
  );
}
