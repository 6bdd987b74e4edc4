import type pg from 'pg';

/**
 * What connections of an application say to Citus alone: what a transaction sets is set on the machines that it reaches,
 * and a statement that would go through all of them is an error.
 */
export const citusSettings = {
  'citus.propagate_set_commands': 'local',
  'citus.multi_task_query_log_level': 'error',
  // Without a statement's values, as PostgreSQL plans from its sixth time on, Citus may ask every machine for it.
  plan_cache_mode: 'force_custom_plan',
  // Longer than it takes to see that a machine hangs (machines.ts): nobody waits for it any more by then.
  'citus.node_connection_timeout': '8s',
};

/** Opens a transaction that goes through the rows of everybody, on all machines. */
export const throughAll = 'SET LOCAL citus.multi_task_query_log_level = off';

export async function hasCitus(client: pg.Pool | pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query(`SELECT 1 FROM pg_extension WHERE extname = 'citus'`);
  return rows.length > 0;
}

/**
 * Runs the command $1 on each machine that answers: rows of node, success and result. Whether it does is found out by
 * connecting, which has a bound; a machine that hangs would keep the command for ever.
 */
export const onMachines = `WITH there AS MATERIALIZED (
    SELECT nodename, nodeport FROM pg_dist_node
    WHERE isactive AND noderole = 'primary' AND citus_check_connection_to_node(nodename, nodeport))
  SELECT node_name || ':' || node_port AS node, success, result FROM master_run_on_worker(
    (SELECT array_agg(nodename) FROM there), (SELECT array_agg(nodeport) FROM there),
    (SELECT array_agg($1::text) FROM there), true)`;

/** Behind comments. */
const policyForm = /^(?:\s*--[^\n]*\n)*\s*(?:CREATE|ALTER|DROP) POLICY /;

/**
 * A statement that defines something, in a transaction, where tables are distributed. Citus cannot read most policies:
 * the parts get theirs from `mendParts`, behind the COMMIT.
 */
export async function runDefinition(client: pg.ClientBase, statement: string): Promise<void> {
  const isPolicy = policyForm.test(statement);
  if (isPolicy) await client.query('SET LOCAL citus.enable_ddl_propagation = off');
  await client.query(statement);
  if (isPolicy) await client.query('SET LOCAL citus.enable_ddl_propagation = on');
}
