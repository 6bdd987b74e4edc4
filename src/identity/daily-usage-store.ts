import { sql } from 'drizzle-orm';
import type { Database, Statement, Transaction } from '../db/database.ts';
import { dailyUsage } from '../db/schema.ts';
import type { AdminScope } from './admin-scope.ts';
import type { UserScope } from './user-scope.ts';

/** Columns of a day, each a sum. */
const columns = [
  'answers',
  'failed',
  'from_documents',
  'cited',
  'verified_citations',
  'unverified_citations',
  'contradicted_citations',
  'retrievals',
  'cache_hits',
  'timed',
  'within_2s',
  'within_5s',
  'within_15s',
  'within_60s',
  'total_ms',
  'rewrite_ms',
  'embed_ms',
  'vector_ms',
  'keyword_ms',
  'fuse_ms',
  'rerank_ms',
  'generate_ms',
  'documents',
  'bytes',
] as const;

export type DaySums = Record<(typeof columns)[number], number>;

/**
 * Adds to the day (UTC) of one user, in a transaction that writes what is counted. `from`: a table with the condition
 * under which it is, whose one row has the `user_id`; the user is its first parameter, its `values` are those after.
 */
export function addToDay(
  { userId }: UserScope,
  name: string,
  from: { text: string; values: readonly unknown[] },
  sums: Partial<DaySums>,
  now: Date,
): Statement {
  const named = columns.filter((column) => sums[column] !== undefined);
  const first = from.values.length + 3;
  return {
    name,
    text: `INSERT INTO daily_usage (user_id, day, ${named.join(', ')})
      SELECT user_id, $${first - 1}::date, ${named.map((_, at) => `$${first + at}::bigint`).join(', ')} FROM ${from.text}
      ON CONFLICT (user_id, day) DO UPDATE SET
        ${named.map((column) => `${column} = daily_usage.${column} + excluded.${column}`).join(', ')}`,
    values: [userId, ...from.values, now.toISOString().slice(0, 10), ...named.map((column) => sums[column])],
  };
}

/** Counts files that were uploaded, in the transaction that writes their rows. */
export async function countUploads(
  tx: Transaction,
  { userId }: UserScope,
  { documents, bytes }: { documents: number; bytes: number },
  now: Date,
): Promise<void> {
  await tx
    .insert(dailyUsage)
    .values({ userId, day: now.toISOString().slice(0, 10), documents, bytes })
    .onConflictDoUpdate({
      target: [dailyUsage.userId, dailyUsage.day],
      set: {
        documents: sql`${dailyUsage.documents} + excluded.documents`,
        bytes: sql`${dailyUsage.bytes} + excluded.bytes`,
      },
    });
}

/** Sums over all accounts of each day (UTC) since one that had any, oldest first. */
export async function readEverybodysDays(
  db: Database,
  admin: AdminScope,
  since: string,
): Promise<(DaySums & { day: string })[]> {
  // As doubles: sums of bytes pass what fits into 32 bits.
  const sums = columns.map((column) => `sum(${column})::float8 AS ${column}`).join(', ');
  const { rows } = await db.asAdmin(admin, 'everybody', (tx) =>
    tx.execute<DaySums & { day: string }>(sql`
      SELECT day::text AS day, ${sql.raw(sums)} FROM daily_usage WHERE day >= ${since}::date
      GROUP BY daily_usage.day ORDER BY daily_usage.day`),
  );
  return rows;
}
