import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../errors.ts';
import { quantiseVectors } from '../indexing/vectors.ts';
import { vectorsVersion } from '../indexing/versions.ts';
import type { EmbeddingModel } from '../models/model.ts';
import { backoffMs } from '../work/backoff.ts';
import type { Lease } from '../work/lease.ts';
import type { Worker } from '../work/loop.ts';
import { release } from '../work/store.ts';
import { keywordKind, passagesKind, vectorKind } from './segment-kinds.ts';
import { type DocumentDeps, documentTopic } from './deps.ts';
import { embedPassages, embeddingStep } from './embed.ts';
import { textToEmbed } from './embedded-text.ts';
import { embedOnce } from './embedding-cache.ts';
import { completeDocument } from './index-store.ts';
import { indexedFrom, readOriginal } from './ingest.ts';
import { replaceKeywordSegment, readForIndexing, settleUnreadable } from './keyword-store.ts';
import { prepareKeywordIndex } from './prepare.ts';
import type { DocumentRow } from './store.ts';
import { isIngesting } from './stale-store.ts';
import {
  dropOtherLengths,
  dropVectors,
  finishVectors,
  hasVectorSegment,
  keepHashes,
  readVectors,
  storeVectors,
  unembeddedChunks,
} from './vector-store.ts';
import { readClaimed } from './work-store.ts';
import { scopeOf } from './work-scope.ts';

const longestRetryMs = 600_000;
/** After a failure of the model nothing is embedded for anybody for so many first pauses. */
const modelPauses = 3;
/** A large document gives way to the next user after this time. */
const turnMs = 20_000;
/** Files that somebody waits for go first, but may hold this work up only so long before each step. */
const longestYieldMs = 3_000;
const yieldPollMs = 250;

/**
 * Makes one index of one document: its vectors of the configured model, its keyword segment, or its passages with all
 * that rests on them. The document is served by what it has until the new index is complete.
 */
export function createReindexing(deps: DocumentDeps): Worker {
  let pausedUntil = 0;
  return {
    kind: 'index',
    concurrency: 1,
    perUser: 1,
    leaseMs: deps.limits.leaseMs,
    renewEveryMs: deps.limits.leaseMs / 4,
    isPaused: () => performance.now() < pausedUntil,
    async run(lease, signal) {
      if (lease.target === keywordKind) return indexKeywords(lease, deps, signal);
      if (lease.target === passagesKind) return readAgain(lease, deps, signal);
      return embedDocument(lease, deps, signal);
    },
    async failed(lease, error) {
      if (isModelAway(error)) pausedUntil = performance.now() + modelPauses * deps.limits.retryMs;
      else if (lease.target === passagesKind && isUnreadable(error)) {
        await settleUnreadable(deps.db, lease);
        return;
      }
      deps.log.warn(
        { err: error, documentId: lease.itemId, target: lease.target },
        'an index was not made yet; the document keeps the one that it has',
      );
      const inMs = backoffMs(lease.attempts, deps.limits.retryMs, longestRetryMs);
      await deps.db.scoped(lease, (tx) => release(tx, lease, { inMs }));
    },
  };
}

/** This version cannot read what an earlier one has read: the document keeps its passages. Anything else may pass. */
function isUnreadable(error: unknown): boolean {
  if (!(error instanceof AppError)) return false;
  return error.code.startsWith('document_') || error.code === 'unsupported_media_type';
}

function isModelAway(error: unknown): boolean {
  return (
    error instanceof AppError && ['model_unavailable', 'model_timeout', 'rate_limited'].includes(error.code)
  );
}

async function embedDocument(lease: Lease, deps: DocumentDeps, signal: AbortSignal): Promise<void> {
  const { db, embedding } = deps;
  if (embedding === null || lease.target !== vectorKind(embedding.id)) {
    await dropVectors(db, lease, lease.target.slice(vectorKind('').length));
    return;
  }
  const document = await readClaimed(db, lease);
  if (document === null) return;
  const isComplete = await hasVectorSegment(db, lease, embedding.id, document.chunkCount);
  const vectors = isComplete ? [] : await embedMissing(lease, document, { ...deps, embedding }, signal);
  if (vectors === null) return;
  if (!isHashed(document)) await keepHashes(db, lease, embedding.id);
  await finishVectors(db, lease, embedding.id, isComplete ? null : quantiseVectors(vectors));
  deps.notifier.notify(documentTopic(lease.itemId));
}

