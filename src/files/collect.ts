import type { Database } from '../db/database.ts';
import type { BlobStore } from './blob-store.ts';
import type { DeletionHold } from './deletion-hold.ts';
import { dueBlobDeletions, postponeBlobDeletion, releaseNamed, settleBlobDeletion } from './store.ts';

const retryMs = 600_000;
/** Of a pass: a storage that is away is asked for so many, and then again in the next one. */
const maxFailures = 3;

/**
 * Unlinks the blobs that no row names any more: the file first, then the note, so that a crash between repeats it. One that
 * cannot be unlinked waits, and holds up no other.
 * @throws what the first of them has failed with, once the others are done or several have failed
 */
export async function collectBlobs(
  db: Database,
  blobs: BlobStore,
  now: Date,
  hold: DeletionHold,
): Promise<number> {
  let collected = 0;
  const failures: unknown[] = [];
  for (;;) {
    // Keys that were read before a backup began are of rows that it does not see any more.
    const due = hold.held > 0 ? [] : await dueBlobDeletions(db, now);
    if (due.length === 0) break;
    for (const [userId, own] of Map.groupBy(due, (one) => one.userId)) {
      const keys = own.map((one) => one.blobKey);
      for (const blobKey of await releaseNamed(db, userId, keys)) {
        try {
          await blobs.delete(blobKey);
        } catch (error) {
          await postponeBlobDeletion(db, { userId, blobKey }, new Date(now.getTime() + retryMs));
          if (failures.push(error) === maxFailures) throw failures[0];
          continue;
        }
        await settleBlobDeletion(db, { userId, blobKey });
        collected += 1;
      }
    }
  }
  if (failures.length > 0) throw failures[0];
  return collected;
}
