import { appendMessage } from '../src/conversations/append-message.ts';
import { ConversationScope } from '../src/conversations/scope.ts';
import { insertConversation } from '../src/conversations/store.ts';
import { connectDatabase } from '../src/db/client.ts';
import type { Database } from '../src/db/database.ts';
import { UserScope } from '../src/identity/user-scope.ts';
import { hasPgBouncer, startPgBouncer } from '../test/durability/support/pgbouncer.ts';
import { alternate, median, percentile, throughput } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { round, type Table } from './report.ts';
import { startEmbedded } from './server/embedded.ts';
import { createCaller, register } from './server/people.ts';

const writers = 8;
const poolSize = 10;
const message = { role: 'user' as const, content: 'What changed?', metadata: {}, metadataSource: null };

/** The same reads and writes directly, without names for statements, and through PgBouncer in transaction mode. */
export async function* pooler(options: BenchOptions): AsyncGenerator<Table> {
  if (options.databaseUrl === null || !(await hasPgBouncer()))
    throw new Error('This needs --database URL and the Debian package pgbouncer.');
  const running = await startEmbedded(options.databaseUrl);
  const bouncer = await startPgBouncer(running.databaseUrl ?? '');
  const open = (url: string, prepare: 'auto' | 'off') =>
    connectDatabase({ kind: 'postgresql', url, poolSize, prepare });
  const ways: Record<string, Database> = {
    direct: await open(running.databaseUrl ?? '', 'auto'),
    'direct, DATABASE_PREPARE=off': await open(running.databaseUrl ?? '', 'off'),
    PgBouncer: await open(bouncer.url, 'auto'),
  };
  try {
    const caller = createCaller(running.baseUrl);
    const scopes: ConversationScope[] = [];
    for (let at = 0; at < writers; at += 1) {
      const user = UserScope.grant((await register(caller)).id);
      const fields = { title: 'Bench', conversationType: 'general' as const };
      const row = await insertConversation(running.app.db, user, fields, new Date());
      scopes.push(ConversationScope.ofOwnRow(user, { userId: user.userId, conversationId: row.id }));
    }
    caller.close();
    const read = (db: Database) => (at: number) => {
      const { userId, conversationId } = scopes[at % writers]!;
      const text = 'SELECT id, title FROM conversations WHERE user_id = $1 AND id = $2';
      return db.read({ userId }, [{ name: 'bench_read', text, values: [userId, conversationId] }]);
    };
    const write = (db: Database) => (at: number) =>
      appendMessage(scopes[at % writers]!, message, db, new Date());
    for (const [what, runWith] of [
      ['a read', read],
      ['an append', write],
    ] as const)
      yield await compare(what, ways, runWith, options);
  } finally {
    for (const db of Object.values(ways)) await db.close();
    await bouncer.close();
    await running.close();
  }
}

async function compare(
  what: string,
  ways: Record<string, Database>,
  runWith: (db: Database) => (at: number) => Promise<unknown>,
  options: BenchOptions,
): Promise<Table> {
  const candidates = Object.entries(ways).map(([name, db]) => ({ name, run: runWith(db) }));
  const rounds = options.number('rounds', options.quick ? 5 : 12);
  const samples = await alternate(candidates, { rounds, perRound: 60 });
  const rates: Record<string, number[]> = {};
  for (let turn = 0; turn < Math.max(3, rounds / 2); turn += 1) {
    for (const { name, run } of candidates) (rates[name] ??= []).push(await throughput(run, writers, 500));
  }
  const base = median(rates['direct']!);
  return {
    title: `${what}, directly and through PgBouncer`,
    rows: candidates.map(({ name }) => ({
      what: name,
      p50_ms: round(median(samples[name]!)),
      p99_ms: round(percentile(samples[name]!, 0.99)),
      [`per_s_${writers}_at_once`]: round(median(rates[name]!)),
      'rate against direct': round(median(rates[name]!) / base),
    })),
    notes: ['PgBouncer in transaction mode with four connections to the server, on the same machine.'],
  };
}
