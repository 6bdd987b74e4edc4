import { and, asc, eq, lte } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { blobDeletions } from '../db/schema.ts';

const atOnce = 200;

/** Blobs whose rows are gone, oldest first. */
export async function dueBlobDeletions(db: Database, now: Date): Promise<string[]> {
  const rows = await db.asWorker((tx) =>
    tx
      .select({ blobKey: blobDeletions.blobKey })
      .from(blobDeletions)
      .where(lte(blobDeletions.dueAt, now))
      .orderBy(asc(blobDeletions.dueAt))
      .limit(atOnce),
  );
  return rows.map((row) => row.blobKey);
}

/** Forgets a deletion that has been done. */
export async function settleBlobDeletion(db: Database, blobKey: string): Promise<void> {
  await db.asWorker((tx) => tx.delete(blobDeletions).where(and(eq(blobDeletions.blobKey, blobKey))));
}
