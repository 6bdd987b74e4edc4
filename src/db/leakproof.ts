import type pg from 'pg';
import { isDistributed } from './spread.ts';

type Client = pg.Pool | pg.ClientBase;

const matching = 'pg_catalog.ts_match_vq(tsvector, tsquery)';

/**
 * Row-level security lets no condition but a leakproof one look into an index, and PostgreSQL calls `tsvector @@ tsquery`
 * leaky: search reads all rows of a user for each word. It tells nothing of a row that it does not return: its only
 * errors are of the query. The mark holds for a whole database, so that its owner decides (decision 0034); the embedded
 * database, which holds nothing else, has it.
 */
export async function searchesByIndex(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ marked: boolean }>(
    `SELECT proleakproof AS marked FROM pg_proc WHERE oid = '${matching}'::regprocedure`,
  );
  return rows[0]?.marked === true;
}

/** @throws unless the user of the connection is a superuser, on the machines of Citus too */
export async function letSearchUseIndex(client: Client, yes: boolean): Promise<void> {
  const statement = `ALTER FUNCTION ${matching} ${yes ? '' : 'NOT '}LEAKPROOF`;
  await client.query(statement);
  if (!(await isDistributed(client))) return;
  const { rows } = await client.query<{ where: string; success: boolean; result: string }>(
    `SELECT nodename || ':' || nodeport AS where, success, result FROM run_command_on_workers($1)`,
    [statement],
  );
  const failed = rows.filter(({ success }) => !success).map(({ where, result }) => `${where}: ${result}`);
  if (failed.length > 0) throw new Error(`Not on every machine of Citus: ${failed.join('; ')}`);
}

/** What a superuser may run instead. */
export const indexSearchStatement = `ALTER FUNCTION ${matching} LEAKPROOF;`;
