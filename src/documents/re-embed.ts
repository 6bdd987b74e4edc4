import { setTimeout as sleep } from 'node:timers/promises';
import type { ConversationScope } from '../conversations/scope.ts';
import type { Database } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { quantiseVectors } from '../indexing/vectors.ts';
import { every, type Log } from '../work/every.ts';
import type { EmbeddingModel } from '../models/model.ts';
import { textToEmbed } from './embed.ts';
import { embedOnce } from './embedding-cache.ts';
import {
  readVectors,
  storeReEmbedded,
  storeReEmbeddedSegment,
  switchModel,
  unembeddedChunks,
  type UnfinishedDocument,
  unfinishedDocuments,
} from './re-embed-store.ts';
import {
  claimReEmbedding,
  countStale,
  dueReEmbeddings,
  extendReEmbedding,
  isIngesting,
  type Lease,
  releaseReEmbedding,
} from './re-embed-work-store.ts';

export interface ReEmbedDeps {
  db: Database;
  embedding: EmbeddingModel;
  /** Names this process in leases. */
  owner: string;
  log: Log;
  now: () => Date;
}

/** Passages with vectors of the configured model, and all that need them. */
export interface ReEmbeddingProgress {
  done: number;
  total: number;
}

/**
 * Gives documents vectors of the configured model when theirs are of another one or when they have none. One
 * conversation after the other; each is served by its old vectors until all of its documents have new ones.
 */
export interface ReEmbedder {
  /** Works until nothing is due; does nothing for a while after the model has failed. */
  run(signal: AbortSignal): Promise<void>;
  /** Null when nothing is to be done, as far as this process knows. */
  progress(): ReEmbeddingProgress | null;
}

/** A worker that dies is noticed this much later. */
const leaseMs = 30_000;
const extendEveryMs = 10_000;
/** Passages of one step; each is stored when it is done. */
const stepSize = 128;
/** Files that somebody waits for go first, but may hold this work up only so long before each step. */
const longestYieldMs = 10_000;
const yieldPollMs = 250;
/** After a failure of the model, for all conversations; after any other one, for that conversation. */
const modelPauseMs = 30_000;
const failurePauseMs = 600_000;
const conversationsAtOnce = 20;

export function createReEmbedder(deps: ReEmbedDeps): ReEmbedder {
  const { db, embedding, log, now } = deps;
  let progress: (ReEmbeddingProgress & { finished: number }) | null = null;
  let pausedUntil = 0;

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && now().getTime() >= pausedUntil) {
      const due = await dueReEmbeddings(db, embedding.id, now(), conversationsAtOnce);
      if (due.length === 0) {
        if (progress !== null)
          log.info({ model: embedding.id }, 'every document has vectors of the embedding model');
        progress = null;
        return;
      }
      await measure();
      for (const scope of due) {
        if (signal.aborted || now().getTime() < pausedUntil) return;
        await reEmbed(scope, signal);
      }
    }
  }

  async function measure(): Promise<void> {
    const left = await countStale(db, embedding.id);
    const finished = progress?.finished ?? 0;
    progress = { finished, done: finished, total: finished + left.chunks };
    log.info({ model: embedding.id, ...left, finished }, 'documents are embedded again in the background');
  }

  async function reEmbed(scope: ConversationScope, signal: AbortSignal): Promise<void> {
    const started = leaseFrom(deps);
    if (!(await claimReEmbedding(db, scope, started))) return;
    const work = new AbortController();
    const both = AbortSignal.any([signal, work.signal]);
    const lease = keepLease(scope, work);
    // Released in time for the next round, unless it fails.
    let dueAt = now();
    try {
      const passages = await embedConversation(scope, started, both);
      if (passages !== null && progress !== null) progress.finished += passages;
    } catch (error) {
      if (!both.aborted) dueAt = pauseAfter(error, scope);
    } finally {
      work.abort();
      await lease;
      if (progress !== null) progress.done = progress.finished;
      await releaseReEmbedding(db, scope, deps.owner, dueAt);
    }
  }

  /** The number of passages that got new vectors; null when something came between. */
  async function embedConversation(
    scope: ConversationScope,
    lease: Lease,
    signal: AbortSignal,
  ): Promise<number | null> {
    let passages = 0;
    for (const document of await unfinishedDocuments(db, scope, embedding.id)) {
      if (!(await embedDocument(scope, document, lease, signal))) return null;
      passages += document.chunkCount;
    }
    return (await switchModel(db, scope, lease)) ? passages : null;
  }

  async function embedDocument(
    scope: ConversationScope,
    document: UnfinishedDocument,
    lease: Lease,
    signal: AbortSignal,
  ): Promise<boolean> {
    let { stored } = document;
    if (progress !== null) progress.done += stored;
    for (;;) {
      await yieldToIngestion(db, signal);
      const chunks = await unembeddedChunks(db, scope, document.id, embedding.id, stepSize);
      if (chunks.length === 0) break;
      const texts = chunks.map(({ heading, prefix, content }) =>
        textToEmbed({ heading, prefix, text: content }),
      );
      const embedded = await embedOnce(scope.user, texts, deps, signal);
      const rows = embedded.map((one, at) => ({ ...one, ordinal: chunks[at]?.ordinal ?? 0 }));
      stored += rows.length;
      const message = `new vectors: ${Math.floor((100 * stored) / document.chunkCount)} %`;
      if (!(await storeReEmbedded(db, scope, document.id, lease, rows, message))) return false;
      if (progress !== null) progress.done += rows.length;
    }
    const segment = quantiseVectors(await readVectors(db, scope, document.id, embedding.id));
    return storeReEmbeddedSegment(db, scope, document.id, lease, segment);
  }

  /** Extends the lease until the work ends, and ends the work when somebody else has it. */
  async function keepLease(scope: ConversationScope, work: AbortController): Promise<void> {
    await sleep(extendEveryMs, undefined, { signal: work.signal, ref: false }).catch(() => {});
    const extendOnce = async (): Promise<void> => {
      if (!(await extendReEmbedding(db, scope, leaseFrom(deps)))) work.abort();
    };
    await every(
      extendEveryMs,
      'extend the lease of a conversation that is embedded again',
      extendOnce,
      work.signal,
      log,
    );
  }

  /** When the conversation may be tried again. */
  function pauseAfter(error: unknown, scope: ConversationScope): Date {
    const isKnown = error instanceof AppError;
    if (isKnown) pausedUntil = now().getTime() + modelPauseMs;
    log.warn(
      { err: error, conversationId: scope.conversationId },
      'a conversation was not embedded again and keeps its old vectors',
    );
    return new Date(now().getTime() + (isKnown ? modelPauseMs : failurePauseMs));
  }

  return {
    run,
    progress: () =>
      progress === null ? null : { done: Math.min(progress.done, progress.total), total: progress.total },
  };
}

function leaseFrom({ owner, embedding, now }: ReEmbedDeps): Lease {
  const start = now();
  return { owner, model: embedding.id, now: start, until: new Date(start.getTime() + leaseMs) };
}

async function yieldToIngestion(db: Database, signal: AbortSignal): Promise<void> {
  const until = performance.now() + longestYieldMs;
  while (performance.now() < until && (await isIngesting(db))) {
    await sleep(yieldPollMs, undefined, { signal, ref: false });
  }
  signal.throwIfAborted();
}
