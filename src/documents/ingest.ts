import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, hasCode } from '../errors.ts';
import { underHold } from '../identity/hold-store.ts';
import { readUser } from '../identity/store.ts';
import { backoffMs } from '../work/backoff.ts';
import type { Lease } from '../work/lease.ts';
import { type Worker, workTopic } from '../work/loop.ts';
import { type DocumentDeps, documentTopic } from './deps.ts';
import { completeDocument, type IndexedDocument } from './index-store.ts';
import { type Prepared, prepareDocument, type PrepareOptions } from './prepare.ts';
import type { DocumentRow } from './store.ts';
import { scopeOf } from './work-scope.ts';
import {
  type DocumentProgress,
  failDocument,
  type Postponed,
  postponeDocument,
  readClaimed,
  reportProgress,
} from './work-store.ts';

/** So soon does a deletion or a cancellation end the work; a quarter of a lease where that is less. */
const renewEveryMs = 2_000;
const maxAttempts = 3;
/** A parser cannot take the server with it: several that died while they read a file were killed for other reasons. */
const maxLostWorkers = 10;
const longestRetryMs = 300_000;
/** A storage that was away for long is noticed this much after it is back. */
const longestWaitMs = 60_000;
/** What one user may have read at once, so that a large upload does not hold up everybody else's. */
const perUser = 2;
/** Progress is written at most this often: it is for people. */
const progressEveryMs = 400;

const share = { extracting: [0, 0.85], chunking: [0.85, 0.98] } as const;

/** Extract → chunk → keyword index: after that the document can be asked; its vectors follow in the background. */
export function createIngestion(deps: DocumentDeps): Worker {
  let awaySince: number | null = null;
  return {
    kind: 'ingest',
    // More than one user may take: parsers queue for cores anyway.
    concurrency: Math.max(perUser + 1, availableParallelism()),
    perUser,
    leaseMs: deps.limits.leaseMs,
    renewEveryMs: Math.min(renewEveryMs, deps.limits.leaseMs / 4),
    async run(lease, signal) {
      await ingest(lease, deps, signal);
      awaySince = null;
    },
    failed(lease, error) {
      const waitsFor = whatItWaitsFor(error);
      if (waitsFor === null) {
        awaySince = null;
        return fail(lease, error, deps);
      }
      const now = performance.now();
      awaySince ??= now;
      // As long again as it has been away: a short outage costs little, a long one few questions.
      const inMs = Math.min(longestWaitMs, Math.max(deps.limits.retryMs, now - awaySince));
      return postpone(lease, { inMs, isCounted: false, stageMessage: `waiting until ${waitsFor}` }, deps);
    },
  };
}

async function ingest(lease: Lease, deps: DocumentDeps, signal: AbortSignal): Promise<void> {
  const document = await readClaimed(deps.db, lease);
  if (document === null) return;
  if (document.replacementBlobKey !== null) await refuseWhileHeld(lease, deps);
  if (lease.attempts > maxLostWorkers) {
    throw new AppError(
      'document_too_complex',
      'Reading this file ended the worker several times: it is left alone.',
    );
  }
  const progress = startProgress(lease, deps);
  let prepared: Prepared;
  try {
    progress.report('extracting', 0, 'reading the file');
    prepared = await readOriginal(nextOf(document), deps, signal, (done, total, stage) =>
      progress.report(
        'extracting',
        total === null ? 0.5 : done / total,
        stage === 'recognising'
          ? `recognising text, picture ${done + 1} of ${total}`
          : total === null
            ? 'reading'
            : `page ${done} of ${total}`,
      ),
    );
    progress.report('chunking', 1, `${prepared.chunks.length} passages`);
  } finally {
    await progress.stop();
  }
  signal.throwIfAborted();
  const made = { ...indexedFrom(prepared), vectors: null };
  await completeDocument(deps.db, lease, made, deps.embedding?.id ?? null, deps.now());
  deps.notifier.notify(documentTopic(lease.itemId));
  // Its vectors are due now.
  deps.notifier.notify(workTopic, lease.userId);
}

/** What is read to take a document's place would erase what is there. @throws AppError `conflict` */
async function refuseWhileHeld(lease: Lease, { db }: DocumentDeps): Promise<void> {
  if ((await readUser(db, scopeOf(lease).user))?.legalHold === true) throw underHold();
}

