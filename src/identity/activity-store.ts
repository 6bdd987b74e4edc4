import { type SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import type { AdminScope } from './admin-scope.ts';
import type { LocalDays } from './local-days.ts';
import type { UserScope } from './user-scope.ts';

export interface ActiveDay {
  day: string;
  messages: number;
  questions: number;
}

/** The days (UTC) on which the user and their answers have said anything, oldest first. */
export async function readActiveDays(db: Database, user: UserScope): Promise<string[]> {
  const { rows } = await db.scoped(user, (tx) =>
    tx.execute<{ day: string }>(sql`
      SELECT day::text AS day FROM activity WHERE user_id = ${user.userId} AND messages > 0 ORDER BY day`),
  );
  return rows.map(({ day }) => day);
}

/** What the user and their answers have said on each of these days that had anything, oldest first. */
export async function readActivity(db: Database, user: UserScope, within: LocalDays): Promise<ActiveDay[]> {
  if (within.days.length === 0) return [];
  const { rows } = await db.scoped(user, (tx) =>
    tx.execute<Counted>(sql`
      SELECT ${bucket(within)} AS n, sum(messages)::float8 AS messages, sum(questions)::float8 AS questions
      FROM (${quarters(within, sql`a.user_id = ${user.userId}`)}) said WHERE messages > 0 GROUP BY 1 ORDER BY 1`),
  );
  return named(rows, within);
}

/** The same of everybody, with how many people there were. */
export async function readEverybodysActivity(
  db: Database,
  admin: AdminScope,
  within: LocalDays,
): Promise<(ActiveDay & { users: number })[]> {
  const { rows } = await db.asAdmin(admin, 'everybody', (tx) =>
    tx.execute<Counted & { users: number }>(sql`
      SELECT ${bucket(within)} AS n, count(DISTINCT user_id)::int AS users, sum(messages)::float8 AS messages,
        sum(questions)::float8 AS questions
      FROM (${quarters(within, sql`true`)}) said WHERE messages > 0 GROUP BY 1 ORDER BY 1`),
  );
  return named(rows, within);
}

type Counted = { n: number; messages: number; questions: number };

function bucket({ bounds }: LocalDays): SQL {
  const times = bounds.map((bound) => bound.toISOString());
  return sql`width_bucket(at, ${sql.param(times)}::timestamptz[])`;
}

/** Each row of a day by its quarters of an hour, and before them, at noon, what is in none of them. */
function quarters({ bounds }: LocalDays, whose: SQL): SQL {
  // In quarters that are whole days nothing has to be taken apart.
  const isUtc = bounds.every((bound) => bound.getTime() % (24 * 3_600_000) === 0);
  const rest = sql`coalesce(array_lower(a.quarter_messages, 1), 1) - 1`;
  const inRest = (all: SQL, parts: SQL): SQL =>
    isUtc ? all : sql`${all} - (SELECT coalesce(sum(one), 0) FROM unnest(${parts}) one)`;
  const last = isUtc ? rest : sql`coalesce(array_upper(a.quarter_messages, 1), 0)`;
  return sql`SELECT a.user_id, (a.day + CASE WHEN n = ${rest} THEN interval '12 hours'
      ELSE (n - 1) * interval '15 minutes' END) AT TIME ZONE 'UTC' AS at,
    CASE WHEN n = ${rest} THEN ${inRest(sql`a.messages`, sql`a.quarter_messages`)}
      ELSE coalesce(a.quarter_messages[n], 0) END AS messages,
    CASE WHEN n = ${rest} THEN ${inRest(sql`a.questions`, sql`a.quarter_questions`)}
      ELSE coalesce(a.quarter_questions[n], 0) END AS questions
    FROM activity a CROSS JOIN LATERAL generate_series(${rest}, ${last}) n
    WHERE ${whose} AND a.day >= ${bounds[0]?.toISOString().slice(0, 10)}::date`;
}

/** Moments outside of the days are left out. */
function named<Row extends Counted>(
  rows: readonly Row[],
  { days }: LocalDays,
): (Omit<Row, 'n'> & ActiveDay)[] {
  return rows.flatMap(({ n, ...counted }) => {
    const day = days[n - 1];
    return day === undefined ? [] : [{ day, ...counted }];
  });
}
