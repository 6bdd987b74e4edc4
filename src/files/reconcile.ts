import type { Database } from '../db/database.ts';
import type { BlobStore } from './blob-store.ts';
import { namedBlobs } from './store.ts';

/** Longer than any upload may take between its first byte and its row. */
const unfinishedMs = 3_600_000;
const atOnce = 500;

/** Deletes what a killed process left behind: uploads without an end, and originals that no document names. */
export async function reconcileBlobs(db: Database, blobs: BlobStore, now: Date): Promise<number> {
  const before = new Date(now.getTime() - unfinishedMs);
  let deleted = await blobs.deleteUnfinished(before);
  let batch: string[] = [];
  for await (const { key, modifiedAt } of blobs.list()) {
    if (modifiedAt >= before) continue;
    // Keys of one user follow each other; a batch never holds those of two.
    if (batch.length >= atOnce || (batch[0] !== undefined && ownerOf(batch[0]) !== ownerOf(key))) {
      deleted += await deleteUnnamed(db, blobs, batch);
      batch = [];
    }
    batch.push(key);
  }
  return deleted + (await deleteUnnamed(db, blobs, batch));
}

async function deleteUnnamed(db: Database, blobs: BlobStore, keys: readonly string[]): Promise<number> {
  const [first] = keys;
  if (first === undefined) return 0;
  const named = new Set(await namedBlobs(db, ownerOf(first), keys));
  const orphans = keys.filter((key) => !named.has(key));
  for (const key of orphans) await blobs.delete(key);
  return orphans.length;
}

function ownerOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}
