import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Database } from '../../src/db/database.ts';
import { indexEverybody } from '../../src/search/index-texts.ts';
import { newPerson, type Person } from '../../test/support/person.ts';
import { startProvider } from '../../test/support/provider.ts';
import type { Random } from '../random.ts';
import type { Figures, Scenario, TortureContext } from '../scenario.ts';
import { type AppHere, startAppHere } from '../support/app-here.ts';
import { mustBe, mustEqual } from '../support/claims.ts';
import { fillLibrary, recallOf } from '../support/library.ts';

const sizes = {
  smoke: { conversations: 300, messages: 500, looks: 10, documents: 4, passagesOfEach: 20 },
  full: { conversations: 10_000, messages: 20_000, looks: 60, documents: 200, passagesOfEach: 100 },
};
const withinMs = 200;
const exportMegabytes = 200;
const firstMessages = 200;

/** One user with a lot of everything. */
export const scale: Scenario = {
  name: 'scale',
  checks: ['P15'],
  promise:
    'With 10,000 conversations, one of 20,000 messages and one of 20,000 passages, pages and searches come within 200 ms, the nearest passages are found, and an export streams',
  protocol:
    'rows planted by SQL, 200 documents uploaded; the list walked from end to end while conversations are added, pages and searches of the long history, questions beside an exact scan, exports while the memory is watched',
  databases: ['pglite', 'postgres'],
  minutes: 6,
  needsQuiet: true,
  async run(context) {
    const provider = await startProvider();
    const here = await startAppHere({
      EMBEDDING_BASE_URL: provider.baseUrl,
      EMBEDDING_MODEL: 'test-embedding',
    });
    try {
      return await measure(context, here);
    } finally {
      await here.close();
      await provider.close();
    }
  },
};

async function measure({ scale: size, random, seed }: TortureContext, here: AppHere): Promise<Figures> {
  const { conversations, messages, looks } = sizes[size];
  const person = await newPerson(here.baseUrl);
  const long = await plant(here.app.db, person, conversations, messages);
  const pages = {
    list: await walkList(person, conversations, random),
    history: await readHistory(person, long, looks),
    search: await searchHistory(here, person, messages, looks, random),
  };
  const library = await fillLibrary(here, person, seed, sizes[size]);
  const recall = await recallOf(here, person, library, looks);
  mustBe(recall === 1, `a search by meaning finds ${recall} of what is nearest`);
  const exports = [
    ...['json', 'markdown', 'html'].map((format) => `/conversations/${long}/export?format=${format}`),
    `/conversations/${library.conversation}/export?format=zip`,
    '/export',
  ];
  let grown = 0;
  for (const path of exports) grown = Math.max(grown, await exportGrowth(person, path));
  mustBe(grown <= exportMegabytes, `an export took ${grown} MB`);
  const found = Object.entries(pages).map(([what, times]) => [what, p95(times)] as const);
  // Of the smoke form little is measured, and other things run beside it.
  if (size === 'full')
    for (const [what, ms] of found) mustBe(ms <= withinMs, `p95 is ${ms} ms for the ${what}`);
  return {
    conversations,
    'messages in one': messages,
    'passages in one': library.passages,
    ...Object.fromEntries(found.map(([what, ms]) => [`ms for a page of the ${what}, p95`, ms])),
    'recall@10 beside an exact scan': recall,
    'MB that an export took': grown,
  };
}

async function walkList(person: Person, conversations: number, random: Random): Promise<number[]> {
  const seen = new Set<string>();
  const times: number[] = [];
  let cursor = '';
  do {
    const started = performance.now();
    const { status, body } = await person.json<{
      conversations: { id: string }[];
      next_cursor: string | null;
    }>('GET', `/conversations?limit=200${cursor}`);
    times.push(performance.now() - started);
    mustEqual('the list', status, 200);
    for (const { id } of body.conversations) {
      mustBe(!seen.has(id), `conversation ${id} is listed twice`);
      seen.add(id);
    }
    cursor = body.next_cursor === null ? '' : `&cursor=${body.next_cursor}`;
    if (random.chance(0.2)) await person.client.conversations.create();
  } while (cursor !== '');
  mustBe(seen.size >= conversations, `${conversations - seen.size} conversations are not listed`);
  return times;
}

