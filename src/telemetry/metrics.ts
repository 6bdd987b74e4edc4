import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Telemetry } from './telemetry.ts';

/** Read when the metrics are asked for; keys become the label of the gauge. */
export interface Readings {
  /** Bytes in use by each cache. */
  cacheBytes(): Record<string, number>;
  /** Connections of the pool by state, and callers that wait for one. */
  connections(): Record<'idle' | 'busy' | 'waiting', number>;
  runningAnswers(): number;
  /** Due work of each kind and how long its oldest piece has been due; rejects while the database is away. */
  queue(): Promise<{ kind: string; due: number; oldestMs: number }[]>;
}

export interface Metrics {
  telemetry: Telemetry;
  contentType: string;
  /** In the text format of Prometheus. */
  print(): Promise<string>;
}

const seconds = 1_000;
const requestBuckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120];
const stageBuckets = [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const answerBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

/** Of the process, whatever number of applications runs in it. */
let ofProcess: Registry | undefined;

export function createMetrics(
  info: { version: string; database: string; role: string },
  readings: Readings,
): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const histogram = (name: string, help: string, labelNames: string[], buckets: number[]) =>
    new Histogram({ name, help, labelNames, buckets, registers });
  const counter = (name: string, help: string, labelNames: string[]) =>
    new Counter({ name, help, labelNames, registers });

  new Gauge({ name: 'alcove_info', help: 'What runs', labelNames: Object.keys(info), registers }).set(
    info,
    1,
  );
  const requests = histogram(
    'alcove_http_request_seconds',
    'Requests, to the last byte of their response',
    ['method', 'route', 'status'],
    requestBuckets,
  );
  const answers = histogram(
    'alcove_answer_seconds',
    'Answers, from the question to their last event',
    ['mode', 'status'],
    answerBuckets,
  );
  const firstWords = histogram(
    'alcove_answer_first_word_seconds',
    'From the question to the first word of its answer',
    ['mode'],
    answerBuckets,
  );
  const generation = histogram(
    'alcove_answer_generation_seconds',
    'Time that the language model, or what answers without one, took',
    ['mode'],
    answerBuckets,
  );
  const tokens = counter('alcove_answer_tokens_total', 'Tokens of prompts and answers', ['direction']);
  const stages = histogram('alcove_retrieval_stage_seconds', 'Retrieval by stage', ['stage'], stageBuckets);
  const searches = counter('alcove_retrievals_total', 'Retrievals, by whether the cache had them', ['cache']);
  const work = histogram(
    'alcove_work_seconds',
    'Pieces of durable work: ingest, index, answer',
    ['kind', 'outcome'],
    answerBuckets,
  );
  addGauges(registry, readings);

  return {
    contentType: registry.contentType,
    telemetry: {
      requested({ method, route, status, ms }) {
        requests.observe({ method, route, status }, ms / seconds);
      },
      answered({ mode, status, ms, firstWordMs, generateMs, tokens: counted }) {
        answers.observe({ mode, status }, ms / seconds);
        if (firstWordMs !== null) firstWords.observe({ mode }, firstWordMs / seconds);
        if (generateMs !== null) generation.observe({ mode }, generateMs / seconds);
        tokens.inc({ direction: 'input' }, counted.input);
        tokens.inc({ direction: 'output' }, counted.output);
      },
      searched({ cacheHit, stages: times }) {
        searches.inc({ cache: cacheHit ? 'hit' : 'miss' });
        for (const [stage, ms] of Object.entries(times))
          if (ms !== null) stages.observe({ stage }, ms / seconds);
      },
      worked({ kind, outcome, ms }) {
        work.observe({ kind, outcome }, ms / seconds);
      },
    },
    async print() {
      ofProcess ??= defaultMetrics();
      return Registry.merge([registry, ofProcess]).metrics();
    },
  };
}

function addGauges(registry: Registry, readings: Readings): void {
  const registers: Registry[] = [];
  // Two gauges show one reading. A database that is away must not hide the metrics that say so.
  let reading: Promise<Awaited<ReturnType<Readings['queue']>>> | undefined;
  const readQueue = () =>
    (reading ??= readings
      .queue()
      .catch(() => [])
      .finally(() => (reading = undefined)));
  const caches = new Gauge({
    name: 'alcove_cache_bytes',
    help: 'Memory in use by caches',
    labelNames: ['cache'],
    registers,
    collect() {
      for (const [cache, bytes] of Object.entries(readings.cacheBytes())) this.set({ cache }, bytes);
    },
  });
  const connections = new Gauge({
    name: 'alcove_database_connections',
    help: 'Connections of this process to its database, and requests that wait for one',
    labelNames: ['state'],
    registers,
    collect() {
      for (const [state, count] of Object.entries(readings.connections())) this.set({ state }, count);
    },
  });
  const running = new Gauge({
    name: 'alcove_running_answers',
    help: 'Answers that this process is writing',
    registers,
    collect() {
      this.set(readings.runningAnswers());
    },
  });
  const oldest = new Gauge({
    name: 'alcove_work_oldest_due_seconds',
    help: 'How long the oldest due piece of work has waited',
    labelNames: ['kind'],
    registers,
    async collect() {
      const queue = await readQueue();
      this.reset();
      for (const { kind, oldestMs } of queue) this.set({ kind }, oldestMs / seconds);
    },
  });
  const due = new Gauge({
    name: 'alcove_work_due',
    help: 'Pieces of work that are due and nobody is at, over all processes',
    labelNames: ['kind'],
    registers,
    async collect() {
      const queue = await readQueue();
      this.reset();
      for (const { kind, due: waiting } of queue) this.set({ kind }, waiting);
    },
  });
  for (const gauge of [caches, connections, running, oldest, due]) registry.registerMetric(gauge);
}

function defaultMetrics(): Registry {
  const register = new Registry();
  collectDefaultMetrics({ register });
  return register;
}
