import { median, percentile, timed } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { round, type Table } from './report.ts';
import { type EmbeddedApp, startEmbedded } from './server/embedded.ts';
import { createCaller, type HttpCaller, type Person, register } from './server/people.ts';

const pageSize = 50;
const writers = 4;

/** The list of an account with many conversations while others are written to. */
export async function* list(options: BenchOptions): AsyncGenerator<Table> {
  const running = await startEmbedded(options.databaseUrl);
  try {
    yield await measureList(running, options);
  } finally {
    await running.close();
  }
}

export async function measureList(running: EmbeddedApp, options: BenchOptions): Promise<Table> {
  const { db } = running.app;
  const count = options.number('conversations', 10_000);
  const calls = options.number('rounds', options.quick ? 100 : 400);
  const caller = createCaller(running.baseUrl);
  const person = await register(caller);
  await fill(running, person, count);
  const bare = `SELECT id, title, activity_at FROM conversations WHERE user_id = $1 ORDER BY activity_at DESC, id DESC LIMIT ${pageSize}`;
  const samples: Record<string, number[]> = {
    'bare SELECT of a page': [],
    'first page': [],
    'a page in the middle': [],
  };
  const middle = await cursorInTheMiddle(caller, person, count);
  const stop = new AbortController();
  const written = writeUntil(caller, person, stop.signal);
  for (let at = 0; at < calls; at += 1) {
    samples['bare SELECT of a page']!.push((await timed(() => db.pool.query(bare, [person.id]))).ms);
    samples['first page']!.push(
      (await timed(() => caller.json('GET', `/conversations?limit=${pageSize}`, person.token))).ms,
    );
    samples['a page in the middle']!.push(
      (
        await timed(() =>
          caller.json('GET', `/conversations?limit=${pageSize}&cursor=${middle}`, person.token),
        )
      ).ms,
    );
  }
  stop.abort();
  const { appends, seconds } = await written;
  caller.close();
  const base = median(samples['bare SELECT of a page']!);
  return {
    title: `list of ${count.toLocaleString('en-US')} conversations during writes (${db.kind})`,
    rows: Object.entries(samples).map(([what, times]) => ({
      what,
      p50_ms: round(median(times)),
      p95_ms: round(percentile(times, 0.95)),
      p99_ms: round(percentile(times, 0.99)),
      'of the bare SELECT': round(median(times) / base),
    })),
    notes: [
      `${calls} alternating calls over HTTP, ${pageSize} conversations each, while ${writers} clients appended ${Math.round(appends / seconds)} messages a second. Target: p95 of 200 ms.`,
    ],
  };
}

/** Rows as the server writes them, made by the database itself. */
async function fill(running: EmbeddedApp, person: Person, count: number): Promise<void> {
  const { pool } = running.app.db;
  await pool.query(
    `WITH made AS (
       INSERT INTO conversations (user_id, id, title, conversation_type, status, created_at, updated_at, activity_at)
       SELECT $1::uuid, gen_random_uuid(), 'Conversation ' || n, 'general', 'active', at, at, at
       FROM (SELECT n, now() - n * interval '1 minute' AS at FROM generate_series(1, $2::int) n) s RETURNING id)
     INSERT INTO conversation_directory (conversation_id, user_id) SELECT id, $1::uuid FROM made`,
    [person.id, count],
  );
  await pool.query('UPDATE user_counters SET conversations = conversations + $2 WHERE user_id = $1', [
    person.id,
    count,
  ]);
  await pool.query('ANALYZE conversations');
}

async function cursorInTheMiddle(caller: HttpCaller, { token }: Person, count: number): Promise<string> {
  let cursor = '';
  for (let seen = 0; seen < count / 2; seen += 200) {
    const page = await caller.json<{ next_cursor: string | null }>(
      'GET',
      `/conversations?limit=200${cursor === '' ? '' : `&cursor=${cursor}`}`,
      token,
    );
    cursor = encodeURIComponent(page.next_cursor ?? '');
  }
  return cursor;
}

async function writeUntil(
  caller: HttpCaller,
  { token }: Person,
  signal: AbortSignal,
): Promise<{ appends: number; seconds: number }> {
  const { conversations } = await caller.json<{ conversations: { id: string }[] }>(
    'GET',
    '/conversations?limit=200',
    token,
  );
  const started = performance.now();
  let appends = 0;
  const writer = async (first: number): Promise<void> => {
    for (let at = first; !signal.aborted; at += writers) {
      const { id } = conversations[at % conversations.length]!;
      await caller.json('POST', `/conversations/${id}/messages`, token, {
        role: 'user',
        content: 'A message while others list.',
      });
      appends += 1;
    }
  };
  await Promise.all(Array.from({ length: writers }, (_, first) => writer(first)));
  return { appends, seconds: (performance.now() - started) / 1000 };
}
