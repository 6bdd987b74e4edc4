import type pg from 'pg';
import { hasCitus, throughAll } from './citus.ts';
import type { Database } from './database.ts';
import { distribution } from './distribution.ts';
import { explainDatabase } from './explain.ts';
import { addForeignKey, deleteOrphans, type ForeignKey, foreignKeys } from './foreign-keys.ts';
import { openOwnConnection } from './own-connection.ts';
import { mayLetReplicate, whileReplicating } from './replicating.ts';
import { type RoleNames, tried } from './roles.ts';
import { DatabaseSetupError } from './setup-error.ts';
import { mendParts } from './spread.ts';

export interface DistributeOptions {
  /** Of each group of tables that lie together; it can hardly be changed afterwards. */
  shards: number;
  /** Table by table while users write, instead of all in one transaction for which they wait. */
  online?: boolean;
  /** Says what would be done and does nothing. */
  dryRun: boolean;
  say: (line: string) => void;
}

interface Task {
  /** As a person reads it. */
  what: string;
  run: (client: pg.ClientBase) => Promise<unknown>;
  /** Some statements of Citus run in no transaction. */
  alone?: boolean;
}

type Spread = { table: string; column: string };

/**
 * Spreads the tables over the machines of Citus as `distribution` says; what is spread already stays as it is.
 * @returns false where the database has no Citus
 * @throws DatabaseSetupError
 */
export async function distribute(database: Database, options: DistributeOptions): Promise<boolean> {
  const { client, close } = await openOwnConnection(database);
  try {
    if (!(await hasCitus(client))) return false;
    await refuseWithoutNodes(client);
    const tasks = await plan(client, database.roles, options);
    if (tasks.length === 0) options.say('Everything is distributed already.');
    const work = () => perform(client, tasks, options);
    await (options.online === true ? whileReplicating(database.pool, options.say, work) : work());
    // Again each time: a part that has moved since has lost them.
    if (!options.dryRun) await mendParts(client);
    return true;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw explainDatabase(error, database.address);
  } finally {
    await close();
  }
}

async function refuseWithoutNodes(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query(
    `SELECT 1 FROM pg_dist_node WHERE isactive AND shouldhaveshards AND noderole = 'primary' LIMIT 1`,
  );
  if (rows.length > 0) return;
  throw new DatabaseSetupError(
    "No machine of this Citus takes rows: add workers with citus_add_node(host, port), or let the coordinator take them with citus_set_node_property(host, port, 'shouldhaveshards', true).",
  );
}

async function plan(
  client: pg.ClientBase,
  roles: RoleNames,
  { shards, online = false }: DistributeOptions,
): Promise<Task[]> {
  const all = foreignKeys();
  const left = await undistributed(client);
  const tasks = await loginTasks(client, roles);
  const missing = await missingKeys(client, all);
  if (left.length === 0) return [...tasks, ...missing.map(addLater)];
  // Those between two tables that stay as they are need not go.
  const names = new Set(left.map(({ table }) => table));
  const keys = all.filter(({ table, target }) => names.has(table) || names.has(target));
  const wanted = [...new Set([...keys, ...missing])];
  if (online) await refuseOnline(client);
  return [
    ...tasks,
    { what: `take ${keys.length} foreign keys away`, run: (c) => dropKeys(c, keys), alone: online },
    ...left.map((one) => spread(one, shards, online)),
    ...(online
      ? wanted.map(addLater)
      : [{ what: `add ${wanted.length} foreign keys`, run: (c: pg.ClientBase) => addKeys(c, wanted) }]),
  ];
}

async function perform(
  client: pg.ClientBase,
  tasks: readonly Task[],
  options: DistributeOptions,
): Promise<void> {
  if (options.dryRun) {
    for (const { what } of tasks) options.say(`would ${what}`);
    return;
  }
  let open = false;
  for (const task of tasks) {
    if (task.alone !== true && !open) await begin(client);
    if (task.alone === true && open) await client.query('COMMIT');
    open = task.alone !== true;
    options.say(task.what);
    await task.run(client);
  }
  if (open) await client.query('COMMIT');
}

/** A table that a migration has just made, before its foreign keys: no key leads from one machine to all of them. */
export async function distributeNew(client: pg.ClientBase, statement: string): Promise<void> {
  const table = /^\s*CREATE TABLE "(\w+)"/.exec(statement)?.[1];
  const column = table === undefined ? undefined : distribution[table as keyof typeof distribution];
  if (table === undefined || typeof column !== 'string') return;
  await client.query(makeDistributed(table, column));
}

function makeDistributed(table: string, column: string, more = ''): string {
  const together = column === 'user_id' ? 'users' : 'none';
  return `SELECT create_distributed_table('${table}', '${column}', colocate_with => '${together}'${more})`;
}

/** Shards are changed one after the other: keys between tables forbid to change them side by side in one transaction. */
export const oneByOne = `SET LOCAL citus.multi_shard_modify_mode = 'sequential'; ${throughAll}`;

