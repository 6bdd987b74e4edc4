import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../errors.ts';
import { quantiseVectors } from '../indexing/vectors.ts';
import { type DocumentDeps, documentTopic } from './deps.ts';
import { embedChunks } from './embed.ts';
import { completeDocument } from './index-store.ts';
import { type Prepared, prepareDocument } from './prepare.ts';
import {
  claimDocument,
  type DocumentProgress,
  type DueDocument,
  failDocument,
  reportProgress,
} from './work-store.ts';
import { type DocumentRow } from './store.ts';

/** A worker that dies is noticed this much later; a living one extends it all the time. */
const leaseMs = 30_000;
const maxAttempts = 3;
const retryPauseMs = 5_000;
/** Progress is written at most this often: it is for people, and for the lease. */
const progressEveryMs = 400;
/** Without progress the row is still written this often: so soon does a deletion or a cancellation end the work. */
const lookEveryMs = 2_000;

const share = { extracting: [0, 0.6], chunking: [0.6, 0.7], embedding: [0.7, 0.98] } as const;

/** Extract → chunk → embed → index. Safe to call twice, at once or again: only the lease's holder writes. */
export async function ingest(due: DueDocument, deps: DocumentDeps, signal: AbortSignal): Promise<void> {
  const { scope, documentId } = due;
  const now = deps.now();
  const document = await claimDocument(
    deps.db,
    scope,
    documentId,
    deps.owner,
    now,
    new Date(now.getTime() + leaseMs),
  );
  if (document === null) return;
  const work = new AbortController();
  const both = AbortSignal.any([signal, work.signal]);
  const progress = startProgress(due, deps, () => work.abort());
  try {
    if (document.attempts > maxAttempts) {
      throw new AppError(
        'document_too_complex',
        'Reading this file ended the worker several times: it is left alone.',
      );
    }
    await index(document, due, deps, both, progress.report);
  } catch (error) {
    await fail(error, document, due, deps, both);
  } finally {
    await progress.stop();
    deps.notifier.notify(documentTopic(documentId));
  }
}

type Report = (status: keyof typeof share, done: number, message: string) => void;

async function index(
  document: DocumentRow,
  due: DueDocument,
  deps: DocumentDeps,
  signal: AbortSignal,
  report: Report,
): Promise<void> {
  const { scope, documentId } = due;
  report('extracting', 0, 'reading the file');
  const prepared = await prepareDocument(
    {
      open: () => deps.blobs.read(document.blobKey),
      mediaType: document.mediaType,
      fileName: document.name,
    },
    {
      signal,
      timeoutMs: deps.limits.ingestTimeoutMs,
      onProgress: (done, total) =>
        report(
          'extracting',
          total === null ? 0.5 : done / total,
          total === null ? 'reading' : `page ${done} of ${total}`,
        ),
    },
  );
  report('chunking', 1, `${prepared.chunks.length} passages`);
  const vectors = await embedAll(due, prepared, deps, signal, report);
  signal.throwIfAborted();
  if (vectors === undefined) return;
  await completeDocument(
    deps.db,
    scope,
    documentId,
    deps.owner,
    {
      text: prepared.text,
      chunks: prepared.chunks.map((chunk) => ({
        page: chunk.page,
        heading: chunk.heading,
        charStart: chunk.start,
        charEnd: chunk.end,
        tokens: chunk.tokens,
        prefix: chunk.prefix ?? null,
        content: chunk.text,
      })),
      keywordSegment: prepared.segment,
      pages: prepared.pages,
      language: prepared.language,
      warnings: prepared.warnings,
      vectors,
    },
    deps.now(),
  );
}

/** Null without an embedding model; undefined when the document is no longer this worker's. */
async function embedAll(
  due: DueDocument,
  prepared: Prepared,
  deps: DocumentDeps,
  signal: AbortSignal,
  report: Report,
) {
  const { embedding } = deps;
  if (embedding === null) return null;
  const { chunks } = prepared;
  const made = await embedChunks(due.scope, due.documentId, chunks, { ...deps, embedding }, signal, (done) =>
    report('embedding', done / chunks.length, `passage ${done} of ${chunks.length}`),
  );
  if (made === null) return undefined;
  return { model: embedding.id, rows: made.rows, segment: quantiseVectors(made.embeddings) };
}

async function fail(
  error: unknown,
  document: DocumentRow,
  due: DueDocument,
  deps: DocumentDeps,
  signal: AbortSignal,
): Promise<void> {
  const known = error instanceof AppError ? error : null;
  // Stopping, deleting and cancelling end the work; the row already says so, or another worker goes on.
  const mayRetry = signal.aborted || known === null || isTransient(known);
  const retryAt =
    mayRetry && document.attempts < maxAttempts
      ? new Date(deps.now().getTime() + (signal.aborted ? 0 : retryPauseMs))
      : null;
  if ((known === null || known.code === 'internal') && !signal.aborted) {
    deps.log.error({ err: error, documentId: due.documentId }, 'ingestion failed unexpectedly');
  }
  const failure = {
    code: known?.code ?? ('internal' as const),
    message: known?.message ?? 'Something unexpected went wrong while reading this file.',
    retryAt,
  };
  await failDocument(deps.db, due.scope, due.documentId, deps.owner, failure, deps.now());
}

function isTransient(error: AppError): boolean {
  // An original that is missing here may be within reach of another process.
  return [
    'unavailable',
    'model_unavailable',
    'model_timeout',
    'rate_limited',
    'storage_full',
    'original_missing',
  ].includes(error.code);
}

/** Writes progress and keeps the lease alive; `lost` is called when the document is no longer this worker's. */
function startProgress(due: DueDocument, deps: DocumentDeps, lost: () => void) {
  let latest: DocumentProgress = { status: 'extracting', progress: 0, stageMessage: 'reading the file' };
  let written: DocumentProgress | null = null;
  let writtenAt = 0;
  const stopped = new AbortController();

  async function write(): Promise<void> {
    const now = deps.now();
    const stale = now.getTime() - writtenAt > lookEveryMs;
    if (written === latest && !stale) return;
    written = latest;
    writtenAt = now.getTime();
    const mine = await reportProgress(
      deps.db,
      due.scope,
      due.documentId,
      deps.owner,
      latest,
      now,
      new Date(now.getTime() + leaseMs),
    );
    if (!mine) lost();
    deps.notifier.notify(documentTopic(due.documentId));
  }

  async function loop(): Promise<void> {
    while (!stopped.signal.aborted) {
      await sleep(progressEveryMs, undefined, { signal: stopped.signal }).catch(() => {});
      if (stopped.signal.aborted) return;
      // A database that is away for a moment must not end the work: the lease outlives several missed writes.
      await write().catch((error: unknown) => deps.log.warn({ err: error }, 'progress was not written'));
    }
  }

  const running = loop();
  return {
    report(status: keyof typeof share, done: number, stageMessage: string): void {
      const [from, to] = share[status];
      const progress = Math.max(latest.progress, from + (to - from) * Math.min(1, done));
      latest = { status, progress, stageMessage };
    },
    async stop(): Promise<void> {
      stopped.abort();
      await running;
    },
  };
}
