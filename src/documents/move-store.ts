import { and, eq, sql } from 'drizzle-orm';
import type { ConversationScope } from '../conversations/scope.ts';
import type { Transaction } from '../db/database.ts';
import {
  chunks,
  chunkVectors,
  conversations,
  documents,
  documentTexts,
  idempotencyAnswers,
  segments,
  work,
} from '../db/schema.ts';
import { AppError } from '../errors.ts';
import { columnsOf, isAmong, lockBoth, lockDocuments } from './copy-store.ts';
import { afterLast, type DocumentRow } from './store.ts';

/**
 * Moves documents to another conversation of the same user, all of them where no ids are given: each row stands in both
 * for a moment, what is below it goes over, and nothing is read or embedded again; search indexes its passages anew.
 * Whoever works on one of them loses the lease, and it is due again at once. The transaction must be the user's.
 * @throws AppError `not_found` when one is not there, `quota_exceeded`
 */
export async function moveDocumentRows(
  tx: Transaction,
  from: ConversationScope,
  to: ConversationScope,
  wanted: readonly string[] | 'all',
  maxDocuments: number,
  now: Date,
): Promise<DocumentRow[]> {
  if (from.conversationId === to.conversationId) throw new Error('documents are there already');
  await lockBoth(tx, from, to);
  const rows = await lockDocuments(tx, from, wanted, 'update');
  await shift(tx, from, -rows.length, now);
  const count = await shift(tx, to, rows.length, now);
  if (count > maxDocuments)
    throw new AppError(
      'quota_exceeded',
      `A conversation holds at most ${maxDocuments} documents: nothing was moved or deleted.`,
      { retryAfterSeconds: 60 },
    );
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const there = { conversationId: to.conversationId };
  await tx.execute(sql`
    INSERT INTO documents (${columnsOf(documents)})
    SELECT ${columnsOf(documents, 'd', {
      conversation_id: sql`${to.conversationId}::uuid`,
      searchable_chunks: sql`0`,
      // Whoever read it before, to index it, must not take it for the same when it comes back.
      revision: sql`d.revision + 1`,
      updated_at: sql`greatest(statement_timestamp(), ${afterLast(sql`d.updated_at`)})`,
    })} FROM documents d
    WHERE d.user_id = ${from.userId} AND d.conversation_id = ${from.conversationId} AND ${isAmong(sql`d.id`, ids)}`);
  for (const table of [documentTexts, chunks, chunkVectors, segments, idempotencyAnswers])
    await tx
      .update(table)
      .set(there)
      .where(below(table, from, ids));
  // An upload's answer about several documents would outlive one that is deleted over there.
  await tx.delete(idempotencyAnswers).where(speaksOf(from, ids));
  await tx
    .update(work)
    .set({ ...there, token: null, owner: null, dueAt: sql`now()` })
    .where(below(work, from, ids));
  await tx
    .delete(documents)
    .where(
      and(
        eq(documents.userId, from.userId),
        eq(documents.conversationId, from.conversationId),
        isAmong(documents.id, ids),
      ),
    );
  return rows.map((row) => ({ ...row, ...there }));
}

function below(
  table:
    | typeof documentTexts
    | typeof chunks
    | typeof chunkVectors
    | typeof segments
    | typeof idempotencyAnswers
    | typeof work,
  scope: ConversationScope,
  ids: readonly string[],
) {
  return and(
    eq(table.userId, scope.userId),
    eq(table.conversationId, scope.conversationId),
    isAmong(table.documentId, ids),
  );
}

function speaksOf(scope: ConversationScope, ids: readonly string[]) {
  return and(
    eq(idempotencyAnswers.userId, scope.userId),
    eq(idempotencyAnswers.conversationId, scope.conversationId),
    sql`EXISTS (SELECT 1 FROM unnest(${sql.param([...ids])}::text[]) AS id
      WHERE position(id in ${idempotencyAnswers.response}) > 0)`,
  );
}

async function shift(tx: Transaction, scope: ConversationScope, by: number, now: Date): Promise<number> {
  const [row] = await tx
    .update(conversations)
    .set({ documentCount: sql`${conversations.documentCount} + ${by}`, updatedAt: now })
    .where(and(eq(conversations.userId, scope.userId), eq(conversations.id, scope.conversationId)))
    .returning({ count: conversations.documentCount });
  if (row === undefined) throw new AppError('not_found', 'This conversation does not exist.');
  return row.count;
}