/** Since vectors are kept once, passages are written with the hash of their text. */
function isHashed(document: DocumentRow): boolean {
  return document.vectorsVersion >= vectorsVersion;
}

/** All vectors of the document; null when the turn is over or the lease is lost: what is stored stays. */
async function embedMissing(
  lease: Lease,
  document: DocumentRow,
  deps: DocumentDeps & { embedding: EmbeddingModel },
  signal: AbortSignal,
): Promise<Float32Array[] | null> {
  const { db, embedding } = deps;
  const { chunkCount } = document;
  const until = performance.now() + turnMs;
  for (;;) {
    await yieldToIngestion(deps, signal);
    const chunks = await unembeddedChunks(db, lease, embedding.id, embeddingStep);
    const [first] = chunks;
    if (first === undefined) {
      const vectors = await readVectors(db, lease, embedding.id);
      if (new Set(vectors.map((vector) => vector.length)).size <= 1) return vectors;
      // The model has become another one of the same name in between: what the first has made is made again.
      const length = await lengthOfVectors(embedding, signal);
      if (!(await dropOtherLengths(db, lease, embedding.id, length))) return null;
      continue;
    }
    if (performance.now() > until) {
      await db.scoped(lease, (tx) => release(tx, lease, { inMs: 0, refund: true }));
      return null;
    }
    const embedded = await embedOnce(scopeOf(lease).user, chunks.map(textToEmbed), deps, signal);
    // All in one step: nothing waits for the rest.
    if (chunks.length === chunkCount && isHashed(document)) return embedded.map((one) => one.embedding);
    const rows = embedded.map((one, at) => ({ ...one, ordinal: chunks[at]?.ordinal ?? 0 }));
    const last = (chunks.at(-1)?.ordinal ?? 0) + 1;
    const message = `new vectors: ${Math.floor((100 * last) / Math.max(1, chunkCount))} %`;
    if (!(await storeVectors(db, lease, embedding.id, rows, message))) return null;
    deps.notifier.notify(documentTopic(lease.itemId));
  }
}

async function lengthOfVectors(embedding: EmbeddingModel, signal: AbortSignal): Promise<number> {
  if (embedding.dimensions !== null) return embedding.dimensions;
  const [vector] = await embedding.embed(['length'], 'document', signal);
  if (vector === undefined) throw new Error('the model has given no vector');
  return vector.length;
}

async function yieldToIngestion({ db, limits }: DocumentDeps, signal: AbortSignal): Promise<void> {
  const until = performance.now() + longestYieldMs;
  while (performance.now() < until && (await isIngesting(db, limits.leaseMs))) {
    await sleep(yieldPollMs, undefined, { signal, ref: false });
  }
  signal.throwIfAborted();
}

async function indexKeywords(lease: Lease, deps: DocumentDeps, signal: AbortSignal): Promise<void> {
  const input = await readForIndexing(deps.db, lease);
  if (input === null) return;
  const { segment, language } = await prepareKeywordIndex(input, signal);
  await replaceKeywordSegment(deps.db, lease, segment, language);
}

async function readAgain(lease: Lease, deps: DocumentDeps, signal: AbortSignal): Promise<void> {
  const document = await readClaimed(deps.db, lease);
  if (document === null) return;
  const prepared = await readOriginal(document, deps, signal, () => {});
  const made = indexedFrom(prepared);
  const { embedding } = deps;
  const served = document.embeddingModel;
  // Vectors of the model that serves it come with the passages, so that nothing is missing in between.
  const keep = embedding !== null && served === embedding.id;
  const embedded = keep
    ? await embedPassages(scopeOf(lease).user, made.chunks, { ...deps, embedding }, signal)
    : [];
  const vectors = keep ? { model: embedding.id, segment: quantiseVectors(embedded) } : null;
  await completeDocument(deps.db, lease, { ...made, vectors }, embedding?.id ?? null, deps.now());
}
