import { and, asc, eq, inArray, lte, or, sql } from 'drizzle-orm';
import { advisoryLocks } from '../db/advisory-locks.ts';
import type { Database, Transaction } from '../db/database.ts';
import { blobDeletions, documents } from '../db/schema.ts';

const atOnce = 200;
const rowsAtOnce = 500;

export interface DueBlob {
  userId: string;
  blobKey: string;
}

/** Has the worker look at blobs of which a row goes, in the transaction that deletes it. */
export async function queueBlobs(
  tx: Transaction,
  userId: string,
  keys: readonly string[],
  now: Date,
): Promise<void> {
  const unique = [...new Set(keys)];
  for (let at = 0; at < unique.length; at += rowsAtOnce) {
    const rows = unique.slice(at, at + rowsAtOnce).map((blobKey) => ({ userId, blobKey, dueAt: now }));
    await tx
      .insert(blobDeletions)
      .values(rows)
      // Changed and not left alone: this waits for who takes the row away, and puts it there again.
      .onConflictDoUpdate({
        target: [blobDeletions.userId, blobDeletions.blobKey],
        set: { dueAt: sql`excluded.due_at` },
      });
  }
}

/** Blobs of which a row is gone, oldest first; none while a backup may still have to copy them. */
export async function dueBlobDeletions(db: Database, now: Date): Promise<DueBlob[]> {
  return db.asWorker('everybody', async (tx) => {
    const free = await tx.execute<{ free: boolean }>(
      sql`SELECT pg_try_advisory_xact_lock(${advisoryLocks.deletions}) AS free`,
    );
    if (free.rows[0]?.free !== true) return [];
    return tx
      .select({ userId: blobDeletions.userId, blobKey: blobDeletions.blobKey })
      .from(blobDeletions)
      .where(lte(blobDeletions.dueAt, now))
      .orderBy(asc(blobDeletions.dueAt))
      .limit(atOnce);
  });
}

/**
 * Of the user's blobs those that no document names any more: they may be unlinked. The others, of copies that are still
 * there, are forgotten until their next row goes.
 */
export async function releaseNamed(db: Database, userId: string, keys: readonly string[]): Promise<string[]> {
  return db.scoped({ userId }, async (tx) => {
    const isOne = and(eq(blobDeletions.userId, userId), inArray(blobDeletions.blobKey, [...keys]));
    // Locked before the look: who deletes another row meanwhile waits, and queues the blob again.
    const due = await tx
      .select({ blobKey: blobDeletions.blobKey })
      .from(blobDeletions)
      .where(isOne)
      .orderBy(asc(blobDeletions.blobKey))
      .for('update');
    const rows = await tx.select(namedBlobs).from(documents).where(namesOneOf(userId, keys));
    const named = new Set(rows.flatMap(keysOf));
    if (named.size > 0)
      await tx
        .delete(blobDeletions)
        .where(and(eq(blobDeletions.userId, userId), inArray(blobDeletions.blobKey, [...named])));
    return due.map((row) => row.blobKey).filter((key) => !named.has(key));
  });
}

/** Forgets a deletion that has been done. */
export async function settleBlobDeletion(db: Database, { userId, blobKey }: DueBlob): Promise<void> {
  await db.asWorker('one user', (tx) =>
    tx.delete(blobDeletions).where(and(eq(blobDeletions.userId, userId), eq(blobDeletions.blobKey, blobKey))),
  );
}

/** Has a deletion that has failed tried again then. */
export async function postponeBlobDeletion(
  db: Database,
  { userId, blobKey }: DueBlob,
  dueAt: Date,
): Promise<void> {
  await db.asWorker('one user', (tx) =>
    tx
      .update(blobDeletions)
      .set({ dueAt })
      .where(and(eq(blobDeletions.userId, userId), eq(blobDeletions.blobKey, blobKey))),
  );
}

/** Those of the keys that a document of the user names. */
export async function blobsInUse(db: Database, userId: string, keys: readonly string[]): Promise<string[]> {
  const rows = await db.scoped({ userId }, (tx) =>
    tx.select(namedBlobs).from(documents).where(namesOneOf(userId, keys)),
  );
  return rows.flatMap(keysOf);
}

/** The columns of a document that name originals: its own, and that of a new version that is still read. */
export const namedBlobs = { blobKey: documents.blobKey, next: documents.replacementBlobKey };

export function keysOf({ blobKey, next }: { blobKey: string; next: string | null }): string[] {
  return next === null ? [blobKey] : [blobKey, next];
}

function namesOneOf(userId: string, keys: readonly string[]) {
  return and(
    eq(documents.userId, userId),
    or(inArray(documents.blobKey, [...keys]), inArray(documents.replacementBlobKey, [...keys])),
  );
}

/** Whether any document that is ready or waiting names an original, over all users. */
export async function namesBlobs(db: Database): Promise<boolean> {
  const rows = await db.asWorker('everybody', (tx) =>
    tx.select({ id: documents.id }).from(documents).limit(1),
  );
  return rows.length > 0;
}