/** What is to be read: a new version, or the document itself. */
function nextOf({ blobKey, mediaType, name, replacementBlobKey, replacement }: DocumentRow): Original {
  if (replacementBlobKey === null || replacement === null) return { blobKey, mediaType, name };
  return { ...replacement, blobKey: replacementBlobKey };
}

type Original = Pick<DocumentRow, 'blobKey' | 'mediaType' | 'name'>;

export function readOriginal(
  document: Original,
  deps: DocumentDeps,
  signal: AbortSignal,
  onProgress: NonNullable<PrepareOptions['onProgress']>,
): Promise<Prepared> {
  return prepareDocument(
    { open: () => deps.blobs.read(document.blobKey), mediaType: document.mediaType, fileName: document.name },
    { signal, timeoutMs: deps.limits.ingestTimeoutMs, onProgress, ocr: deps.ocr },
  );
}

/** What is stored of a document that has been read. */
export function indexedFrom(prepared: Prepared): Omit<IndexedDocument, 'vectors'> {
  return {
    title: prepared.title,
    text: prepared.text,
    chunks: prepared.chunks.map((chunk) => ({
      page: chunk.page,
      heading: chunk.heading,
      charStart: chunk.start,
      charEnd: chunk.end,
      tokens: chunk.tokens,
      prefix: chunk.prefix ?? null,
      ocr: chunk.ocr === true,
      content: chunk.text,
    })),
    keywordSegment: prepared.segment,
    blocks: prepared.blocks,
    words: prepared.words,
    pages: prepared.pages,
    language: prepared.language,
    warnings: prepared.warnings,
  };
}

/** What has nothing to do with the document and passes; null for other failures. */
function whatItWaitsFor(error: unknown): string | null {
  if (hasCode(error, 'unavailable')) return 'the storage answers again';
  if (hasCode(error, 'storage_full')) return 'the storage has room again';
  return null;
}

async function fail(lease: Lease, error: unknown, deps: DocumentDeps): Promise<void> {
  const known = error instanceof AppError ? error : null;
  // An original that is missing here may be within reach of another process.
  const mayRetry = known === null || known.code === 'original_missing';
  if (known === null || known.code === 'internal') {
    deps.log.error({ err: error, documentId: lease.itemId }, 'ingestion failed unexpectedly');
  }
  const message = known?.plain ?? 'Something unexpected went wrong while reading this file.';
  const stageMessage = `will be tried again: ${message}`;
  // Nothing else than a legal hold stands against it: a new version waits for its end.
  if (known?.code === 'conflict')
    return postpone(lease, { inMs: longestRetryMs, isCounted: false, stageMessage }, deps);
  if (mayRetry && lease.attempts < maxAttempts) {
    const inMs = backoffMs(lease.attempts, deps.limits.retryMs, longestRetryMs);
    return postpone(lease, { inMs, isCounted: true, stageMessage }, deps);
  }
  await failDocument(deps.db, lease, { code: known?.code ?? 'internal', message }, deps.now());
  deps.notifier.notify(documentTopic(lease.itemId));
}

async function postpone(lease: Lease, until: Postponed, deps: DocumentDeps): Promise<void> {
  await postponeDocument(deps.db, lease, until);
  deps.notifier.notify(documentTopic(lease.itemId));
}

/** Writes how far the work is, for whoever looks. */
function startProgress(lease: Lease, deps: DocumentDeps) {
  let latest: DocumentProgress = { status: 'extracting', progress: 0, stageMessage: 'reading the file' };
  let written: DocumentProgress | null = null;
  const stopped = new AbortController();

  async function write(): Promise<void> {
    if (written === latest) return;
    written = latest;
    if (await reportProgress(deps.db, lease, latest)) deps.notifier.notify(documentTopic(lease.itemId));
  }

  async function loop(): Promise<void> {
    while (!stopped.signal.aborted) {
      await write().catch((error: unknown) => deps.log.warn({ err: error }, 'progress was not written'));
      await sleep(progressEveryMs, undefined, { signal: stopped.signal }).catch(() => {});
    }
  }

  let running: Promise<void> | undefined;
  return {
    report(status: keyof typeof share, done: number, stageMessage: string): void {
      const [from, to] = share[status];
      const progress = Math.max(latest.progress, from + (to - from) * Math.min(1, done));
      latest = { status, progress, stageMessage };
      running ??= loop();
    },
    async stop(): Promise<void> {
      stopped.abort();
      await running;
    },
  };
}
