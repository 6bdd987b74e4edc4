import pg from 'pg';
import type { Database } from './database.ts';

export interface OwnConnection {
  client: pg.Client | pg.PoolClient;
  close(): Promise<void>;
}

/**
 * For migrations, backups and restores. The pool's bounds on statements are for requests: an index over a large table
 * takes as long as it takes. So a connection of its own, but for the embedded database, which has one and knows no
 * bounds.
 */
export async function openOwnConnection({ kind, pool }: Database): Promise<OwnConnection> {
  if (kind === 'pglite') {
    const client = await pool.connect();
    const close = async (): Promise<void> => {
      const reset = await client.query('RESET lock_timeout; RESET statement_timeout').catch(() => null);
      client.release(reset === null);
    };
    return { client, close };
  }
  // The pool hides its password from copies.
  const { password } = pool.options;
  const client = new pg.Client({
    ...pool.options,
    ...(password === undefined ? {} : { password }),
    query_timeout: 0,
    statement_timeout: 0,
  });
  // A connection that is lost is told by the next statement; without a listener it would end the process.
  client.on('error', () => {});
  await client.connect();
  return { client, close: () => client.end() };
}
