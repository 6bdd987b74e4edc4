import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { median, percentile } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { round, type Table } from './report.ts';
import type { Usage } from './server/child.ts';
import { createCaller, type HttpCaller, type Person, register } from './server/people.ts';
import { startServer } from './server/start.ts';
import { type ReadStream, readStream, type StreamRequest } from './streams/read-stream.ts';

const eventsPerSecond = 20;
const people = 20;
const question = 'How did the net revenue change against the prior year?';
const shortQuestion = `${question} (in short)`;

/** Many answers at once: the memory of the server, and how much later than the model's own the first word comes. */
export async function* streams(options: BenchOptions): AsyncGenerator<Table> {
  const count = options.number('streams', options.quick ? 200 : 1000);
  const seconds = options.number('seconds', options.quick ? 10 : 25);
  const rampSeconds = Math.max(2, count / 100);
  const stub = await startStub(eventsPerSecond * (seconds + rampSeconds));
  const server = await startServer({
    serverUrl: options.databaseUrl,
    profileFolder: options.profileFolder,
    env: {
      LLM_BASE_URL: `${stub.url}/v1`,
      LLM_MODEL: 'bench-chat',
      LLM_CONTEXT_WINDOW: '32000',
      DATABASE_POOL_SIZE: '10',
    },
  });
  const caller = createCaller(server.baseUrl);
  const direct = createCaller(stub.url);
  try {
    const users = await Promise.all(Array.from({ length: people }, () => register(caller)));
    const idle = await server.usage(true);
    // A server that has answered before: the first answers of a process compile its code.
    await probe(caller, direct, users, 40, 0);
    const quiet = await probe(caller, direct, users, 40, 50);
    const reading: Promise<ReadStream>[] = [];
    for (let at = 0; at < count; at += 1) {
      reading.push(ask(caller, users[at % people]!));
      if (at % 10 === 9) await sleep((rampSeconds * 10_000) / count);
    }
    await server.usage(true);
    const before = await server.usage(true);
    const started = performance.now();
    const busy = await probe(caller, direct, users, 40, (seconds * 1000) / 60);
    const after = await server.usage();
    const cores = (after.cpuMs - before.cpuMs) / (performance.now() - started);
    const all = await Promise.all(reading);
    yield tableOf(
      count,
      { idle, after, cores },
      quiet,
      busy,
      all,
      server.databaseUrl === null ? 'pglite' : 'postgresql',
    );
  } finally {
    caller.close();
    direct.close();
    await server.stop();
    stub.child.disconnect();
  }
}

interface Probes {
  alcove: number[];
  direct: number[];
}

/** Single short answers while the others run, alternately asked of Alcove and of the model itself. */
async function probe(
  caller: HttpCaller,
  direct: HttpCaller,
  users: Person[],
  rounds: number,
  pauseMs: number,
): Promise<Probes> {
  const times: Probes = { alcove: [], direct: [] };
  for (let at = 0; at < rounds; at += 1) {
    times.direct.push((await readStream(direct, directRequest)).firstTokenMs);
    times.alcove.push((await ask(caller, users[at % people]!, shortQuestion)).firstTokenMs);
    await sleep(pauseMs);
  }
  return times;
}

const directRequest: StreamRequest = {
  path: '/v1/chat/completions',
  token: null,
  body: { model: 'bench-chat', stream: true, messages: [{ role: 'user', content: shortQuestion }] },
  word: 'So ',
  end: '[DONE]',
};

function ask(caller: HttpCaller, user: Person, query = question): Promise<ReadStream> {
  const wanted = {
    path: '/rag/query',
    token: user.token,
    body: { query, stream: true },
    word: 'event: delta',
    end: '"status":"complete"',
  };
  return readStream(caller, wanted);
}

function tableOf(
  count: number,
  { idle, after, cores }: { idle: Usage; after: Usage; cores: number },
  quiet: Probes,
  busy: Probes,
  all: ReadStream[],
  kind: string,
): Table {
  const megabytes = (bytes: number): number => Math.round(bytes / 2 ** 20);
  const overhead = ({ alcove, direct }: Probes): number => round(median(answered(alcove)) - median(direct));
  const complete = all.filter((stream) => stream.complete).length;
  return {
    title: `${count} answers at once, ${eventsPerSecond} events a second each (${kind})`,
    rows: [
      { what: 'complete answers', value: complete, of: count },
      { what: 'RSS of the server before, MB', value: megabytes(idle.rssBytes), of: null },
      { what: 'RSS of the server during, MB', value: megabytes(after.rssBytes), of: 400 },
      { what: 'first word of the model itself, alone, p50 ms', value: round(median(quiet.direct)), of: null },
      { what: 'overhead of the first word, alone, p50 ms', value: overhead(quiet), of: 15 },
      {
        what: 'first word of the model itself, among all, p50 ms',
        value: round(median(busy.direct)),
        of: null,
      },
      { what: 'overhead of the first word, among all, p50 ms', value: overhead(busy), of: 15 },
      {
        what: 'the same, p95 ms',
        value: round(percentile(answered(busy.alcove), 0.95) - percentile(busy.direct, 0.95)),
        of: null,
      },
      { what: 'event loop of the server late by, p50 ms', value: round(after.lagMs.p50), of: null },
      { what: 'the same, p99 ms', value: round(after.lagMs.p99), of: null },
      { what: 'cores used by the server', value: round(cores), of: null },
      {
        what: 'events read for one answer',
        value: round(median(all.map((stream) => stream.events))),
        of: null,
      },
    ],
    notes: [
      'Column "of" is the target where there is one. Model, server, database and clients share the machine.',
    ],
  };
}

function answered(times: readonly number[]): number[] {
  return times.filter((ms) => !Number.isNaN(ms));
}

async function startStub(tokens: number): Promise<{ url: string; child: ChildProcess }> {
  const child = fork(fileURLToPath(new URL('./streams/stub.ts', import.meta.url)), [
    String(eventsPerSecond),
    String(Math.round(tokens)),
  ]);
  const [message] = (await once(child, 'message')) as [{ port: number }];
  return { url: `http://127.0.0.1:${message.port}`, child };
}