async function begin(client: pg.ClientBase): Promise<void> {
  await client.query('BEGIN');
  await client.query(`SET LOCAL statement_timeout = 0; ${oneByOne}`);
}

/** Parents first. */
async function undistributed(client: pg.ClientBase): Promise<Spread[]> {
  const { rows } = await client.query<{ name: string }>(
    'SELECT logicalrelid::regclass::text AS name FROM pg_dist_partition',
  );
  const there = new Set(rows.map(({ name }) => name));
  return Object.entries(distribution).flatMap(([table, column]) =>
    column === null || there.has(table) ? [] : [{ table, column }],
  );
}

function spread({ table, column }: Spread, shards: number, online: boolean): Task {
  const together = column === 'user_id' ? 'users' : 'none';
  const what = `distribute ${table} by ${column}${online ? ', while it is written' : ''}`;
  const count = together === 'none' ? `, shard_count => ${shards}` : '';
  if (online)
    return {
      what,
      alone: true,
      run: (client) =>
        client.query(
          `SELECT create_distributed_table_concurrently('${table}', '${column}', colocate_with => '${together}'${count})`,
        ),
    };
  return {
    what,
    async run(client) {
      // The owner is to see every row that is copied.
      const { rows } = await client.query<{ forced: boolean }>(
        `SELECT relforcerowsecurity AS forced FROM pg_class WHERE oid = '${table}'::regclass`,
      );
      await client.query(`ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY`);
      await client.query(makeDistributed(table, column, count));
      await client.query(`SELECT truncate_local_data_after_distributing_table('${table}')`);
      if (rows[0]?.forced === true) await client.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
    },
  };
}

async function dropKeys(client: pg.ClientBase, keys: readonly ForeignKey[]): Promise<void> {
  for (const { table, name } of keys)
    await client.query(`ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS ${name}`);
}

async function addKeys(client: pg.ClientBase, keys: readonly ForeignKey[]): Promise<void> {
  for (const key of keys) await client.query(addForeignKey(key, true));
}

/** Not valid at first, so that nobody waits while every row is looked at. */
function addLater(key: ForeignKey): Task {
  return {
    what: `add the foreign key ${key.name}`,
    alone: true,
    async run(client) {
      await client.query(addForeignKey(key, false));
      await begin(client);
      await client.query(`ALTER TABLE ${key.table} NO FORCE ROW LEVEL SECURITY`);
      await client.query(`ALTER TABLE ${key.target} NO FORCE ROW LEVEL SECURITY`);
      await client.query(deleteOrphans(key));
      await client.query(`ALTER TABLE ${key.table} VALIDATE CONSTRAINT ${key.name}`);
      await client.query(`ALTER TABLE ${key.table} FORCE ROW LEVEL SECURITY`);
      await client.query(`ALTER TABLE ${key.target} FORCE ROW LEVEL SECURITY`);
      await client.query('COMMIT');
    },
  };
}

/** Of an earlier run that was ended in between. */
async function missingKeys(client: pg.ClientBase, all: readonly ForeignKey[]): Promise<ForeignKey[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT conname AS name FROM pg_constraint WHERE contype = 'f' AND convalidated AND connamespace = current_schema()::regnamespace`,
  );
  const there = new Set(rows.map(({ name }) => name));
  return all.filter(({ name }) => !there.has(name));
}

/** The machines meet as the role of the transaction: it has no password and owns nothing, and they let it in. */
async function loginTasks(client: pg.ClientBase, roles: RoleNames): Promise<Task[]> {
  const { rows } = await client.query<{ name: string }>(
    'SELECT rolname AS name FROM pg_roles WHERE rolname = ANY($1) AND NOT rolcanlogin',
    [Object.values(roles)],
  );
  return rows.map(({ name }) => ({
    what: `let ${name} log in between the machines`,
    async run(c) {
      if (!(await tried(c, `ALTER ROLE ${name} LOGIN`)))
        throw new DatabaseSetupError(
          `An administrator of the database has to run this first: ALTER ROLE ${name} LOGIN;`,
        );
    },
  }));
}

async function refuseOnline(client: pg.ClientBase): Promise<void> {
  if (!(await isLogical(client)))
    throw new DatabaseSetupError(
      'Tables are spread while they are written only with wal_level = logical, and with citus in output_plugin_libraries where the server has that setting. Change it on every machine, or stop Alcove and leave --online out.',
    );
  if (!(await mayLetReplicate(client)))
    throw new DatabaseSetupError(
      'Tables are spread while they are written by an administrator of the database only: name one in DATABASE_URL for this command, or stop Alcove and leave --online out.',
    );
}

/** Whether Citus can follow what is written meanwhile; newer PostgreSQL asks for its name in a list of its own. */
async function isLogical(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ level: string; plugins: string | null }>(
    `SELECT current_setting('wal_level') AS level, current_setting('output_plugin_libraries', true) AS plugins`,
  );
  const { level, plugins = null } = rows[0] ?? {};
  return level === 'logical' && (plugins === null || /\bcitus\b/.test(plugins));
}
