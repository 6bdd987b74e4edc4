import { setTimeout as sleep } from 'node:timers/promises';
import { ConversationScope } from '../src/conversations/scope.ts';
import { insertConversation } from '../src/conversations/store.ts';
import { UserScope } from '../src/identity/user-scope.ts';
import { createRetriever, type Retriever } from './alcove/retriever.ts';
import { benchModel, indexDocument, writeDocument } from './alcove/write-document.ts';
import { measureAppend } from './append.ts';
import { createCollection, type MadeDocument, type MadeQuery } from './synthetic/collection.ts';
import { measureFiling } from './ingest.ts';
import { measureList } from './list.ts';
import { alternate, median, percentile } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { round, type Table } from './report.ts';
import { type EmbeddedApp, startEmbedded } from './server/embedded.ts';
import { createCaller, type HttpCaller, type Person, register } from './server/people.ts';
import { startServer } from './server/start.ts';

const sizes = [500, 5000];
const dimensions = 384;
const strategies = ['keyword', 'vector', 'rrf_fusion'] as const;
const topK = 10;

/** A little of everything: on the embedded database, and on PostgreSQL too where there is one. */
export async function* smoke(options: BenchOptions): AsyncGenerator<Table> {
  const brief = { ...options, quick: true };
  for (const databaseUrl of options.databaseUrl === null ? [null] : [null, options.databaseUrl]) {
    yield await measureStart(databaseUrl);
    // Questions have vectors, and nothing else is embedded: the address is nobody's.
    const embeddings = { EMBEDDING_BASE_URL: 'http://127.0.0.1:9/v1', EMBEDDING_MODEL: benchModel };
    yield* withApp(databaseUrl, embeddings, async function* (running, caller, person) {
      yield await measureRetrieval(running, caller, person, options);
    });
    yield* withApp(databaseUrl, {}, async function* (running, caller, person) {
      yield await measureAppend(running, brief);
      yield await measureList(running, brief);
      yield await measureFiling(running, caller, person, brief);
    });
  }
}

async function* withApp(
  databaseUrl: string | null,
  env: Record<string, string>,
  work: (running: EmbeddedApp, caller: HttpCaller, person: Person) => AsyncGenerator<Table>,
): AsyncGenerator<Table> {
  const running = await startEmbedded(databaseUrl, { INGEST_TIMEOUT_S: '300', ...env });
  const caller = createCaller(running.baseUrl);
  try {
    yield* work(running, caller, await register(caller));
  } finally {
    caller.close();
    await running.close();
  }
}

/** As at the first `npm start`: new data folder, new database. */
async function measureStart(databaseUrl: string | null): Promise<Table> {
  const server = await startServer({ serverUrl: databaseUrl });
  try {
    // Started, and then left alone long enough for the collector to have been there.
    await sleep(5000);
    const { rssBytes, peakBytes, heapBytes } = await server.usage();
    const megabytes = (bytes: number): number => Math.round(bytes / 2 ** 20);
    const what = databaseUrl === null ? 'with the embedded database in it' : 'beside a PostgreSQL';
    return {
      title: 'first start of the server, and its memory',
      rows: [
        {
          what,
          first_start_s: round(server.startMs / 1000),
          peak_mb: megabytes(peakBytes),
          idle_mb: megabytes(rssBytes),
          idle_heap_mb: megabytes(heapBytes),
        },
      ],
    };
  } finally {
    await server.stop();
  }
}

async function measureRetrieval(
  running: EmbeddedApp,
  caller: HttpCaller,
  person: Person,
  options: BenchOptions,
): Promise<Table> {
  const { db, models } = running.app;
  const collection = createCollection(options.seed, dimensions);
  const vectors = new Map<string, Float32Array>();
  if (models.embedding !== null)
    Object.assign(models.embedding, {
      embed: async (texts: string[]) => texts.map((text) => vectors.get(text)),
    });
  const rows: Table['rows'] = [];
  for (const size of sizes) {
    const documents = collection.conversation(size);
    const scope = await fill(running, person, documents);
    const queries = Array.from({ length: 40 }, () => collection.query(documents));
    for (const { text, vector } of queries) vectors.set(text, vector);
    const retriever = createRetriever(db, dimensions);
    const samples = await alternate(
      [
        { name: 'limit', run: (at) => nearest(documents, queries[at % queries.length]!.vector) },
        ...strategies.map((strategy) => ({
          name: strategy,
          run: (at: number) => retriever(scope, queries[at % queries.length]!, strategy, topK),
        })),
        { name: 'HTTP', run: (at) => overHttp(caller, person, scope, queries[at % queries.length]!) },
      ],
      { rounds: options.quick ? 3 : 6, perRound: 20 },
    );
    const limit = median(samples['limit']!);
    for (const [name, times] of Object.entries(samples)) {
      rows.push({
        chunks: size,
        what:
          { limit: 'brute force over float32 in memory', HTTP: 'rrf_fusion over HTTP' }[name] ??
          `${name}, in process`,
        p50_ms: round(median(times)),
        p99_ms: round(percentile(times, 0.99)),
        'of brute force': round(median(times) / limit),
        'recall@10': name === 'vector' ? await recall(retriever, scope, documents, queries) : null,
      });
    }
  }
  return {
    title: `retrieval with content, ${dimensions} dimensions (${db.kind})`,
    rows,
    notes: ['Alternating rounds; no retrieval is answered from a cache.'],
  };
}

async function fill(
  running: EmbeddedApp,
  person: Person,
  documents: MadeDocument[],
): Promise<ConversationScope> {
  const user = UserScope.grant(person.id);
  const row = await insertConversation(
    running.app.db,
    user,
    { title: 'Bench', conversationType: 'general' },
    new Date(),
  );
  const scope = ConversationScope.ofOwnRow(user, { userId: person.id, conversationId: row.id });
  for (const document of documents)
    await writeDocument(running.app.db, scope, document, indexDocument(document, true));
  return scope;
}

function overHttp(
  caller: HttpCaller,
  { token }: Person,
  scope: ConversationScope,
  query: MadeQuery,
): Promise<unknown> {
  return caller.json('POST', `/conversations/${scope.conversationId}/retrieve`, token, {
    query: query.text,
    strategy: 'rrf_fusion',
    top_k: topK,
  });
}

async function recall(
  retriever: Retriever,
  scope: ConversationScope,
  documents: MadeDocument[],
  queries: MadeQuery[],
): Promise<number> {
  let found = 0;
  for (const query of queries) {
    const { results } = await retriever(scope, query, 'vector', topK);
    const texts = new Set(results.map((chunk) => chunk.content));
    found += nearest(documents, query.vector).filter((text) => texts.has(text)).length;
  }
  return round(found / (queries.length * topK));
}

/** The exact answer, and the limit: nothing is faster that looks at every number in plain JavaScript. */
function nearest(documents: readonly MadeDocument[], query: Float32Array): string[] {
  const best: { score: number; text: string }[] = [];
  for (const { chunks } of documents) {
    for (const { vector, text } of chunks) {
      let score = 0;
      for (let at = 0; at < query.length; at += 1) score += vector[at]! * query[at]!;
      if (best.length === topK && score <= best[topK - 1]!.score) continue;
      best.push({ score, text });
      best.sort((a, b) => b.score - a.score);
      best.length = Math.min(best.length, topK);
    }
  }
  return best.map((hit) => hit.text);
}
