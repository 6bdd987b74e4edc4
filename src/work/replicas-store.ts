import type { Database } from '../db/database.ts';

export interface ReplicaRow {
  id: string;
  note: string;
}

/** Says that the process lives. */
export async function seeReplica(db: Database, { id, note }: ReplicaRow): Promise<void> {
  await db.pool.query(
    `INSERT INTO replicas (id, note, seen_at) VALUES ($1, $2, now())
     ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at`,
    [id, note],
  );
}

/** The others that were seen within `aliveMs`, by the database's clock. */
export async function livingReplicas(db: Database, but: string, aliveMs: number): Promise<ReplicaRow[]> {
  const { rows } = await db.pool.query<ReplicaRow>(
    `SELECT id, note FROM replicas WHERE id <> $1 AND seen_at > now() - make_interval(secs => $2::float8 / 1000)`,
    [but, aliveMs],
  );
  return rows;
}

export async function removeReplica(db: Database, id: string): Promise<void> {
  await db.pool.query('DELETE FROM replicas WHERE id = $1', [id]);
}

/** Takes out those that ended without a word. @returns them */
export async function removeDeadReplicas(db: Database, deadMs: number): Promise<ReplicaRow[]> {
  const { rows } = await db.pool.query<ReplicaRow>(
    `DELETE FROM replicas WHERE seen_at <= now() - make_interval(secs => $1::float8 / 1000) RETURNING id, note`,
    [deadMs],
  );
  return rows;
}
