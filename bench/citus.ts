import pg from 'pg';
import type { Uploaded } from '@alcove/contract';
import { readConfig } from '../src/config.ts';
import { connectDatabase } from '../src/db/client.ts';
import { distribute } from '../src/db/distribute.ts';
import { migrate } from '../src/db/migrate.ts';
import { createCitus, findCitus } from '../test/citus/support/private-citus.ts';
import { createCluster } from '../test/durability/support/private-cluster.ts';
import { alternate, median, percentile } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { round, type Table } from './report.ts';
import { createCaller, type HttpCaller, type Person, register } from './server/people.ts';
import { type BenchServer, startServer } from './server/start.ts';

const places = ['plain PostgreSQL', 'Citus, one node', 'Citus, two workers'] as const;
type Place = (typeof places)[number];

const shards = 8;
const paragraphs = 400;
const longPassages = 5_000;
const question = 'When was lighthouse 200 built?';

/** The price of distribution: one server each on PostgreSQL, on Citus with one node and with two workers, in one run. */
export async function* citus(options: BenchOptions): AsyncGenerator<Table> {
  const bin = await findCitus();
  if (bin === null) throw new Error('This needs the extension citus in the PostgreSQL of this machine.');
  const closing: (() => Promise<void>)[] = [];
  try {
    const servers: [Place, Visitor][] = [];
    for (const place of places) {
      const { url, remove } = await open(place, bin);
      closing.unshift(remove);
      const server = await startServer({ serverUrl: null, env: { DATABASE_URL: url } });
      closing.unshift(() => server.stop());
      servers.push([place, await visit(server)]);
    }
    for (const [what, call] of Object.entries(calls)) yield await compare(what, call, servers, options);
    const long: [Place, LongDocument][] = [];
    for (const [place, visitor] of servers) long.push([place, await addLongDocument(visitor)]);
    const few = { rounds: options.quick ? 1 : 3, perRound: 2 };
    yield await compare(`copy ${longPassages} passages`, copyLong, long, options, few);
    yield await compare(`move ${longPassages} passages`, moveLong, long, options, few);
    for (const [, { caller }] of servers) caller.close();
  } finally {
    for (const close of closing) await close();
  }
}

