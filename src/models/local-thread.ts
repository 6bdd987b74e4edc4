import { Worker } from 'node:worker_threads';
import { explainLocalFailure } from './local-failures.ts';
import type { LocalReply, LocalRequest, LocalSetup } from './local-protocol.ts';
import { unavailable } from './local-source.ts';

export interface Rows {
  /** One row for each text, one after the other. */
  values: Float32Array;
  dimensions: number;
}

/** A local model in a thread of its own, which runs one batch after the other. */
export interface LocalThread {
  /** The model's id, `local:` and its name. */
  readonly id: string;
  /** Null until the model is loaded. */
  readonly dimensions: number | null;
  /** Percent of the download that is under way; null when there is none. */
  readonly downloaded: number | null;
  /** Resolves once the model is loaded. @throws AppError `model_unavailable` */
  ready(): Promise<void>;
  /** Urgent batches go before others that wait. @throws AppError; `signal.reason`, and the batch is not begun */
  run(request: LocalRequest, isUrgent: boolean, signal: AbortSignal): Promise<Rows>;
  stop(): Promise<void>;
}

/** A model that could not be loaded is not tried again sooner: each try reads it anew. */
const retryAfterMs = 30_000;

interface Waiting {
  request: LocalRequest;
  resolve(rows: Rows): void;
  reject(error: unknown): void;
}

/** Starts nothing by itself: the first `ready` or `run` loads the model. */
export function createLocalThread(setup: LocalSetup, report: (sentence: string) => void): LocalThread {
  let worker: Worker | null = null;
  let loading: Promise<void> | null = null;
  let failedAt = Number.NEGATIVE_INFINITY;
  let dimensions: number | null = null;
  let downloaded: number | null = null;
  let running: Waiting | null = null;
  let end: (error: unknown) => Promise<unknown> = async () => {};
  let isLoaded = false;
  const waiting: Waiting[] = [];

  function ready(): Promise<void> {
    if (loading !== null && performance.now() - failedAt > retryAfterMs && worker === null) loading = null;
    return (loading ??= load());
  }

  function load(): Promise<void> {
    const thread = new Worker(new URL('./local-worker.ts', import.meta.url), { workerData: setup });
    // A model must not keep a process alive that has nothing else to do.
    thread.unref();
    worker = thread;
    return new Promise((resolve, reject) => {
      end = async (error) => {
        if (worker !== thread) return;
        worker = null;
        isLoaded = false;
        downloaded = null;
        failedAt = performance.now();
        reject(error);
        for (const one of [running, ...waiting.splice(0)]) one?.reject(error);
        running = null;
        await thread.terminate();
      };
      thread.on('error', (cause) => void end(explainLocalFailure(setup, 'model', cause.message)));
      thread.on(
        'exit',
        () =>
          void end(
            unavailable(
              `The local model ${setup.source.id} ended unexpectedly: it is loaded anew in a moment.`,
            ),
          ),
      );
      thread.on('message', (message: LocalReply) => {
        if (message.type === 'progress') return tellProgress(message.percent);
        if (message.type === 'done') return finish((one) => one.resolve(message));
        if (message.type === 'ready') {
          ({ dimensions } = message);
          downloaded = null;
          isLoaded = true;
          report(`The local model ${setup.source.id} is loaded.`);
          resolve();
          return next();
        }
        const error = explainLocalFailure(setup, message.reason, message.detail);
        if (message.reason === 'run') finish((one) => one.reject(error));
        else void end(error);
      });
    });
  }

  /** In steps of ten, so that a log stays readable. */
  function tellProgress(percent: number): void {
    const isStep = downloaded === null || Math.floor(percent / 10) > Math.floor(downloaded / 10);
    downloaded = percent;
    if (isStep) report(`Downloading the local model ${setup.source.id}: ${percent} %.`);
  }

  function finish(settle: (one: Waiting) => void): void {
    if (running !== null) settle(running);
    running = null;
    next();
  }

  async function begin(one: Waiting): Promise<void> {
    try {
      await ready();
      next();
    } catch (error) {
      one.reject(error);
    }
  }

  function next(): void {
    if (!isLoaded || running !== null) return;
    running = waiting.shift() ?? null;
    if (running !== null) worker?.postMessage(running.request);
  }

  return {
    id: setup.source.id,
    get dimensions() {
      return dimensions;
    },
    get downloaded() {
      return downloaded;
    },
    ready,
    run(request, isUrgent, signal) {
      return new Promise((resolve, reject) => {
        const one = { request, resolve, reject };
        const abort = (): void => {
          const place = waiting.indexOf(one);
          if (place >= 0) waiting.splice(place, 1);
          reject(signal.reason);
        };
        if (signal.aborted) return abort();
        signal.addEventListener('abort', abort, { once: true });
        one.resolve = (rows) => (signal.removeEventListener('abort', abort), resolve(rows));
        one.reject = (error) => (signal.removeEventListener('abort', abort), reject(error));
        if (isUrgent) waiting.unshift(one);
        else waiting.push(one);
        void begin(one);
      });
    },
    async stop() {
      await end(unavailable(`The local model ${setup.source.id} is stopped with its server.`));
    },
  };
}
