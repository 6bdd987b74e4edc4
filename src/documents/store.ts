import { and, desc, eq, getTableColumns, type SQL, sql } from 'drizzle-orm';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import type { ConversationScope } from '../conversations/scope.ts';
import type { AlsoWrite, Database, Transaction } from '../db/database.ts';
import { conversations, documents, userCounters, users } from '../db/schema.ts';
import { AppError } from '../errors.ts';
import { keysOf, queueBlobs } from '../files/store.ts';
import { recordAudit } from '../identity/audit-store.ts';
import { countUploads } from '../identity/daily-usage-store.ts';
import { forgetAnswersAbout, maxAnswerBytes, readAnswerBytes } from '../identity/idempotency-store.ts';
import type { UserScope } from '../identity/user-scope.ts';
import { documentWork } from '../work/lease.ts';
import { enqueue } from '../work/store.ts';
import { readPendingBytes } from './quota-store.ts';

export type DocumentRow = typeof documents.$inferSelect;

export type DocumentState = DocumentRow['status'];

export const settled: readonly DocumentState[] = ['ready', 'failed', 'cancelled'];

/** Nothing is read of it any more: neither of what it is nor of what is to take its place. */
export function isSettled({ status, replacementBlobKey }: DocumentRow): boolean {
  return settled.includes(status) && replacementBlobKey === null;
}

export interface NewDocument {
  id: string;
  name: string;
  mediaType: string;
  sizeBytes: number;
  sha256: string;
  blobKey: string;
}

export interface DocumentLimits {
  documentsPerConversation: number;
  documentsPerUser: number;
  bytesPerUser: number;
}

/** Writes the rows of uploaded files, due at once, all or none. @throws AppError `quota_exceeded` */
export async function insertDocuments(
  db: Database,
  scope: ConversationScope,
  input: readonly NewDocument[],
  limits: DocumentLimits,
  now: Date,
  alsoWrite?: AlsoWrite<DocumentRow[]>,
): Promise<DocumentRow[]> {
  return db.scoped(scope, async (tx) => {
    const rows = await insertDocumentsWithin(tx, scope, input, limits, now);
    await alsoWrite?.(tx, rows);
    return rows;
  });
}

/** The same in a transaction that writes more; `input` is not empty. @throws AppError `quota_exceeded` */
export async function insertDocumentsWithin(
  tx: Transaction,
  scope: ConversationScope,
  input: readonly NewDocument[],
  limits: DocumentLimits,
  now: Date,
): Promise<DocumentRow[]> {
  const bytes = input.reduce((sum, file) => sum + file.sizeBytes, 0);
  await countWithin(tx, scope, input.length, bytes, limits, now);
  const rows = await tx
    .insert(documents)
    .values(
      input.map((file) => ({
        ...file,
        userId: scope.userId,
        conversationId: scope.conversationId,
        status: 'queued' as const,
        stageMessage: 'waiting for its turn',
        createdAt: now,
        updatedAt: sql`statement_timestamp()`,
      })),
    )
    .returning();
  if (rows.length !== input.length) throw new Error('a document was not written');
  await countUploads(tx, scope.user, { documents: rows.length, bytes }, now);
  await enqueue(
    tx,
    rows.map((row) => documentWork(scope, 'ingest', row.id)),
  );
  return rows;
}

/**
 * Counts documents that come to the conversation and its user. `replaced`: the one whose place a new version is to take.
 * @throws AppError `quota_exceeded`
 */
export async function countWithin(
  tx: Transaction,
  scope: ConversationScope,
  added: number,
  bytes: number,
  limits: DocumentLimits,
  now: Date,
  replaced: string | null = null,
): Promise<void> {
  const [conversation] = await tx
    .update(conversations)
    .set({ documentCount: sql`${conversations.documentCount} + ${added}`, updatedAt: now })
    .where(and(eq(conversations.userId, scope.userId), eq(conversations.id, scope.conversationId)))
    .returning({ documentCount: conversations.documentCount });
  if (conversation === undefined) throw new AppError('not_found', 'This conversation does not exist.');
  const [counters] = await tx
    .update(userCounters)
    .set({
      documents: sql`${userCounters.documents} + ${added}`,
      bytes: sql`${userCounters.bytes} + ${bytes}`,
    })
    .where(eq(userCounters.userId, scope.userId))
    .returning({
      documents: userCounters.documents,
      bytes: userCounters.bytes,
      deletedBytes: userCounters.deletedBytes,
    });
  if (counters === undefined) throw new AppError('unauthenticated', 'This account does not exist any more.');
  const [own] = await tx
    .select({ documents: users.quotaDocuments, bytes: users.quotaBytes })
    .from(users)
    .where(eq(users.id, scope.userId));
  const documentsPerUser = own?.documents ?? limits.documentsPerUser;
  const bytesPerUser = own?.bytes ?? limits.bytesPerUser;
  if (conversation.documentCount > limits.documentsPerConversation) {
    throw overQuota(`A conversation holds at most ${limits.documentsPerConversation} documents`);
  }
  if (counters.documents > documentsPerUser) {
    throw overQuota(`This account holds at most ${documentsPerUser} documents`);
  }
  const used = counters.bytes + counters.deletedBytes;
  // They are added up only where they may decide.
  const answers = used + maxAnswerBytes > bytesPerUser ? await readAnswerBytes(tx, scope.user) : 0;
  // They are within the quota themselves: what is added below half of it goes past it by half at most, until it is read.
  const mayBeFull = replaced !== null || used > bytesPerUser / 2;
  const pending = mayBeFull ? await readPendingBytes(tx, scope, replaced) : 0;
  if (used + answers + pending > bytesPerUser) {
    const most = `This account holds at most ${Math.floor(bytesPerUser / 1024 / 1024)} MB of documents`;
    if (counters.deletedBytes === 0) throw overQuota(most);
    throw overQuota(`${most}, and what was deleted takes room until it is erased`);
  }
}

