import { and, asc, eq, inArray, lte, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { blobDeletions, documents } from '../db/schema.ts';
import { deletionLock } from './deletion-hold.ts';

const atOnce = 200;

/** Blobs whose rows are gone, oldest first; none while a backup may still have to copy them. */
export async function dueBlobDeletions(db: Database, now: Date): Promise<string[]> {
  const rows = await db.asWorker(async (tx) => {
    const free = await tx.execute<{ free: boolean }>(
      sql`SELECT pg_try_advisory_xact_lock(${deletionLock}) AS free`,
    );
    if (free.rows[0]?.free !== true) return [];
    return tx
      .select({ blobKey: blobDeletions.blobKey })
      .from(blobDeletions)
      .where(lte(blobDeletions.dueAt, now))
      .orderBy(asc(blobDeletions.dueAt))
      .limit(atOnce);
  });
  return rows.map((row) => row.blobKey);
}

/** Forgets a deletion that has been done. */
export async function settleBlobDeletion(db: Database, blobKey: string): Promise<void> {
  await db.asWorker((tx) => tx.delete(blobDeletions).where(and(eq(blobDeletions.blobKey, blobKey))));
}

/** Those of the keys that a document of the user names. */
export async function namedBlobs(db: Database, userId: string, keys: readonly string[]): Promise<string[]> {
  const rows = await db.scoped({ userId }, (tx) =>
    tx
      .select({ blobKey: documents.blobKey })
      .from(documents)
      .where(and(eq(documents.userId, userId), inArray(documents.blobKey, [...keys]))),
  );
  return rows.map((row) => row.blobKey);
}

/** Whether any document that is ready or waiting names an original, over all users. */
export async function namesBlobs(db: Database): Promise<boolean> {
  const rows = await db.asWorker((tx) => tx.select({ id: documents.id }).from(documents).limit(1));
  return rows.length > 0;
}
