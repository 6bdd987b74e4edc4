import { throughAll } from '../db/citus.ts';
import type { Database } from '../db/database.ts';

/** Every account's id, as the administrator's role sees them. */
export async function everybody(db: Database): Promise<string[]> {
  const client = await db.pool.connect();
  try {
    await client.query(`BEGIN; ${throughAll}; SET LOCAL ROLE ${db.roles.admin}`);
    const { rows } = await client.query<{ id: string }>('SELECT id FROM users ORDER BY id');
    return rows.map(({ id }) => id);
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}
