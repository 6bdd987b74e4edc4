import { type SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import type { LocalDays } from '../identity/local-days.ts';
import type { UserScope } from '../identity/user-scope.ts';
import type { ConversationScope } from './scope.ts';

/** Answers looked at for percentiles: enough for a p99, bounded whatever the history. */
export const newestAnswers = 500;
/** Not a stage: from the question to the last word. */
export const totalStage = 'total';

export type Percentiles = {
  p50: number;
  p95: number;
  p99: number;
  n: number;
};

/** Milliseconds of each stage that ran, and of the whole by the name of `totalStage`. */
export type Latencies = Record<string, Percentiles>;

/** Over the newest answers. */
export async function readLatencies(db: Database, scope: UserScope | ConversationScope): Promise<Latencies> {
  const conversationId = 'conversationId' in scope ? scope.conversationId : undefined;
  const newest = sql`SELECT 0 AS day, ${made} FROM retrieval_traces
    WHERE user_id = ${scope.userId} ${insideOf(scope.userId, conversationId)}
    ORDER BY message_id DESC LIMIT ${newestAnswers}`;
  const { rows } = await db.scoped({ userId: scope.userId, conversationId }, (tx) =>
    tx.execute<StageRow>(percentilesOf(newest)),
  );
  return byStage(rows);
}

export interface AnswerDay {
  day: string;
  retrievals: number;
  cacheHits: number;
  latencies: Latencies;
}

/** Of each of these days that had any answer, oldest first. */
export async function readAnswerDays(
  db: Database,
  user: UserScope,
  { days, bounds }: LocalDays,
): Promise<AnswerDay[]> {
  const times = bounds.map((bound) => bound.toISOString());
  const answers = sql`SELECT width_bucket(created_at, ${sql.param(times)}::timestamptz[]) AS day, ${made}
    FROM retrieval_traces WHERE user_id = ${user.userId} ${insideOf(user.userId, undefined)}
      AND created_at >= ${times[0]}::timestamptz AND created_at < ${times.at(-1)}::timestamptz`;
  const { searched, took } = await db.scoped(user, async (tx) => ({
    searched: await tx.execute<{ day: number; hits: number; retrievals: number }>(sql`
      SELECT day, count(*) FILTER (WHERE made ->> 'cache_hit' = 'true') AS hits,
        count(*) FILTER (WHERE made ->> 'cache_hit' IN ('true', 'false')) AS retrievals
      FROM (${answers}) answers GROUP BY day ORDER BY day`),
    took: await tx.execute<StageRow>(percentilesOf(answers)),
  }));
  const rowsByDay = Map.groupBy(took.rows, ({ day }) => day);
  return searched.rows
    .map(({ day, hits, retrievals }) => ({
      day: days[day - 1] ?? '',
      retrievals,
      cacheHits: hits,
      latencies: byStage(rowsByDay.get(day) ?? []),
    }))
    .filter(({ retrievals, latencies }) => retrievals > 0 || Object.keys(latencies).length > 0);
}

/** A trace is read whole only where an earlier version has written it. */
const made = sql`coalesce(figures, trace) AS made`;

type StageRow = Percentiles & { day: number; stage: string };

/** By day and stage, of rows `(day, made)`. A stage that did not run has no time. */
function percentilesOf(answers: SQL): SQL {
  return sql`SELECT day, stage, percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS p50,
      percentile_cont(0.95) WITHIN GROUP (ORDER BY ms) AS p95,
      percentile_cont(0.99) WITHIN GROUP (ORDER BY ms) AS p99, count(*) AS n
    FROM (SELECT day, t.key AS stage, (t.value #>> '{}')::float8 AS ms
      FROM (${answers}) answers, jsonb_each(coalesce(made -> 'timings_ms', '{}')
        || jsonb_build_object(${totalStage}::text, made -> 'processing_time_ms')) t
      WHERE jsonb_typeof(t.value) = 'number') times
    GROUP BY day, stage`;
}

function byStage(rows: readonly StageRow[]): Latencies {
  return Object.fromEntries(rows.map(({ stage, p50, p95, p99, n }) => [stage, { p50, p95, p99, n }]));
}

/** One conversation, or all that are seen: deleted ones are not. */
export function insideOf(userId: string, conversationId: string | undefined): SQL {
  return conversationId === undefined
    ? sql`AND conversation_id IN (SELECT c.id FROM conversations c WHERE c.user_id = ${userId})`
    : sql`AND conversation_id = ${conversationId}`;
}
