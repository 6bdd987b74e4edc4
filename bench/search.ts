import { letSearchUseIndex } from '../src/db/leakproof.ts';
import { indexEverybody } from '../src/search/index-texts.ts';
import { median, percentile, timed } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { round, type Table } from './report.ts';
import { type EmbeddedApp, startEmbedded } from './server/embedded.ts';
import { createCaller, type Person, register } from './server/people.ts';
import { createRandom } from './synthetic/seeded.ts';
import { createTexts, type TextSource } from './synthetic/texts.ts';

const wordsOfMessage = 40;
const messagesOfConversation = 20;
const rowsAtOnce = 2_000;
const topics = 500;

/** Search over the history of one account, as somebody searches: a word, several, one being typed, a typo, a question. */
export async function* search(options: BenchOptions): AsyncGenerator<Table> {
  const running = await startEmbedded(options.databaseUrl, { ROLE: 'web', MESSAGES_PER_MINUTE: '10000000' });
  try {
    yield await measureSearch(running, options);
  } finally {
    await running.close();
  }
}

export async function measureSearch(running: EmbeddedApp, options: BenchOptions): Promise<Table> {
  const { db } = running.app;
  const count = options.number('messages', options.quick ? 10_000 : 200_000);
  const calls = options.number('rounds', options.quick ? 40 : 150);
  await letSearchUseIndex(db.pool, true);
  const caller = createCaller(running.baseUrl);
  const person = await register(caller);
  // Filling takes longer than an access token lives.
  const body = { name: 'bench', scope: 'read' };
  const { key } = await caller.json<{ key: string }>('POST', '/auth/keys', person.token, body);
  const texts = createTexts(options.seed);
  await fill(running, person, texts, count, options.seed);
  const indexing = await timed(() => indexEverybody(db, new AbortController().signal, console));
  await db.pool.query('VACUUM ANALYZE messages');
  const random = createRandom(options.seed + 1);
  const topic = (): number => random.below(topics);
  const words = (n: number): string => texts.question(random, topic(), n).slice(11, -1);
  const kinds: Record<string, () => string> = {
    'a rare word': () => `${words(1)} `,
    'a word of every fifth message': () => 'company ',
    'three words': () => `${words(3)} .`,
    'a word that is being typed': () => words(1).slice(0, 4),
    'a word with a typo': () => `${words(1).replace(/.$/, 'q')}x .`,
    'a question': () => `What did the company say about ${words(4)}?`,
    'with filters': () => `from:assistant before:2100-01-01 ${words(2)} .`,
  };
  const samples: Record<string, number[]> = {};
  for (let at = 0; at < calls; at += 1) {
    for (const [kind, query] of Object.entries(kinds)) {
      const path = `/search?q=${encodeURIComponent(query())}`;
      (samples[kind] ??= []).push((await timed(() => caller.json('GET', path, key))).ms);
    }
  }
  caller.close();
  const all = Object.values(samples).flat();
  return {
    title: `search over ${count.toLocaleString('en-US')} messages of one account (${db.kind})`,
    rows: [...Object.entries(samples), ['all of them', all] as const].map(([what, times]) => ({
      what,
      p50_ms: round(median(times)),
      p95_ms: round(percentile(times, 0.95)),
      p99_ms: round(percentile(times, 0.99)),
    })),
    notes: [
      `${calls} calls of each kind over HTTP; indexing all messages took ${Math.round(indexing.ms / 1000)} s. Target: p95 of 200 ms.`,
    ],
  };
}

/** The same id whenever it is made. */
function uuidOf(text: string): string {
  return `overlay(overlay(md5(${text}) placing '8' from 13) placing 'a' from 17)::uuid`;
}

/** Rows as the server writes them, in large steps. */
async function fill(
  { app: { db } }: EmbeddedApp,
  person: Person,
  texts: TextSource,
  count: number,
  seed: number,
): Promise<void> {
  const random = createRandom(seed);
  const conversations = Math.ceil(count / messagesOfConversation);
  await db.pool.query(
    `INSERT INTO conversations (user_id, id, title, conversation_type, status, created_at, updated_at, activity_at)
     SELECT $1::uuid, ${uuidOf("'c' || n")}, t, 'general', 'active', at, at, at
     FROM (SELECT n::int, t, now() - n * interval '1 minute' AS at FROM unnest($2::text[]) WITH ORDINALITY AS u(t, n)) s`,
    [person.id, Array.from({ length: conversations }, () => texts.passage(random, random.below(topics), 5))],
  );
  for (let at = 0; at < count; at += rowsAtOnce) {
    const some = Array.from({ length: Math.min(rowsAtOnce, count - at) }, (_, n) =>
      texts.passage(random, Math.floor((at + n) / messagesOfConversation) % topics, wordsOfMessage),
    );
    await db.pool.query(
      `INSERT INTO messages (user_id, conversation_id, id, seq, role, content, status, metadata, created_at)
       SELECT $1::uuid, ${uuidOf(`'c' || ((n - 1) / ${messagesOfConversation} + 1)`)}, ${uuidOf("'m' || n")},
         (n - 1) % ${messagesOfConversation} + 1, CASE WHEN n % 2 = 0 THEN 'assistant' ELSE 'user' END, t, 'complete', '{}',
         now() - (n || ' seconds')::interval
       FROM (SELECT $3::int + u.n::int AS n, t FROM unnest($2::text[]) WITH ORDINALITY AS u(t, n)) s`,
      [person.id, some, at],
    );
  }
  await db.pool.query('ANALYZE conversations');
  await db.pool.query('ANALYZE messages');
}
