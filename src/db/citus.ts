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
};

/** Opens a transaction that goes through the rows of everybody, on all machines. */
export const throughAll = 'SET LOCAL citus.multi_task_query_log_level = off';

export async function hasCitus(client: pg.Pool | pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query(`SELECT 1 FROM pg_extension WHERE extname = 'citus'`);
  return rows.length > 0;
}
