import { createReaper } from '../answers/reaper.ts';
import { createRetention } from '../answers/retention.ts';
import type { Config } from '../config.ts';
import { keepGrants } from '../db/mend-parts.ts';
import { tidyDatabase } from '../db/tidy.ts';
import type { DocumentDeps } from '../documents/deps.ts';
import { createIngestion } from '../documents/ingest.ts';
import { purgeConversations } from '../documents/purge-conversations.ts';
import { createReindexing } from '../documents/reindex.ts';
import { createRetirement } from '../documents/retire-conversations.ts';
import { collectBlobs } from '../files/collect.ts';
import type { DeletionHold } from '../files/deletion-hold.ts';
import { createReconciler } from '../files/reconcile.ts';
import type { HttpDeps } from '../http/deps.ts';
import { deleteExpiredKeys } from '../identity/idempotency-store.ts';
import { deleteEndedCounts } from '../work/counts-store.ts';
import { indexEverybody } from '../search/index-texts.ts';
import { every } from '../work/every.ts';
import { runWork } from '../work/loop.ts';
import { findStaleIndexes } from './find-stale-indexes.ts';

const collectMs = 5_000;
const hourMs = 3_600_000;
const tidyMs = 60_000;
const spreadMs = 10_000;
const searchMs = 15_000;
/** Expired keys that one transaction looks up; those of the same users go with them. */
const expireAtOnce = 200;

/** The background work of this process; the rows say what is due, so that it may die at any time. */
export function startWorker(
  documents: DocumentDeps,
  answers: HttpDeps['answers'],
  hold: DeletionHold,
  config: Pick<Config, 'retention'>,
  signal: AbortSignal,
): Promise<void>[] {
  const { db, blobs, log, now } = documents;
  const retention = createRetention(db, config.retention);
  const retirement = createRetirement(documents, config.retention.conversationDays);
  const reconcile = createReconciler(db, blobs, log);
  const findStale = (): Promise<void> => findStaleIndexes(documents, signal);
  const expireKeys = async (): Promise<void> => {
    let deleted = expireAtOnce;
    while (!signal.aborted && deleted === expireAtOnce) deleted = await deleteExpiredKeys(db, expireAtOnce);
  };
  return [
    runWork(
      [createIngestion(documents), createReindexing(documents), createReaper(answers)],
      documents,
      signal,
    ),
    every(hourMs, 'find stale indexes', findStale, signal, log),
    every(collectMs, 'collect blobs', () => collectBlobs(db, blobs, now(), hold), signal, log),
    every(collectMs, 'erase conversations', () => purgeConversations(documents, signal), signal, log),
    every(hourMs, 'retire conversations', () => retirement.sweep(signal), signal, log),
    every(hourMs, 'reconcile blobs', () => reconcile(now()), signal, log),
    every(hourMs, 'forget what is old', () => retention.sweep(now(), signal), signal, log),
    every(searchMs, 'index texts for search', () => indexEverybody(db, signal, log), signal, log),
    every(hourMs, 'delete ended counts', () => deleteEndedCounts(db), signal, log),
    ...(db.kind === 'postgresql'
      ? [every(spreadMs, 'grant on moved parts', keepGrants(db), signal, log)]
      : []),
    ...(db.kind === 'pglite'
      ? [every(tidyMs, 'tidy the database', () => tidyDatabase(db, signal), signal, log)]
      : []),
    every(hourMs, 'expire idempotency keys', expireKeys, signal, log),
  ];
}
