import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Database } from '../../src/db/database.ts';
import { newPerson, type Person } from '../../test/support/person.ts';
import type { Figures, Scenario, TortureContext } from '../scenario.ts';
import { type AppHere, startAppHere } from '../support/app-here.ts';
import { mustBe, mustEqual } from '../support/claims.ts';

const sizes = {
  smoke: { conversations: 300, messages: 500, looks: 10 },
  full: { conversations: 10_000, messages: 20_000, looks: 60 },
};
const withinMs = 200;
const firstMessages = 200;

/** One user with a lot of everything. */
export const scale: Scenario = {
  name: 'scale',
  checks: ['P15'],
  promise:
    'With 10,000 conversations and one of 20,000 messages, pages come within 200 ms and show each thing once',
  protocol:
    'rows planted by SQL; the list walked from end to end while conversations are added, pages of the long history',
  databases: ['pglite', 'postgres'],
  minutes: 2,
  needsQuiet: true,
  async run(context) {
    const here = await startAppHere();
    try {
      return await measure(context, here);
    } finally {
      await here.close();
    }
  },
};

async function measure({ scale: size, random }: TortureContext, here: AppHere): Promise<Figures> {
  const { conversations, messages, looks } = sizes[size];
  const person = await newPerson(here.baseUrl);
  const long = await plant(here.app.db, person, conversations, messages);
  const seen = new Set<string>();
  const list: number[] = [];
  let cursor = '';
  do {
    const started = performance.now();
    const { status, body } = await person.json<{
      conversations: { id: string }[];
      next_cursor: string | null;
    }>('GET', `/conversations?limit=200${cursor}`);
    list.push(performance.now() - started);
    mustEqual('the list', status, 200);
    for (const { id } of body.conversations) {
      mustBe(!seen.has(id), `conversation ${id} is listed twice`);
      seen.add(id);
    }
    cursor = body.next_cursor === null ? '' : `&cursor=${body.next_cursor}`;
    if (random.chance(0.2)) await person.client.conversations.create();
  } while (cursor !== '');
  mustBe(seen.size >= conversations, `${conversations - seen.size} conversations are not listed`);
  const history: number[] = [];
  let before = '';
  for (let look = 0; look < looks; look += 1) {
    const started = performance.now();
    const { status, body } = await person.json<{ messages: { id: string }[]; has_more: boolean }>(
      'GET',
      `/conversations/${long}?limit=200${before}`,
    );
    history.push(performance.now() - started);
    mustBe(status === 200, () => `a page of the history is answered with ${status}: ${JSON.stringify(body)}`);
    mustBe(body.messages.length === 200 || !body.has_more, 'a page of the history is not full');
    before = body.has_more ? `&before=${body.messages[0]?.id}` : '';
  }
  const [p95OfList, p95OfHistory] = [p95(list), p95(history)];
  mustBe(
    p95OfList <= withinMs && p95OfHistory <= withinMs,
    `p95 is ${p95OfList} ms for the list, ${p95OfHistory} ms for the history`,
  );
  return {
    conversations: seen.size,
    'messages in one': messages,
    'ms for a page of the list, p95': p95OfList,
    'ms for a page of the history, p95': p95OfHistory,
  };
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
