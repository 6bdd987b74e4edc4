import { appendMessage } from '../src/conversations/append-message.ts';
import { ConversationScope } from '../src/conversations/scope.ts';
import { insertConversation } from '../src/conversations/store.ts';
import { newId } from '../src/db/ids.ts';
import { UserScope } from '../src/identity/user-scope.ts';
import { alternate, median, percentile, throughput } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { round, type Table } from './report.ts';
import { createCaller, type Person, register } from './server/people.ts';
import { type EmbeddedApp, startEmbedded } from './server/embedded.ts';

const content =
  'How did the net revenue of the segment change against the prior year, and what does management say about it?';
const writers = 8;

/** A message with its place in the tree and all counters, against one bare INSERT through the same driver and pool. */
export async function* append(options: BenchOptions): AsyncGenerator<Table> {
  const running = await startEmbedded(options.databaseUrl);
  try {
    yield await measureAppend(running, options);
  } finally {
    await running.close();
  }
}

export async function measureAppend(running: EmbeddedApp, options: BenchOptions): Promise<Table> {
  const { db } = running.app;
  const caller = createCaller(running.baseUrl);
  const people = await Promise.all(Array.from({ length: writers }, () => register(caller)));
  const scopes = await Promise.all(people.map((person) => openOne(running, person)));
  await db.pool
    .query(`CREATE TABLE bench_messages (user_id uuid NOT NULL, conversation_id uuid NOT NULL, id uuid NOT NULL, seq integer NOT NULL,
    role text NOT NULL, content text NOT NULL, metadata jsonb NOT NULL, created_at timestamptz NOT NULL, PRIMARY KEY (user_id, id))`);
  let seq = 0;
  const bare = (at: number): Promise<unknown> => {
    seq += 1;
    const { userId, conversationId } = scopes[at % writers]!;
    const values = [userId, conversationId, newId(), seq, 'user', content, '{}', new Date()];
    return db.pool.query(
      'INSERT INTO bench_messages VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id',
      values,
    );
  };
  // The row that an append writes, with the table's own keys and indexes, below the one before it; nothing is counted.
  const others = await Promise.all(people.map((person) => openOne(running, person)));
  const parents: (string | null)[] = others.map(() => null);
  const row = (at: number): Promise<unknown> => {
    seq += 1;
    const place = at % writers;
    const { userId, conversationId } = others[place]!;
    const id = newId();
    const values = [userId, conversationId, id, parents[place], seq, content, new Date()];
    parents[place] = id;
    return db.pool.query(
      `INSERT INTO messages (user_id, conversation_id, id, parent_id, seq, role, content, status, metadata, created_at)
        VALUES ($1, $2, $3, $4, $5, 'user', $6, 'complete', '{}', $7) RETURNING id`,
      values,
    );
  };
  const input = { role: 'user' as const, content, metadata: {}, metadataSource: null };
  const alcove = (at: number): Promise<unknown> =>
    appendMessage(scopes[at % writers]!, input, db, new Date());
  const http = (at: number): Promise<unknown> =>
    caller.json(
      'POST',
      `/conversations/${scopes[at % writers]!.conversationId}/messages`,
      people[at % writers]!.token,
      { role: 'user', content },
    );

  const candidates = [
    { name: 'bare INSERT', run: bare },
    { name: 'bare INSERT, table of messages', run: row },
    { name: 'append', run: alcove },
    { name: 'append over HTTP', run: http },
  ];
  const rounds = options.number('rounds', options.quick ? 5 : 12);
  const samples = await alternate(candidates, { rounds, perRound: 60 });
  const rates: Record<string, number[]> = {};
  for (let round = 0; round < Math.max(3, rounds / 2); round += 1) {
    for (const { name, run } of candidates) (rates[name] ??= []).push(await throughput(run, writers, 500));
  }
  caller.close();
  await db.pool.query('DROP TABLE bench_messages');
  const base = { p50: median(samples['bare INSERT']!), rate: median(rates['bare INSERT']!) };
  return {
    title: `append (${db.kind})`,
    rows: candidates.map(({ name }) => ({
      what: name,
      p50_ms: round(median(samples[name]!)),
      p99_ms: round(percentile(samples[name]!, 0.99)),
      'speed against bare': round(base.p50 / median(samples[name]!)),
      [`per_s_${writers}_writers`]: round(median(rates[name]!)),
      'rate against bare': round(median(rates[name]!) / base.rate),
    })),
    notes: [
      'Bare: into a table with a primary key and nothing else; then into the table of messages, with its keys and indexes.',
      `${rounds} alternating rounds of 60 calls; then ${writers} writers, each a user with one conversation. Target: append at 0.6 of the bare INSERT.`,
    ],
  };
}

async function openOne(running: EmbeddedApp, person: Person): Promise<ConversationScope> {
  const user = UserScope.grant(person.id);
  const row = await insertConversation(
    running.app.db,
    user,
    { title: 'Bench', conversationType: 'general' },
    new Date(),
  );
  return ConversationScope.ofOwnRow(user, { userId: person.id, conversationId: row.id });
}
