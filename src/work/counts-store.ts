import { createHash } from 'node:crypto';
import type { Database } from '../db/database.ts';

export interface SharedCount {
  count: number;
  endsInMs: number;
}

// One statement each and no wait for the disk: the table is not logged, a crash of the database forgets the counts.

/** Adds to what all processes count under `key`, in a window of time that begins with its first count. */
export async function addToCount(
  db: Database,
  key: string,
  added: number,
  windowMs: number,
): Promise<SharedCount> {
  const { rows } = await db.pool.query<{ count: number; ends_in: number }>({
    name: 'add_to_count',
    text: `INSERT INTO shared_counts AS c (key, count, ends_at)
      VALUES ($1, $2, now() + make_interval(secs => $3::float8 / 1000))
      ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN c.ends_at <= now() THEN excluded.count ELSE greatest(0, c.count + excluded.count) END,
        ends_at = CASE WHEN c.ends_at <= now() THEN excluded.ends_at ELSE c.ends_at END
      RETURNING count, extract(epoch FROM ends_at - now())::float8 * 1000 AS ends_in`,
    values: [hashed(key), added, windowMs],
  });
  return { count: rows[0]?.count ?? added, endsInMs: rows[0]?.ends_in ?? windowMs };
}

export async function forgetCount(db: Database, key: string): Promise<void> {
  await db.pool.query('DELETE FROM shared_counts WHERE key = $1', [hashed(key)]);
}

/** Says how many of the topic are under way in this process. */
export async function setUnderWay(
  db: Database,
  topic: string,
  replica: string,
  count: number,
): Promise<void> {
  await db.pool.query(
    `INSERT INTO shared_counts (key, topic, replica, count, ends_at) VALUES ($1, $2, $3, $4, now() + interval '1 hour')
     ON CONFLICT (key) DO UPDATE SET count = excluded.count, ends_at = excluded.ends_at`,
    [hashed(`${topic}@${replica}`), hashed(topic), replica, count],
  );
}

/** How many are under way in the other processes that live. */
export async function readUnderWay(
  db: Database,
  topic: string,
  replica: string,
  aliveMs: number,
): Promise<number> {
  const { rows } = await db.pool.query<{ count: number }>(
    `SELECT coalesce(sum(c.count), 0)::int AS count FROM shared_counts c JOIN replicas r ON r.id = c.replica
     WHERE c.topic = $1 AND c.replica <> $2 AND c.ends_at > now()
       AND r.seen_at > now() - make_interval(secs => $3::float8 / 1000)`,
    [hashed(topic), replica, aliveMs],
  );
  return rows[0]?.count ?? 0;
}

export async function deleteEndedCounts(db: Database): Promise<void> {
  await db.pool.query('DELETE FROM shared_counts WHERE ends_at <= now()');
}

/** Whose counts they are is nobody's business who reads the table. */
function hashed(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
