import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Database } from './database.ts';
import { explainDatabase } from './explain.ts';
import { keepGrants, mendParts } from './mend-parts.ts';
import { openOwnConnection } from './own-connection.ts';
import { mayLetReplicate, whileReplicating } from './replicating.ts';
import { DatabaseSetupError } from './setup-error.ts';
import { isDistributed } from './spread.ts';

/** One row of Citus's own account of the last rebalance. */
interface Job {
  job_id: string;
  state: 'scheduled' | 'running' | 'finished' | 'cancelling' | 'cancelled' | 'failing' | 'failed';
  details: {
    tasks: { state: string; message?: string }[];
    task_state_counts: Record<string, number>;
  };
}

const pauseMs = 1000;

/**
 * Moves parts of tables so that each machine of Citus has its share, while they are written. One that is under way
 * already is waited for.
 * @returns false where the tables are not spread over machines
 * @throws DatabaseSetupError
 */
export async function rebalance(database: Database, say: (line: string) => void): Promise<boolean> {
  const { client, close } = await openOwnConnection(database);
  try {
    if (!(await isDistributed(client))) return false;
    if (!(await mayLetReplicate(client)))
      throw new DatabaseSetupError(
        'Row-level security of parts that move is passed by their replication alone, and only an administrator of the database can allow that: run this command with a DATABASE_URL that names one.',
      );
    await whileReplicating(database.pool, say, () => move(client, database.pool, say));
    return true;
  } catch (error) {
    throw explainDatabase(error, database.address);
  } finally {
    await close();
  }
}

async function move(client: pg.ClientBase, pool: pg.Pool, say: (line: string) => void): Promise<void> {
  const job = (await underWay(client)) ?? (await begin(client));
  if (job === null) say('Each machine has its share already.');
  else await follow(client, job, say, keepGrants({ pool }));
  await mendParts(client);
}

async function underWay(client: pg.ClientBase): Promise<string | null> {
  const job = await readJob(client, null);
  return job !== null && isOpen(job) ? job.job_id : null;
}

/** @returns null where nothing is to be moved */
async function begin(client: pg.ClientBase): Promise<string | null> {
  const { rows } = await client.query<{ id: string | null }>('SELECT citus_rebalance_start()::text AS id');
  return rows[0]?.id ?? null;
}

async function follow(
  client: pg.ClientBase,
  id: string,
  say: (line: string) => void,
  grantMoved: () => Promise<void>,
): Promise<void> {
  let said = '';
  for (;;) {
    const job = await readJob(client, id);
    if (job === null) return;
    const { done = 0 } = job.details.task_state_counts;
    const all = Object.values(job.details.task_state_counts).reduce((sum, count) => sum + count, 0);
    const line = `moved ${done} of ${all} groups of parts`;
    if (line !== said) say(line);
    said = line;
    if (job.state === 'finished') return;
    if (!isOpen(job)) throw notDone(job);
    await sleep(pauseMs);
    // Parts that have arrived are served at once, and background work reads columns there.
    await grantMoved();
  }
}

async function readJob(client: pg.ClientBase, id: string | null): Promise<Job | null> {
  const { rows } = await client.query<Job>(
    `SELECT job_id::text, state::text, details FROM citus_rebalance_status(true)
     WHERE $1::bigint IS NULL OR job_id = $1::bigint ORDER BY job_id DESC LIMIT 1`,
    [id],
  );
  return rows[0] ?? null;
}

function isOpen({ state }: Job): boolean {
  return state === 'scheduled' || state === 'running' || state === 'cancelling' || state === 'failing';
}

function notDone({ state, details }: Job): DatabaseSetupError {
  const reason = details.tasks.find(({ message }) => message !== undefined)?.message?.trim();
  return new DatabaseSetupError(
    `The rebalance ${state === 'cancelled' ? 'was cancelled' : 'failed'}${reason === undefined ? '' : `: ${reason}`}. What has moved stays where it is now; run "alcove db rebalance" again for the rest.`,
  );
}
