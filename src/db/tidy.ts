import type { Database } from './database.ts';

/** As autovacuum has it: so many changed rows beside this share of a table. */
const leastRows = 50;
const share = { analyze: 0.1, vacuum: 0.2 };

interface Stale {
  name: string;
  vacuum: boolean;
}

/**
 * Does what PostgreSQL's autovacuum does, which the embedded database lacks: without statistics it looks through a
 * whole conversation for one message, and rows that are gone keep their place. A table at a time, so that requests
 * wait no longer than for one.
 * @returns names of the tables that were tidied
 */
export async function tidyDatabase(db: Pick<Database, 'pool'>, signal: AbortSignal): Promise<string[]> {
  const tidied: string[] = [];
  const { rows } = await db.pool.query<Stale>(
    `SELECT quote_ident(s.schemaname) || '.' || quote_ident(s.relname) AS name,
       s.n_dead_tup > $1 + $3 * greatest(0, c.reltuples) AS vacuum
     FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
     WHERE s.n_mod_since_analyze > $1 + $2 * greatest(0, c.reltuples)
       OR s.n_dead_tup > $1 + $3 * greatest(0, c.reltuples)`,
    [leastRows, share.analyze, share.vacuum],
  );
  for (const { name, vacuum } of rows) {
    if (signal.aborted) break;
    await db.pool.query(vacuum ? `VACUUM (ANALYZE) ${name}` : `ANALYZE ${name}`);
    tidied.push(name);
  }
  return tidied;
}
