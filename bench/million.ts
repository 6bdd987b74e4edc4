import { createRetention } from '../src/answers/retention.ts';
import { readConfig } from '../src/config.ts';
import { ConversationScope } from '../src/conversations/scope.ts';
import type { Database } from '../src/db/database.ts';
import { connectDatabase } from '../src/db/client.ts';
import { newId } from '../src/db/ids.ts';
import { UserScope } from '../src/identity/user-scope.ts';
import { deleteExpiredKeys } from '../src/identity/idempotency-store.ts';
import { deleteEndedCounts } from '../src/work/counts-store.ts';
import { createRetriever } from './alcove/retriever.ts';
import { openAlcoveLoader } from './load/alcove.ts';
import { alternate, type Candidate, median } from './measure.ts';
import type { BenchOptions } from './options.ts';
import type { BulkConversation } from './peers/peer.ts';
import { round, type Table } from './report.ts';
import { createCaller, type HttpCaller, type Person, register } from './server/people.ts';
import { type BenchServer, startServer } from './server/start.ts';
import { type Collection, createCollection, type MadeQuery } from './synthetic/collection.ts';

const dimensions = 384;
/** Of each of the others; the conversation that is asked has five times as many. */
const size = 100;
const asked = 500;
/** Conversations of one account. */
const perPerson = 100;
/** Another one before, so that the measured start finds compiled code. */
const starts = 4;

interface Installation {
  server: BenchServer;
  caller: HttpCaller;
  /** The first has the conversation that is asked. */
  people: Person[];
  db: Database;
  measured: BulkConversation;
  queries: MadeQuery[];
  close(): Promise<void>;
}

/** The same conversation, account and server beside 10,000 passages of others, and beside a million. */
export async function* million(options: BenchOptions): AsyncGenerator<Table> {
  const { databaseUrl } = options;
  if (databaseUrl === null)
    throw new Error('million needs a PostgreSQL with pgvector: --database URL, or TEST_DATABASE_URL');
  const chunks = options.number('chunks', options.quick ? 50_000 : 1_000_000);
  const few = await install(databaseUrl, 10_000, options.seed);
  try {
    const many = await install(databaseUrl, chunks, options.seed);
    try {
      yield await compareBoth(few, many, options);
      yield await compareStarts(databaseUrl, few, many);
    } finally {
      await many.close();
    }
  } finally {
    await few.close();
  }
}

async function install(serverUrl: string, chunks: number, seed: number): Promise<Installation> {
  const server = await startServer({ serverUrl, env: { ROLE: 'web' } });
  const caller = createCaller(server.baseUrl);
  const url = server.databaseUrl ?? '';
  const collection = createCollection(seed, dimensions);
  const conversations = chunks / size;
  const people: Person[] = [];
  let measured: BulkConversation | undefined;
  for (let made = 0; made < conversations; made += perPerson) {
    const person = await register(caller);
    people.push(person);
    const loader = await openAlcoveLoader(url, person.id);
    measured ??= await addMeasured(loader, collection);
    for (let place = 0; place < perPerson; place += 1) {
      const documents = collection.filler(size);
      await loader.add({ id: newId(), place, documents, first: 0, size, measured: false });
    }
    // Statistics of the tables once, at the end.
    await loader.finish(made + perPerson >= conversations);
    await loader.close();
  }
  if (measured === undefined) throw new Error('there are no conversations');
  const { documents } = measured;
  const db = await connectDatabase({ kind: 'postgresql', url, poolSize: 4 });
  return {
    server,
    caller,
    people,
    db,
    measured,
    queries: Array.from({ length: 40 }, () => collection.query(documents)),
    async close() {
      caller.close();
      await db.close();
      await server.stop();
    },
  };
}

async function addMeasured(
  loader: Awaited<ReturnType<typeof openAlcoveLoader>>,
  collection: Collection,
): Promise<BulkConversation> {
  const documents = collection.conversation(asked);
  const conversation = { id: newId(), place: 0, documents, first: 0, size: asked, measured: true };
  await loader.add(conversation);
  return conversation;
}

/** By turns, so that a busy moment of the machine falls on both. */
async function compareBoth(few: Installation, many: Installation, options: BenchOptions): Promise<Table> {
  const [small, large] = [await workOf(few), await workOf(many)];
  const rows: Table['rows'] = [];
  for (const [what, run] of Object.entries(small)) {
    const other = large[what] ?? run;
    const candidates: Candidate[] = [
      { name: 'few', run },
      { name: 'many', run: other },
    ];
    const samples = await alternate(candidates, {
      rounds: options.number('rounds', 10),
      perRound: 20,
      maxMsPerTurn: 1_000,
    });
    const [a, b] = [median(samples['few'] ?? []), median(samples['many'] ?? [])];
    rows.push({ what, 'beside 10,000, ms': round(a), 'beside all, ms': round(b), ratio: round(b / a) });
  }
  const title = `Beside ${many.people.length * perPerson} conversations of others`;
  return {
    title,
    rows,
    notes: [`accounts: ${few.people.length} and ${many.people.length}; sweeps are of all`],
  };
}

async function workOf({
  caller,
  people,
  db,
  measured,
  queries,
}: Installation): Promise<Record<string, Candidate['run']>> {
  const [person] = people as [Person];
  const scope = ConversationScope.ofOwnRow(UserScope.grant(person.id), {
    userId: person.id,
    conversationId: measured.id,
  });
  const retrieve = createRetriever(db, dimensions);
  const get = (path: string) => () => caller.json('GET', path, person.token);
  const { retention } = readConfig({});
  const { signal } = new AbortController();
  const forget = createRetention(db, retention);
  return {
    'hybrid question to one conversation': (at) =>
      retrieve(scope, queries[at % queries.length] as MadeQuery, 'rrf_fusion', 10),
    'a page of conversations': get('/conversations?limit=50'),
    'documents of the account': get('/documents?limit=50'),
    'statistics of the account': get('/conversations/stats/overview'),
    'statistics of the installation': get('/admin/stats'),
    'sweep: what is old': () => forget.sweep(new Date(), signal),
    'sweep: expired keys': () => deleteExpiredKeys(db, 200),
    'sweep: ended counts': () => deleteEndedCounts(db),
  };
}

async function compareStarts(serverUrl: string, few: Installation, many: Installation): Promise<Table> {
  const rows: Table['rows'] = [];
  for (const [beside, one] of Object.entries({ '10,000': few, all: many })) {
    const times: number[] = [];
    for (let at = 0; at < starts; at += 1) {
      const server = await startServer({
        serverUrl,
        beside: one.server,
        env: { ROLE: 'all' },
      });
      if (at > 0) times.push(server.startMs);
      await server.stop();
    }
    rows.push({ beside, 'start, median ms': round(median(times)), 'slowest ms': round(Math.max(...times)) });
  }
  return { title: 'From nothing to listening, with the background work of the server', rows };
}
