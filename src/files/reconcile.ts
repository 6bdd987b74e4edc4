import type { Database } from '../db/database.ts';
import type { Log } from '../work/every.ts';
import type { BlobStore } from './blob-store.ts';
import { blobsInUse } from './store.ts';

/** Longer than any upload may take between its first byte and its row. */
const unfinishedMs = 3_600_000;
/** Whoever restored an old dump, or took the wrong one, has two weeks to notice that originals are missing. */
export const quarantineMs = 14 * 24 * 3_600_000;
/** Killed uploads leave this many at most between two passes; more are a sign of the wrong database. */
const fewOrphans = 10;
const maxShare = 0.02;
/** Of few originals more than this share is such a sign too. */
const maxShareOfFew = 0.25;
/** Up to these go even when they are most of what is there: somebody's first upload was cut off. */
const fewestOrphans = 2;
const atOnce = 500;

export interface Reconciled {
  /** Blobs old enough to have a row, and those of them that a document names. */
  seen: number;
  named: number;
  quarantined: number;
  restored: number;
  deleted: number;
  /** Due in quarantine, and kept for this pass. */
  kept: number;
}

export type Reconcile = (now: Date) => Promise<Reconciled>;

/**
 * Moves aside what a killed process left behind: originals that no document names. They come back when one names them
 * again, and are deleted after `quarantineMs`. Nothing is moved or deleted when this database cannot be the right one.
 * The first pass deletes nothing: after a start with a wrong clock all of the quarantine would seem to be due, and
 * uploads that others have under way to be left behind.
 */
export function createReconciler(db: Database, blobs: BlobStore, log: Log): Reconcile {
  let isFirst = true;
  return async (now) => {
    const result = await reconcile(db, blobs, now, isFirst, log);
    isFirst = false;
    return result;
  };
}

async function reconcile(
  db: Database,
  blobs: BlobStore,
  now: Date,
  isFirst: boolean,
  log: Log,
): Promise<Reconciled> {
  const before = new Date(now.getTime() - unfinishedMs);
  const result: Reconciled = { seen: 0, named: 0, quarantined: 0, restored: 0, deleted: 0, kept: 0 };
  if (!isFirst) result.deleted += await blobs.deleteUnfinished(before);
  const orphans: string[] = [];
  for await (const { keys, named } of surveyed(db, aged(blobs, before))) {
    result.seen += keys.length;
    result.named += named.size;
    // More than these are never moved: the list cannot outgrow the memory.
    for (const key of keys) if (!named.has(key) && orphans.length <= mostOrphans(result)) orphans.push(key);
  }
  const alarmed = isAlarming(result);
  if (alarmed) {
    log.error(
      { seen: result.seen, named: result.named },
      `the database names too few of the originals in ${blobs.place}: none is touched. If this is not the database that belongs to it, stop and correct DATABASE_URL or ${blobs.setting}.`,
    );
  } else {
    for (const key of orphans) await blobs.quarantine(key, now);
    result.quarantined = orphans.length;
  }
  await reviewQuarantine(db, blobs, now, isFirst || alarmed || result.named === 0, result);
  if (result.quarantined > 0 || result.restored > 0)
    log.warn({ ...result }, 'originals that no document names were moved aside, or came back');
  if (isFirst && result.kept > 0)
    log.warn(
      { kept: result.kept, now },
      'originals have been in quarantine for so long that the next pass, in an hour, may delete them: is the clock right?',
    );
  return result;
}

/** Whether so much would go that this is rather the wrong database. */
function isAlarming({ seen, named }: Reconciled): boolean {
  const unnamed = seen - named;
  if (unnamed === 0) return false;
  if (named === 0 || unnamed > mostOrphans({ seen })) return true;
  return unnamed > fewestOrphans && unnamed > seen * maxShareOfFew;
}

function mostOrphans({ seen }: Pick<Reconciled, 'seen'>): number {
  return Math.max(fewOrphans, Math.floor(seen * maxShare));
}

async function reviewQuarantine(
  db: Database,
  blobs: BlobStore,
  now: Date,
  keepsAll: boolean,
  result: Reconciled,
): Promise<void> {
  const due = new Set<string>();
  const failures: unknown[] = [];
  async function* keys() {
    for await (const { key, since } of blobs.listQuarantined()) {
      if (since.getTime() + quarantineMs <= now.getTime()) due.add(key);
      yield key;
    }
  }
  for await (const { keys: batch, named } of surveyed(db, keys())) {
    for (const key of batch) {
      if (named.has(key)) result.restored += (await blobs.restore(key)) ? 1 : 0;
      else if (due.has(key) && keepsAll) result.kept += 1;
      else if (due.has(key)) {
        // One that cannot be deleted is told of at the end, and keeps no other one.
        await blobs.delete(key).then(
          () => (result.deleted += 1),
          (error: unknown) => failures.push(error),
        );
      }
      due.delete(key);
    }
  }
  if (failures.length > 0) throw failures[0];
}

async function* aged(blobs: BlobStore, before: Date): AsyncGenerator<string> {
  for await (const { key, modifiedAt } of blobs.list()) if (modifiedAt < before) yield key;
}

/** The keys in batches of one user's, with those that a document of the user names. */
export async function* surveyed(
  db: Database,
  keys: AsyncIterable<string>,
): AsyncGenerator<{ keys: string[]; named: Set<string> }> {
  let batch: string[] = [];
  for await (const key of keys) {
    const [first] = batch;
    if (first !== undefined && (batch.length >= atOnce || ownerOf(first) !== ownerOf(key))) {
      yield { keys: batch, named: new Set(await blobsInUse(db, ownerOf(first), batch)) };
      batch = [];
    }
    batch.push(key);
  }
  const [first] = batch;
  if (first !== undefined) yield { keys: batch, named: new Set(await blobsInUse(db, ownerOf(first), batch)) };
}

function ownerOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}