async function readHistory(person: Person, long: string, looks: number): Promise<number[]> {
  const times: number[] = [];
  let before = '';
  for (let look = 0; look < looks; look += 1) {
    const started = performance.now();
    const { status, body } = await person.json<{ messages: { id: string }[]; has_more: boolean }>(
      'GET',
      `/conversations/${long}?limit=200${before}`,
    );
    times.push(performance.now() - started);
    mustBe(status === 200, () => `a page of the history is answered with ${status}: ${JSON.stringify(body)}`);
    mustBe(body.messages.length === 200 || !body.has_more, 'a page of the history is not full');
    before = body.has_more ? `&before=${body.messages[0]?.id}` : '';
  }
  return times;
}

async function searchHistory(
  { app: { db } }: AppHere,
  person: Person,
  messages: number,
  looks: number,
  random: Random,
): Promise<number[]> {
  await indexEverybody(db, new AbortController().signal, console);
  const times: number[] = [];
  for (let look = 0; look < looks; look += 1) {
    const number = random.between(1, messages);
    const started = performance.now();
    const { status, body } = await person.json<{ results: { snippet?: string }[] }>(
      'GET',
      `/search?q=${random.chance(0.5) ? `Message+${number}` : `${number}`}`,
    );
    times.push(performance.now() - started);
    mustEqual('a search', status, 200);
    mustBe(JSON.stringify(body.results).includes(`${number}`), `message ${number} is not found`);
  }
  return times;
}

/** Megabytes by which this process, which is the server too, is larger while the export is read. */
async function exportGrowth(person: Person, path: string): Promise<number> {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let most = before;
  const response = await person.fetch(path);
  mustEqual(`GET ${path}`, response.status, 200);
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    bytes += (piece as Uint8Array).byteLength;
    most = Math.max(most, process.memoryUsage.rss());
  }
  mustBe(bytes > 0, `GET ${path} is empty`);
  return Math.round((most - before) / 2 ** 20);
}

function p95(times: readonly number[]): number {
  return Math.round(times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.95)] ?? 0);
}

/** @returns the long conversation */
async function plant(
  { pool }: Database,
  person: Person,
  conversations: number,
  messages: number,
): Promise<string> {
  const client = await pool.connect();
  try {
    // What is made here in one statement took years.
    await client.query('SET statement_timeout = 0');
    return await plantRows(client, person, conversations, messages);
  } finally {
    // Not given back: its time-out is no other statement's.
    client.release(true);
  }
}

async function plantRows(
  client: pg.PoolClient,
  { id: userId }: Person,
  conversations: number,
  messages: number,
): Promise<string> {
  const long = randomUUID();
  await client.query(
    `INSERT INTO conversations (user_id, id, title, conversation_type, status, next_seq, message_count, created_at, updated_at, activity_at)
     SELECT $1, CASE WHEN n = 0 THEN $2::uuid ELSE gen_random_uuid() END, 'Number ' || n, 'general', 'active', 1, 0, now(), now(), now() - n * interval '1 minute'
     FROM generate_series(0, $3::int - 1) AS n`,
    [userId, long, conversations],
  );
  await client.query(
    'INSERT INTO conversation_directory (conversation_id, user_id) SELECT id, user_id FROM conversations WHERE user_id = $1 ON CONFLICT DO NOTHING',
    [userId],
  );
  const ids = Array.from({ length: messages }, () => randomUUID());
  // The first ones by themselves: with the statistics of an empty table each look for a parent reads the whole branch.
  for (const [from, to] of [
    [1, firstMessages],
    [firstMessages + 1, messages],
  ]) {
    await client.query(
      `INSERT INTO messages (user_id, conversation_id, id, parent_id, seq, role, content, status, metadata, created_at)
       SELECT $1, $2, ids[n], ids[n - 1], n, 'user', 'Message ' || n, 'complete', '{}', now()
       FROM (SELECT $3::uuid[] AS ids) AS given, generate_series($4::int, $5::int) AS n`,
      [userId, long, ids, from, to],
    );
    // PostgreSQL does this by itself in a while, and for the embedded database the worker does.
    await client.query('ANALYZE conversations, messages');
  }
  await client.query(
    `UPDATE conversations c SET next_seq = $3::int + 1, message_count = $3::int,
       active_leaf_id = (SELECT m.id FROM messages m WHERE m.user_id = $1 AND m.conversation_id = $2 AND m.seq = $3::int)
     WHERE user_id = $1 AND id = $2`,
    [userId, long, messages],
  );
  return long;
}
