import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

/**
 * Citus copies rows that are written meanwhile by logical replication, as a role that it makes for this and drops behind
 * it. PostgreSQL lets no such role write into a table with forced row-level security, and tries for ever: so it may pass
 * by it, once Citus has made it an ordinary role and until it is gone.
 */
const letReplicate = `DO $do$ DECLARE name text; BEGIN
  PERFORM set_config('citus.enable_alter_role_propagation', 'off', true);
  FOR name IN SELECT rolname FROM pg_roles WHERE rolname ~ '^citus_shard_(move|split)_subscription_role_'
      AND NOT rolsuper AND NOT rolbypassrls
      AND EXISTS (SELECT FROM pg_subscription s WHERE s.subowner = pg_roles.oid AND s.subenabled)
  LOOP EXECUTE format('ALTER ROLE %I BYPASSRLS', name); END LOOP;
END $do$`;
const pauseMs = 500;

/** Whether this connection may say so of roles on the machines. */
export async function mayLetReplicate(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = current_user AND rolsuper');
  return rows.length > 0;
}

/**
 * As long as `work` takes, parts of tables that it makes elsewhere receive what is written. A machine where that cannot be
 * allowed is said once: what moves there would wait for ever. @throws what `work` throws
 */
export async function whileReplicating<T>(
  pool: pg.Pool,
  say: (line: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  const watching = watch(pool, say, ended.signal);
  try {
    return await work();
  } finally {
    ended.abort();
    await watching;
  }
}

async function watch(pool: pg.Pool, say: (line: string) => void, ended: AbortSignal): Promise<void> {
  const said = new Set<string>();
  while (!ended.aborted) {
    // Asked again, as Citus tries again as well.
    for (const line of await refusals(pool)) {
      if (!said.has(line)) say(line);
      said.add(line);
    }
    await sleep(pauseMs, undefined, { signal: ended }).catch(() => {});
  }
}

/** One line for each machine that refused, or for the coordinator that could not be asked. */
async function refusals(pool: pg.Pool): Promise<string[]> {
  try {
    const { rows } = await pool.query<{ node: string; result: string }>(
      `SELECT n.nodename || ':' || n.nodeport AS node, r.result FROM run_command_on_all_nodes($1) r
       JOIN pg_dist_node n USING (nodeid) WHERE NOT r.success`,
      [letReplicate],
    );
    return rows.map(
      ({ node, result }) => `${node} does not let rows through that are written meanwhile: ${result}`,
    );
  } catch (error) {
    return [`No machine could be asked to let rows through that are written meanwhile: ${String(error)}`];
  }
}