/** Counts a change in size of the user's documents, whatever their quota. */
export async function countBytes(tx: Transaction, scope: ConversationScope, bytes: number): Promise<void> {
  await tx
    .update(userCounters)
    .set({ bytes: sql`${userCounters.bytes} + ${bytes}` })
    .where(eq(userCounters.userId, scope.userId));
}

function overQuota(limit: string): AppError {
  return new AppError('quota_exceeded', `${limit}: delete some and try again.`, { retryAfterSeconds: 60 });
}

export async function listDocuments(
  db: Database,
  scope: ConversationScope,
  limit: number,
  after: { createdAt: Date; id: string } | null,
): Promise<DocumentRow[]> {
  return db.reading(scope, (tx) =>
    tx
      .select()
      .from(documents)
      .where(
        and(
          eq(documents.userId, scope.userId),
          eq(documents.conversationId, scope.conversationId),
          after === null
            ? undefined
            : sql`(${documents.createdAt}, ${documents.id}) < (${after.createdAt.toISOString()}::timestamptz, ${after.id}::uuid)`,
        ),
      )
      .orderBy(desc(documents.createdAt), desc(documents.id))
      .limit(limit),
  );
}

/** A document of the user's by its id alone; null when it is nobody's or somebody else's, which look the same. */
export async function findDocument(db: Database, user: UserScope, id: string): Promise<DocumentRow | null> {
  const [row] = await db.reading(user, (tx) =>
    tx
      .select(getTableColumns(documents))
      .from(documents)
      .innerJoin(conversations, isInside)
      .where(and(eq(documents.userId, user.userId), eq(documents.id, id))),
  );
  return row ?? null;
}

export async function readDocument(
  db: Database,
  scope: ConversationScope,
  id: string,
): Promise<DocumentRow | null> {
  const [row] = await db.reading(scope, (tx) =>
    tx
      .select(getTableColumns(documents))
      .from(documents)
      .innerJoin(conversations, isInside)
      .where(isDocument(scope, id)),
  );
  return row ?? null;
}

/** A deleted conversation is not seen, and nothing of it. */
const isInside = and(
  eq(conversations.userId, documents.userId),
  eq(conversations.id, documents.conversationId),
);

export async function updateDocument(
  db: Database,
  scope: ConversationScope,
  id: string,
  change: Partial<Pick<DocumentRow, 'name' | 'contextMode'>>,
): Promise<DocumentRow | null> {
  return db.scoped(scope, async (tx) => {
    // The conversation's row first, as the end of ingestion takes them: in another order the two wait for each other.
    await bumpVersion(tx, scope);
    const [row] = await tx
      .update(documents)
      .set({ ...change, updatedAt: nextChange })
      .where(isDocument(scope, id))
      .returning();
    return row ?? null;
  });
}

type Deleted = { documents: number; chunks: number; bytes: number };

/** Deletes a document with its chunks and index, and queues its blobs; the user's own, that is under no hold. */
export async function deleteRow(
  tx: Transaction,
  scope: ConversationScope,
  id: string,
  now: Date,
): Promise<Deleted | null> {
  await bumpVersion(tx, scope);
  const [row] = await tx.delete(documents).where(isDocument(scope, id)).returning();
  if (row === undefined) return null;
  await forgetAnswersAbout(tx, scope.user, scope.conversationId, id);
  await queueBlobs(tx, scope.userId, keysOf({ blobKey: row.blobKey, next: row.replacementBlobKey }), now);
  await tx
    .update(conversations)
    .set({ documentCount: sql`${conversations.documentCount} - 1`, updatedAt: now })
    .where(and(eq(conversations.userId, scope.userId), eq(conversations.id, scope.conversationId)));
  await tx
    .update(userCounters)
    .set({
      documents: sql`${userCounters.documents} - 1`,
      chunks: sql`${userCounters.chunks} - ${row.chunkCount}`,
      bytes: sql`${userCounters.bytes} - ${row.sizeBytes}`,
    })
    .where(eq(userCounters.userId, scope.userId));
  await recordAudit(tx, scope.user, { action: 'document.deleted', target: id }, now);
  return { documents: 1, chunks: row.chunkCount, bytes: row.sizeBytes };
}

/**
 * When a document changes: later than its last change by a millisecond at least, whatever the clocks of replicas say.
 * Its events are numbered by it.
 */
export const nextChange = sql`greatest(statement_timestamp(), ${afterLast(documents.updatedAt)})`;

/** In immutable steps: a sum of time zones' times is none, and a distributed database refuses it in an UPDATE. */
export function afterLast(updatedAt: AnyPgColumn | SQL): SQL {
  return sql`(${updatedAt} AT TIME ZONE 'UTC' + interval '1 millisecond') AT TIME ZONE 'UTC'`;
}

/** Every cached retrieval of the conversation is keyed by this number. */
export async function bumpVersion(tx: Transaction, scope: ConversationScope): Promise<void> {
  await tx
    .update(conversations)
    .set({ documentsVersion: sql`${conversations.documentsVersion} + 1` })
    .where(and(eq(conversations.userId, scope.userId), eq(conversations.id, scope.conversationId)));
}

export function isDocument(scope: ConversationScope, id: string) {
  return and(
    eq(documents.userId, scope.userId),
    eq(documents.conversationId, scope.conversationId),
    eq(documents.id, id),
  );
}
