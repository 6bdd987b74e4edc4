import { type AlcoveLoader, openAlcoveLoader } from './load/alcove.ts';
import type { BenchOptions } from './options.ts';
import type { Table } from './report.ts';
import { benchModel } from './alcove/write-document.ts';
import { makeConversations } from './retrieval/conversations.ts';
import { createCaller, type HttpCaller, type Person, register } from './server/people.ts';
import { type BenchServer, startServer } from './server/start.ts';
import { createCollection, type MadeQuery } from './synthetic/collection.ts';

const dimensions = 384;
const megabyte = 2 ** 20;
/** Passages of a conversation. */
const size = 50;
/** More than all of them take, and what a server has when nobody says otherwise. */
const budgets = [16_384, null];
const env = { ROLE: 'web', EMBEDDING_BASE_URL: 'http://127.0.0.1:9/v1', EMBEDDING_MODEL: benchModel };

interface Loaded {
  ids: string[];
  query: MadeQuery;
  person: Person;
}

/** What the indexes of conversations that were asked lately take in the server's memory, and that it stays in its bounds. */
export async function* memory(options: BenchOptions): AsyncGenerator<Table> {
  if (options.databaseUrl === null)
    throw new Error('memory needs a PostgreSQL with pgvector: --database URL, or TEST_DATABASE_URL');
  const steps = options.quick ? [100, 1_000] : [100, 1_000, 10_000];
  const first = await startServer({ serverUrl: options.databaseUrl, env });
  const loaded = await load(first, steps.at(-1) ?? 0, options.seed);
  try {
    for (const budget of budgets) {
      const cache: Record<string, string> = budget === null ? {} : { SEGMENT_CACHE_MB: String(budget) };
      const server = await startServer({
        serverUrl: options.databaseUrl,
        beside: first,
        env: { ...env, ...cache },
      });
      try {
        yield await warmUp(server, loaded, steps, budget);
      } finally {
        await server.stop();
      }
    }
  } finally {
    await first.stop();
  }
}

async function load(server: BenchServer, conversations: number, seed: number): Promise<Loaded> {
  const caller = createCaller(server.baseUrl);
  const person = await register(caller);
  caller.close();
  const collection = createCollection(seed, dimensions);
  const loader: AlcoveLoader = await openAlcoveLoader(server.databaseUrl ?? '', person.id);
  const ids: string[] = [];
  const classes = [{ size, conversations, measured: 0 }];
  for (const conversation of makeConversations({ dimensions, classes }, collection, seed)) {
    ids.push(conversation.id);
    await loader.add(conversation);
  }
  await loader.finish();
  await loader.close();
  return { ids, query: collection.query(collection.filler(size)), person };
}

async function warmUp(
  server: BenchServer,
  { ids, query, person }: Loaded,
  steps: readonly number[],
  budget: number | null,
): Promise<Table> {
  await server.setEmbeddings(new Map([[query.text, query.vector]]));
  const caller = createCaller(server.baseUrl);
  const rows: Table['rows'] = [];
  // The code that answers is loaded and compiled before it is measured.
  for (let times = 0; times < 300; times += 1) await ask(caller, person, ids.at(-1) ?? '', query);
  const before = (await server.usage()).rssBytes;
  let asked = 0;
  for (const step of steps) {
    for (; asked < step; asked += 1) await ask(caller, person, ids[asked] ?? '', query);
    const { rssBytes, heapBytes } = await server.usage();
    const grown = rssBytes - before;
    rows.push({
      conversations: step,
      passages: step * size,
      'resident MB': Math.round(rssBytes / megabyte),
      'more than before, MB': Math.round(grown / megabyte),
      'of that bytes a passage': Math.round(grown / (step * size)),
      'heap MB': Math.round(heapBytes / megabyte),
    });
  }
  caller.close();
  return {
    title:
      budget === null
        ? 'Memory of conversations asked, SEGMENT_CACHE_MB as it is'
        : 'Memory of conversations asked, all kept',
    rows,
    notes: [`${size} passages each, ${dimensions} dimensions, words and vectors fused`],
  };
}

async function ask(caller: HttpCaller, person: Person, id: string, query: MadeQuery): Promise<void> {
  const body = { query: query.text, strategy: 'rrf_fusion', top_k: 10 };
  await caller.json('POST', `/conversations/${id}/retrieve`, person.token, body);
}
