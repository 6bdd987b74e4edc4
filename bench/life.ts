import { setTimeout as sleep } from 'node:timers/promises';
import { UserScope } from '../src/identity/user-scope.ts';
import { createRetriever } from './alcove/retriever.ts';
import { type AlcoveLoader, openAlcoveLoader } from './load/alcove.ts';
import { median, percentile, timed } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { round, type Table } from './report.ts';
import { makeConversations } from './retrieval/conversations.ts';
import { type EmbeddedApp, startEmbedded } from './server/embedded.ts';
import { createCaller, type Person, register } from './server/people.ts';
import { type Collection, createCollection } from './synthetic/collection.ts';

const dimensions = 384;
const megabyte = 2 ** 20;
const strategies = ['keyword', 'vector', 'rrf_fusion'] as const;

/** What a conversation costs to fork, and a question to everything that one account has. */
export async function* life(options: BenchOptions): AsyncGenerator<Table> {
  if (options.databaseUrl === null)
    throw new Error('life needs a PostgreSQL with pgvector: --database URL, or TEST_DATABASE_URL');
  const running = await startEmbedded(options.databaseUrl, { ROLE: 'web' });
  const caller = createCaller(running.baseUrl);
  try {
    const collection = createCollection(options.seed, dimensions);
    yield await measureForks(running, await register(caller), collection, options);
    yield await measureReach(running, await register(caller), collection, options);
  } finally {
    caller.close();
    await running.close();
  }
}

/** `POST /conversations/{id}/fork` with the documents of the conversation, and both deleted independently. */
async function measureForks(
  running: EmbeddedApp,
  person: Person,
  collection: Collection,
  options: BenchOptions,
): Promise<Table> {
  const sizes = options.quick ? [500] : [500, 5_000];
  const rows: Table['rows'] = [];
  const caller = createCaller(running.baseUrl);
  for (const size of sizes) {
    const id = await load(running, person, collection, options, [size]);
    const times: number[] = [];
    for (let at = 0; at < 5; at += 1)
      times.push((await timed(() => caller.json('POST', `/conversations/${id}/fork`, person.token, {}))).ms);
    rows.push({ chunks: size, 'median ms': round(median(times)), 'slowest ms': round(Math.max(...times)) });
  }
  caller.close();
  return { title: 'A fork with its documents', rows };
}

/** `scope: "all"` over one account, in a process whose cache of segments is smaller than they are. */
async function measureReach(
  running: EmbeddedApp,
  person: Person,
  collection: Collection,
  options: BenchOptions,
): Promise<Table> {
  const chunks = options.number('chunks', options.quick ? 30_000 : 300_000);
  const cacheMegabytes = options.number('cache', 64);
  await load(
    running,
    person,
    collection,
    options,
    Array.from({ length: chunks / 500 }, () => 500),
  );
  const documents = collection.conversation(500);
  const ask = createRetriever(running.app.db, dimensions, cacheMegabytes * megabyte);
  const user = UserScope.grant(person.id);
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  const memory = { most: before };
  const stop = new AbortController();
  const watching = watchMemory(memory, stop.signal);
  const rows: Table['rows'] = [];
  for (const strategy of strategies) {
    const times: number[] = [];
    for (let at = 0; at < options.number('rounds', 10); at += 1)
      times.push((await timed(() => ask(user, collection.query(documents), strategy, 10))).ms);
    rows.push({ strategy, 'median ms': round(median(times)), 'p95 ms': round(percentile(times, 0.95)) });
  }
  stop.abort();
  await watching;
  const grown = Math.round((memory.most - before) / megabyte);
  return {
    title: `A question to ${chunks.toLocaleString('en-US')} passages of one account`,
    rows,
    notes: [
      `cache of segments ${cacheMegabytes} MB; memory of the process grew by at most ${grown} MB over ${Math.round(before / megabyte)} MB`,
    ],
  };
}

async function watchMemory(memory: { most: number }, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    memory.most = Math.max(memory.most, process.memoryUsage.rss());
    await sleep(20, undefined, { signal }).catch(() => {});
  }
}

/** Conversations of these sizes, as ingestion would have left them. @returns the id of the last */
async function load(
  { databaseUrl }: EmbeddedApp,
  person: Person,
  collection: Collection,
  { seed }: BenchOptions,
  sizes: readonly number[],
): Promise<string> {
  const loader: AlcoveLoader = await openAlcoveLoader(databaseUrl ?? '', person.id);
  const classes = sizes.map((size) => ({ size, conversations: 1, measured: sizes.length === 1 ? 1 : 0 }));
  let last = '';
  for (const conversation of makeConversations({ dimensions, classes }, collection, seed)) {
    await loader.add(conversation);
    last = conversation.id;
  }
  await loader.finish();
  await loader.close();
  return last;
}
