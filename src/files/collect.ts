import type { Database } from '../db/database.ts';
import type { BlobStore } from './blob-store.ts';
import type { DeletionHold } from './deletion-hold.ts';
import { dueBlobDeletions, settleBlobDeletion } from './store.ts';

/** Unlinks the blobs whose rows are gone: the file first, then the note, so that a crash between repeats it. */
export async function collectBlobs(
  db: Database,
  blobs: BlobStore,
  now: Date,
  hold: DeletionHold,
): Promise<number> {
  let collected = 0;
  for (;;) {
    // Keys that were read before a backup began are of rows that it does not see any more.
    const keys = hold.held > 0 ? [] : await dueBlobDeletions(db, now);
    if (keys.length === 0) return collected;
    for (const key of keys) {
      await blobs.delete(key);
      await settleBlobDeletion(db, key);
      collected += 1;
    }
  }
}
