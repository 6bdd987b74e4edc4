import { setTimeout as sleep } from 'node:timers/promises';
import { median, percentile } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { round, type Table } from './report.ts';
import type { Usage } from './server/child.ts';
import { createCaller, type HttpCaller, register } from './server/people.ts';
import { startServer } from './server/start.ts';
import { type Asker, askerOf, askerWithDocument } from './streams/asker.ts';
import { type ReadStream, readStream, type StreamRequest } from './streams/read-stream.ts';
import { startStub } from './streams/start-stub.ts';
import { askUnread, type UnreadOutcome } from './streams/unread.ts';

const eventsPerSecond = 20;
const people = 20;
/** So many of them have a document too. */
const withDocuments = 5;
const question = 'How did the net revenue change against the prior year?';
const shortQuestion = `${question} (in short)`;

/** Many answers at once: the memory of the server, and how much later than the model's own the first word comes. */
export async function* streams(options: BenchOptions): AsyncGenerator<Table> {
  const count = options.number('streams', options.quick ? 200 : 1000);
  const seconds = options.number('seconds', options.quick ? 10 : 25);
  const unread = options.number('unread', 0);
  const readerMs = options.quick ? 3_000 : 60_000;
  const rampSeconds = Math.max(2, count / 100);
  const stub = await startStub(eventsPerSecond, eventsPerSecond * (seconds + rampSeconds));
  const server = await startServer({
    serverUrl: options.databaseUrl,
    profileFolder: options.profileFolder,
    limits: { readerMs },
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
    const askers = users.map(askerOf);
    const about = await Promise.all(
      users.slice(0, withDocuments).map((user) => askerWithDocument(caller, user)),
    );
    const idle = await server.usage(true);
    // A server that has answered before: the first answers of a process compile its code.
    await probe(caller, direct, askers, 40, 0);
    const quiet = await probe(caller, direct, askers, 40, 50);
    await probe(caller, direct, about, 40, 0);
    const quietAbout = await probe(caller, direct, about, 40, 50);
    const unreadOutcome = await askUnread(caller, unread, readerMs);
    const reading: Promise<ReadStream>[] = [];
    for (let at = 0; at < count; at += 1) {
      reading.push(ask(caller, askers[at % people]!));
      if (at % 10 === 9) await sleep((rampSeconds * 10_000) / count);
    }
    await server.usage(true);
    const before = await server.usage(true);
    const started = performance.now();
    const busy = await probe(caller, direct, askers, 40, (seconds * 1000) / 60);
    const after = await server.usage();
    const cores = (after.cpuMs - before.cpuMs) / (performance.now() - started);
    const all = await Promise.all(reading);
    const table = tableOf(
      count,
      { idle, after, cores },
      { quiet, quietAbout, busy },
      all,
      server.databaseUrl === null ? 'pglite' : 'postgresql',
    );
    if (unread > 0) table.rows.push(...rowsOf(unread, await unreadOutcome()));
    yield table;
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
  askers: Asker[],
  rounds: number,
  pauseMs: number,
): Promise<Probes> {
  const times: Probes = { alcove: [], direct: [] };
  for (let at = 0; at < rounds; at += 1) {
    times.direct.push((await readStream(direct, directRequest)).firstTokenMs);
    times.alcove.push((await ask(caller, askers[at % askers.length]!, shortQuestion)).firstTokenMs);
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

function ask(caller: HttpCaller, { path, token, more }: Asker, query = question): Promise<ReadStream> {
  const wanted = {
    path,
    token,
    body: { query, stream: true, ...more },
    word: 'event: delta',
    end: '"status":"complete"',
  };
  return readStream(caller, wanted);
}

function tableOf(
  count: number,
  { idle, after, cores }: { idle: Usage; after: Usage; cores: number },
  { quiet, quietAbout, busy }: Record<'quiet' | 'quietAbout' | 'busy', Probes>,
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
        what: 'with documents, overhead of the first word, alone, p50 ms',
        value: overhead(quietAbout),
        of: 25,
      },
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
      {
        what: 'slowest first event, ms',
        value: round(Math.max(...all.map((stream) => stream.firstEventMs))),
        of: 2000,
      },
      { what: 'event loop of the server late by, p50 ms', value: round(after.lagMs.p50), of: null },
      { what: 'event loop of the server late by, p99 ms', value: round(after.lagMs.p99), of: 100 },
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

function rowsOf(count: number, { letGo, whole }: UnreadOutcome): Table['rows'] {
  return [
    { what: 'readers that take nothing, let go', value: letGo, of: count },
    { what: 'their answers, whole and read again', value: whole, of: count },
  ];
}

function answered(times: readonly number[]): number[] {
  return times.filter((ms) => !Number.isNaN(ms));
}
