import type { Database } from '../db/database.ts';
import type { BlobStore } from './blob-store.ts';
import type { DeletionHold } from './deletion-hold.ts';
import { dueBlobDeletions, releaseNamed, settleBlobDeletion } from './store.ts';

/** Unlinks the blobs that no row names any more: the file first, then the note, so that a crash between repeats it. */
export async function collectBlobs(
  db: Database,
  blobs: BlobStore,
  now: Date,
  hold: DeletionHold,
): Promise<number> {
  let collected = 0;
  for (;;) {
    // Keys that were read before a backup began are of rows that it does not see any more.
    const due = hold.held > 0 ? [] : await dueBlobDeletions(db, now);
    if (due.length === 0) return collected;
    for (const [userId, own] of Map.groupBy(due, (one) => one.userId)) {
      const keys = own.map((one) => one.blobKey);
      for (const blobKey of await releaseNamed(db, userId, keys)) {
        await blobs.delete(blobKey);
        await settleBlobDeletion(db, { userId, blobKey });
        collected += 1;
      }
    }
  }
}
