import type { DocumentDeps } from '../documents/deps.ts';
import { enqueueStale } from '../documents/stale-store.ts';
import { workTopic } from '../work/loop.ts';

/** Puts what this version or the embedding model would index otherwise into the queue, and wakes the worker. */
export async function findStaleIndexes(
  { db, embedding, log, notifier }: DocumentDeps,
  signal: AbortSignal,
): Promise<void> {
  const found = await enqueueStale(db, embedding?.id ?? null, signal);
  if (found === 0) return;
  log.info({ found, model: embedding?.id }, 'indexes of documents are made anew in the background');
  notifier.notify(workTopic);
}
