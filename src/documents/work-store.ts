import { and, asc, eq, inArray, isNotNull, lte, sql } from 'drizzle-orm';
import type { ErrorCode } from '@alcove/contract';
import { ConversationScope } from '../conversations/scope.ts';
import type { Database } from '../db/database.ts';
import { documents } from '../db/schema.ts';
import { UserScope } from '../identity/user-scope.ts';
import { settleVectors } from './embedding-cache-store.ts';
import { type DocumentRow, type DocumentState, isDocument } from './store.ts';

/** Claims the document for one worker until `leaseUntil`; null when it is settled, gone, or another's. */
export async function claimDocument(
  db: Database,
  scope: ConversationScope,
  id: string,
  owner: string,
  now: Date,
  leaseUntil: Date,
): Promise<DocumentRow | null> {
  const [row] = await db.scoped(scope, (tx) =>
    tx
      .update(documents)
      .set({
        leaseOwner: owner,
        dueAt: leaseUntil,
        attempts: sql`${documents.attempts} + 1`,
        status: 'extracting',
        updatedAt: now,
      })
      .where(and(isDocument(scope, id), isNotNull(documents.dueAt), lte(documents.dueAt, now)))
      .returning(),
  );
  return row ?? null;
}

export interface DocumentProgress {
  status: DocumentState;
  progress: number;
  stageMessage: string;
}

/** Says how far the work is and extends the lease. False when the document is no longer this worker's. */
export async function reportProgress(
  db: Database,
  scope: ConversationScope,
  id: string,
  owner: string,
  at: DocumentProgress,
  now: Date,
  leaseUntil: Date,
): Promise<boolean> {
  const rows = await db.scoped(scope, (tx) =>
    tx
      .update(documents)
      .set({ ...at, dueAt: leaseUntil, updatedAt: now })
      .where(and(isDocument(scope, id), eq(documents.leaseOwner, owner), isNotNull(documents.dueAt)))
      .returning({ id: documents.id }),
  );
  return rows.length > 0;
}

/** Ends the work without success, now or until `retryAt`. Only the lease's holder wins. */
export async function failDocument(
  db: Database,
  scope: ConversationScope,
  id: string,
  owner: string,
  failure: { code: ErrorCode; message: string; retryAt: Date | null },
  now: Date,
): Promise<void> {
  const change =
    failure.retryAt === null
      ? {
          status: 'failed' as const,
          errorCode: failure.code,
          errorMessage: failure.message,
          stageMessage: null,
        }
      : { status: 'queued' as const, stageMessage: `will be tried again: ${failure.message}` };
  await db.scoped(scope, (tx) =>
    tx
      .update(documents)
      .set({ ...change, dueAt: failure.retryAt, leaseOwner: null, updatedAt: now })
      .where(and(isDocument(scope, id), eq(documents.leaseOwner, owner), isNotNull(documents.dueAt))),
  );
}

/** Puts a settled document back to work. False when it is being worked on, or is ready. */
export async function requeueDocument(
  db: Database,
  scope: ConversationScope,
  id: string,
  now: Date,
): Promise<DocumentRow | null> {
  const [row] = await db.scoped(scope, (tx) =>
    tx
      .update(documents)
      .set({
        status: 'queued',
        dueAt: now,
        leaseOwner: null,
        attempts: 0,
        progress: 0,
        errorCode: null,
        errorMessage: null,
        stageMessage: 'waiting for its turn',
        updatedAt: now,
      })
      .where(and(isDocument(scope, id), inArray(documents.status, ['failed', 'cancelled'])))
      .returning(),
  );
  return row ?? null;
}

export async function cancelDocument(
  db: Database,
  scope: ConversationScope,
  id: string,
  now: Date,
): Promise<DocumentRow | null> {
  return db.scoped(scope, async (tx) => {
    const [row] = await tx
      .update(documents)
      .set({ status: 'cancelled', dueAt: null, leaseOwner: null, stageMessage: null, updatedAt: now })
      .where(and(isDocument(scope, id), isNotNull(documents.dueAt)))
      .returning();
    // A failed document keeps them for its next try; who cancels wants nothing to stay.
    if (row !== undefined) await settleVectors(tx, scope, id, null, 0);
    return row ?? null;
  });
}

export interface DueDocument {
  scope: ConversationScope;
  documentId: string;
}

/** What is due over all users, with the authority to work on it: the database has said so. */
export async function dueDocuments(db: Database, limit: number, now: Date): Promise<DueDocument[]> {
  const rows = await db.asWorker((tx) =>
    tx
      .select({ userId: documents.userId, conversationId: documents.conversationId, id: documents.id })
      .from(documents)
      .where(lte(documents.dueAt, now))
      .orderBy(asc(documents.dueAt))
      .limit(limit),
  );
  return rows.map((row) => ({
    scope: ConversationScope.ofOwnRow(UserScope.grant(row.userId), row),
    documentId: row.id,
  }));
}
