import { setTimeout as sleep } from 'node:timers/promises';
import { arrive, type Kind, kinds, type Visitor } from './day/person.ts';
import { median, percentile } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { round, type Table } from './report.ts';
import type { Usage } from './server/child.ts';
import { createCaller, register } from './server/people.ts';
import { type BenchServer, startServer } from './server/start.ts';
import { startStub } from './streams/start-stub.ts';
import { createRandom } from './synthetic/seeded.ts';
import { createTexts } from './synthetic/texts.ts';

/** Between two things that somebody does; exponential, so that some come at once. */
const pauseMs = 5_000;
const parts = 4;
const crowds = [4, 8, 16, 32, 64];

/** People who open, list, append, ask, search, upload and delete beside each other, and how many requests there may be. */
export async function* day(options: BenchOptions): AsyncGenerator<Table> {
  const count = options.number('people', options.quick ? 40 : 200);
  const seconds = options.number('seconds', options.quick ? 40 : 600);
  const stub = await startStub(20, 40);
  const server = await startServer({
    serverUrl: options.databaseUrl,
    profileFolder: options.profileFolder,
    env: { LLM_BASE_URL: `${stub.url}/v1`, LLM_MODEL: 'bench-chat', LLM_CONTEXT_WINDOW: '32000' },
  });
  const caller = createCaller(server.baseUrl);
  try {
    const texts = createTexts(options.seed);
    const visitors: Visitor[] = [];
    for (let at = 0; at < count; at += 1) {
      const random = createRandom(options.seed + at);
      visitors.push(await arrive(caller, await register(caller), texts, random));
    }
    const kind = server.databaseUrl === null ? 'pglite' : 'postgresql';
    yield* await measureDay(server, visitors, seconds, kind);
    yield await measureCrowds(visitors, options.quick ? 3 : 15, kind);
  } finally {
    caller.close();
    await server.stop();
    stub.child.disconnect();
  }
}

interface Done {
  times: Map<Kind, number[]>;
  /** What was refused, and how often. */
  errors: Map<string, number>;
}

async function measureDay(
  server: BenchServer,
  visitors: readonly Visitor[],
  seconds: number,
  database: string,
): Promise<Table[]> {
  const done: Done = { times: new Map(), errors: new Map() };
  const until = performance.now() + seconds * 1000;
  const before = await server.usage(true);
  const working = visitors.map(async (visitor) => {
    await sleep(Math.random() * pauseMs);
    while (performance.now() < until) {
      await act(visitor, done);
      await sleep(-Math.log(1 - Math.random()) * pauseMs);
    }
  });
  const memory: Table['rows'] = [memoryRow('before', before)];
  for (let part = 1; part <= parts; part += 1) {
    await sleep((seconds * 1000) / parts);
    memory.push(memoryRow(`after ${Math.round((part * seconds) / parts)} s`, await server.usage(true)));
  }
  await Promise.all(working);
  const count = [...done.times.values()].reduce((sum, { length }) => sum + length, 0);
  const failed = [...done.errors.values()].reduce((sum, one) => sum + one, 0);
  return [
    {
      title: `${visitors.length} people for ${seconds} s, each pausing ${pauseMs / 1000} s on average (${database})`,
      rows: Object.keys(kinds).map((kind) => {
        const times = done.times.get(kind as Kind) ?? [];
        return {
          what: kind,
          times: times.length,
          p50_ms: round(median(times)),
          p95_ms: round(percentile(times, 0.95)),
          p99_ms: round(percentile(times, 0.99)),
        };
      }),
      notes: [
        `${count} in all, ${(count / seconds).toFixed(1)} a second; ${failed} refused or failed.`,
        ...told(done),
      ],
    },
    { title: `the server meanwhile (${database})`, rows: memory },
  ];
}

/** Some of them do one thing after the other without a pause: more at once from row to row, and what is done in a second. */
async function measureCrowds(
  visitors: readonly Visitor[],
  seconds: number,
  database: string,
): Promise<Table> {
  const rows: Table['rows'] = [];
  for (const crowd of crowds.filter((size) => size <= visitors.length)) {
    const done: Done = { times: new Map(), errors: new Map() };
    const started = performance.now();
    const until = started + seconds * 1000;
    await Promise.all(
      visitors.slice(0, crowd).map(async (visitor) => {
        while (performance.now() < until) await act(visitor, done);
      }),
    );
    const times = [...done.times.values()].flat();
    rows.push({
      'at once': crowd,
      'a second': round((times.length * 1000) / (performance.now() - started)),
      p50_ms: round(median(times)),
      p95_ms: round(percentile(times, 0.95)),
      errors: [...done.errors.values()].reduce((sum, one) => sum + one, 0),
    });
  }
  return { title: `the same without a pause (${database})`, rows };
}

async function act(visitor: Visitor, { times, errors }: Done): Promise<void> {
  try {
    const { kind, ms } = await visitor.act();
    const known = times.get(kind);
    if (known === undefined) times.set(kind, [ms]);
    else known.push(ms);
  } catch (error) {
    const reason = String(error)
      .replace(/[0-9a-f-]{36}/g, '{id}')
      .slice(0, 160);
    errors.set(reason, (errors.get(reason) ?? 0) + 1);
  }
}

function told({ errors }: Done): string[] {
  return [...errors].map(([reason, times]) => `${times} times: ${reason}`);
}

function memoryRow(what: string, { rssBytes, heapBytes, cpuMs, lagMs }: Usage): Table['rows'][number] {
  return {
    what,
    rss_mb: Math.round(rssBytes / 2 ** 20),
    heap_mb: Math.round(heapBytes / 2 ** 20),
    'processor time, s': Math.round(cpuMs / 1000),
    'event loop late by, p99 ms': round(lagMs.p99),
  };
}