/** A database on machines of its own, with Alcove's tables where they belong. */
async function open(place: Place, bin: string): Promise<{ url: string; remove: () => Promise<void> }> {
  const spread = place === 'plain PostgreSQL' ? [] : ['shared_preload_libraries=citus'];
  const made =
    place === 'Citus, two workers'
      ? await createCitus(bin)
      : await createCluster(bin, ['max_connections=150', 'max_prepared_transactions=150', ...spread]);
  const remove = (): Promise<void> => made.remove();
  try {
    if (place !== 'Citus, two workers') await addExtensions(made.url, place === 'Citus, one node');
    const db = await connectDatabase(readConfig({ DATABASE_URL: made.url }).database);
    try {
      await migrate(db);
      if (place !== 'plain PostgreSQL') await distribute(db, { shards, dryRun: false, say: () => {} });
    } finally {
      await db.close();
    }
    return { url: made.url, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function addExtensions(url: string, isCitus: boolean): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('CREATE EXTENSION vector');
    if (!isCitus) return;
    const { port } = new URL(url);
    await client.query('CREATE EXTENSION citus');
    await client.query(`SELECT citus_set_coordinator_host('127.0.0.1', ${port})`);
    await client.query(`SELECT citus_set_node_property('127.0.0.1', ${port}, 'shouldhaveshards', true)`);
  } finally {
    await client.end();
  }
}

/** Somebody with a conversation whose document has been read. */
interface Visitor {
  baseUrl: string;
  caller: HttpCaller;
  person: Person;
  conversation: string;
}

async function visit(server: BenchServer): Promise<Visitor> {
  const caller = createCaller(server.baseUrl);
  const person = await register(caller);
  const { id } = await caller.json<{ id: string }>('POST', '/conversations', person.token, {});
  const text = Array.from(
    { length: paragraphs },
    (_, at) => `Lighthouse ${at} was built in ${1600 + at}. Its light is seen from ${at % 40} miles.`,
  ).join('\n\n');
  const visitor = { caller, person, conversation: id, baseUrl: server.baseUrl };
  await upload(visitor, id, text);
  await untilFound(visitor);
  return visitor;
}

async function upload({ baseUrl, person }: Visitor, conversation: string, text: string): Promise<string> {
  const form = new FormData();
  form.append('file', new File([text], 'lighthouses.txt', { type: 'text/plain' }));
  const sent = await fetch(`${baseUrl}/conversations/${conversation}/documents`, {
    method: 'POST',
    headers: { authorization: `Bearer ${person.token}` },
    body: form,
  });
  if (!sent.ok) throw new Error(`the upload was answered with ${sent.status}: ${await sent.text()}`);
  return ((await sent.json()) as Uploaded).document.id;
}

async function untilFound(visitor: Visitor): Promise<void> {
  const deadline = performance.now() + 60_000;
  while ((await retrieve(visitor)).results.length === 0) {
    if (performance.now() > deadline) throw new Error('the document is not searchable after a minute');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function retrieve({ caller, person, conversation }: Visitor): Promise<{ results: unknown[] }> {
  return caller.json('POST', `/conversations/${conversation}/retrieve`, person.token, { query: question });
}

/** What a person's day is made of, over HTTP. */
const calls: Record<string, (visitor: Visitor) => Promise<unknown>> = {
  append: ({ caller, person, conversation }) =>
    caller.json('POST', `/conversations/${conversation}/messages`, person.token, {
      role: 'user',
      content: 'What changed?',
    }),
  list: ({ caller, person }) => caller.json('GET', '/conversations', person.token),
  open: ({ caller, person, conversation }) =>
    caller.json('GET', `/conversations/${conversation}`, person.token),
  retrieve,
  answer: ({ caller, person, conversation }) =>
    caller.json('POST', `/rag/conversation/${conversation}/query`, person.token, { query: question }),
};

interface LongDocument extends Visitor {
  document: string;
  /** Where it lies, and where it goes next. */
  conversations: [string, string];
}

async function addLongDocument(visitor: Visitor): Promise<LongDocument> {
  const { caller, person } = visitor;
  const add = () => caller.json<{ id: string }>('POST', '/conversations', person.token, {});
  const [from, to] = [await add(), await add()];
  const document = await upload(visitor, from.id, longText());
  const deadline = performance.now() + 120_000;
  for (;;) {
    const { status, chunk_count: passages } = await caller.json<{ status: string; chunk_count: number }>(
      'GET',
      `/documents/${document}`,
      person.token,
    );
    if (status === 'ready' && passages >= longPassages)
      return { ...visitor, document, conversations: [from.id, to.id] };
    if (status === 'ready' || status === 'failed' || performance.now() > deadline)
      throw new Error(`the long document is ${status} with ${passages} passages`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Paragraphs of 260 words each: no two of them fit into one passage. */
function longText(): string {
  const words = 'the keeper of this lighthouse climbs its stairs each evening and lights the lamp'.split(' ');
  return Array.from({ length: longPassages }, (_, at) =>
    Array.from({ length: 260 }, (__, word) =>
      word % 10 === 0 ? `${at}-${word}` : words[(at + word) % words.length],
    ).join(' '),
  ).join('.\n\n');
}

async function copyLong({ caller, person, document }: LongDocument): Promise<void> {
  const { id } = await caller.json<{ id: string }>('POST', '/conversations', person.token, {});
  const body = { document_ids: [document], conversation_id: id };
  await caller.json('POST', '/documents/copy', person.token, body);
}

async function moveLong({ caller, person, document, conversations }: LongDocument): Promise<void> {
  conversations.reverse();
  const body = { document_ids: [document], conversation_id: conversations[0] };
  await caller.json('POST', '/documents/move', person.token, body);
}

async function compare<T extends Visitor>(
  what: string,
  call: (visitor: T) => Promise<unknown>,
  servers: readonly [Place, T][],
  options: BenchOptions,
  turns = { rounds: options.number('rounds', options.quick ? 4 : 12), perRound: 25 },
): Promise<Table> {
  const candidates = servers.map(([name, visitor]) => ({ name, run: () => call(visitor) }));
  const samples = await alternate(candidates, { ...turns, maxMsPerTurn: 1_000 });
  const plain = median(samples['plain PostgreSQL'] ?? []);
  return {
    title: `${what}, over HTTP`,
    rows: places.map((place) => {
      const times = samples[place] ?? [];
      return {
        where: place,
        p50_ms: round(median(times)),
        p95_ms: round(percentile(times, 0.95)),
        'times plain': round(median(times) / plain),
      };
    }),
    notes: ['All machines of all clusters share this one: what a network adds is not in it.'],
  };
}
