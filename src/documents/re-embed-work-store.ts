import { and, eq, isNotNull, lte, sql } from 'drizzle-orm';
import { ConversationScope } from '../conversations/scope.ts';
import type { Database, Transaction } from '../db/database.ts';
import { isForeignKeyViolation } from '../db/errors.ts';
import { documents, reEmbeddings } from '../db/schema.ts';
import { UserScope } from '../identity/user-scope.ts';

/** One worker's hold on the conversation: nobody else embeds it again before `until`. */
export interface Lease {
  owner: string;
  model: string;
  now: Date;
  until: Date;
}

/** Conversations with ready documents of another model (or none), and those that a worker left unfinished. */
export async function dueReEmbeddings(
  db: Database,
  model: string,
  now: Date,
  limit: number,
): Promise<ConversationScope[]> {
  const { rows } = await db.asWorker((tx) =>
    tx.execute<{ userId: string; conversationId: string }>(sql`
      SELECT user_id AS "userId", conversation_id AS "conversationId" FROM re_embeddings
      WHERE due_at <= ${now.toISOString()}::timestamptz
      UNION
      SELECT d.user_id, d.conversation_id FROM documents d
      WHERE ${isStale(model)} AND NOT EXISTS (
        SELECT 1 FROM re_embeddings r WHERE r.user_id = d.user_id AND r.conversation_id = d.conversation_id)
      LIMIT ${limit}`),
  );
  return rows.map((row) => ConversationScope.ofOwnRow(UserScope.grant(row.userId), row));
}

/** How much is left over all users. */
export async function countStale(
  db: Database,
  model: string,
): Promise<{ documents: number; chunks: number }> {
  const { rows } = await db.asWorker((tx) =>
    tx.execute<{ documents: number; chunks: number }>(sql`
      SELECT count(*) AS documents, coalesce(sum(d.chunk_count), 0) AS chunks FROM documents d WHERE ${isStale(model)}`),
  );
  return rows[0] ?? { documents: 0, chunks: 0 };
}

/** Ready and of another model or none: three ranges of one index, where IS DISTINCT FROM would read every document. */
function isStale(model: string) {
  return sql`d.status = 'ready' AND (d.embedding_model IS NULL OR d.embedding_model < ${model} OR d.embedding_model > ${model})`;
}

/** Whether files of anybody wait for a worker, or are with one. */
export async function isIngesting(db: Database): Promise<boolean> {
  const rows = await db.asWorker((tx) =>
    tx.select({ id: documents.id }).from(documents).where(isNotNull(documents.dueAt)).limit(1),
  );
  return rows.length > 0;
}

/** False when another worker has it, or the conversation is gone. */
export async function claimReEmbedding(
  db: Database,
  scope: ConversationScope,
  lease: Lease,
): Promise<boolean> {
  const change = { model: lease.model, leaseOwner: lease.owner, dueAt: lease.until };
  try {
    const rows = await db.scoped(scope, (tx) =>
      tx
        .insert(reEmbeddings)
        .values({ userId: scope.userId, conversationId: scope.conversationId, ...change })
        .onConflictDoUpdate({
          target: [reEmbeddings.userId, reEmbeddings.conversationId],
          set: change,
          setWhere: lte(reEmbeddings.dueAt, lease.now),
        })
        .returning({ model: reEmbeddings.model }),
    );
    return rows.length > 0;
  } catch (error) {
    if (isForeignKeyViolation(error)) return false;
    throw error;
  }
}

/** Lets others have it, from `dueAt` on. */
export async function releaseReEmbedding(
  db: Database,
  scope: ConversationScope,
  owner: string,
  dueAt: Date,
): Promise<void> {
  await db.scoped(scope, (tx) =>
    tx.update(reEmbeddings).set({ leaseOwner: null, dueAt }).where(isMine(scope, owner)),
  );
}

/** Says that the work goes on. False when it is no longer this worker's. */
export async function extendReEmbedding(
  db: Database,
  scope: ConversationScope,
  lease: Lease,
): Promise<boolean> {
  return db.scoped(scope, (tx) => extend(tx, scope, lease));
}

/** True while the conversation is this worker's; it stays so until `until`. */
export async function extend(tx: Transaction, scope: ConversationScope, lease: Lease): Promise<boolean> {
  const rows = await tx
    .update(reEmbeddings)
    .set({ dueAt: lease.until })
    .where(and(isMine(scope, lease.owner), eq(reEmbeddings.model, lease.model)))
    .returning({ model: reEmbeddings.model });
  return rows.length > 0;
}

export function isMine(scope: ConversationScope, owner: string) {
  return and(
    eq(reEmbeddings.userId, scope.userId),
    eq(reEmbeddings.conversationId, scope.conversationId),
    eq(reEmbeddings.leaseOwner, owner),
  );
}
