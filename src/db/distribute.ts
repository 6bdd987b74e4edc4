import type pg from 'pg';
import { hasCitus, throughAll } from './citus.ts';
import type { Database } from './database.ts';
import { distribution } from './distribution.ts';
import { databaseCode } from './errors.ts';
import { explainDatabase } from './explain.ts';
import { addForeignKey, type ForeignKey, foreignKeys } from './foreign-keys.ts';
import { mendParts } from './mend-parts.ts';
import { lastMigration, newestMigration } from './migration-state.ts';
import { openOwnConnection } from './own-connection.ts';
import { type RoleNames, tried } from './roles.ts';
import { DatabaseSetupError } from './setup-error.ts';

export interface DistributeOptions {
  /** Of each group of tables that lie together; it can hardly be changed afterwards. */
  shards: number;
  /** Says what would be done and does nothing. */
  dryRun: boolean;
  say: (line: string) => void;
}

interface Task {
  /** As a person reads it. */
  what: string;
  run: (client: pg.ClientBase) => Promise<unknown>;
}

type Spread = { table: string; column: string };

/**
 * Spreads the tables over the machines of Citus as `distribution` says, all or nothing; what is spread already stays as
 * it is.
 * @returns false where the database has no Citus
 * @throws DatabaseSetupError
 */
export async function distribute(database: Database, options: DistributeOptions): Promise<boolean> {
  const { client, close } = await openOwnConnection(database);
  try {
    if (!(await hasCitus(client))) return false;
    await refuseWithoutNodes(client);
    await refuseOtherVersion(client);
    const tasks = await plan(client, database.roles, options.shards);
    if (tasks.length === 0) options.say('Everything is distributed already.');
    if (options.dryRun) for (const { what } of tasks) options.say(`would ${what}`);
    else {
      await openAlone(client);
      await perform(client, tasks, options.say);
      // Again each time: a part that has moved since has lost grants on columns.
      await mendParts(client);
    }
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

/** Tables that are not there cannot be distributed, and keys that are added here would be added again. */
async function refuseOtherVersion(client: pg.ClientBase): Promise<void> {
  if ((await lastMigration(client)) === (await newestMigration()).at) return;
  throw new DatabaseSetupError(
    'The tables are not those of this version of Alcove: run "npm run alcove -- db migrate" first.',
  );
}

async function plan(client: pg.ClientBase, roles: RoleNames, shards: number): Promise<Task[]> {
  const all = foreignKeys();
  const left = await undistributed(client);
  const names = new Set(left.map(({ table }) => table));
  const valid = await validKeys(client);
  // Those between two tables that stay as they are need not go.
  const keys = all.filter(
    ({ name, table, target }) => !valid.has(name) || names.has(table) || names.has(target),
  );
  const logins = await loginTasks(client, roles);
  const spreading = left.map((one) => spread(one, shards));
  if (keys.length === 0) return [...logins, ...spreading];
  return [
    ...logins,
    { what: `take ${keys.length} foreign keys away`, run: (c) => dropKeys(c, keys) },
    ...spreading,
    { what: `add ${keys.length} foreign keys`, run: (c) => addKeys(c, keys) },
  ];
}

/** Enough for a second each: so long it takes the server to see a knot of locks. */
const lockAttempts = 30;

/**
 * Opens a transaction that nobody else reads or writes beside. Who writes holds some tables and waits for others: of such
 * a knot the server gives one end up, which must not be this one half way through.
 */
async function openAlone(client: pg.ClientBase): Promise<void> {
  const left = await undistributed(client);
  for (let attempt = 1; ; attempt += 1) {
    await client.query('BEGIN');
    await client.query(`SET LOCAL statement_timeout = 0; ${oneByOne}`);
    if (left.length === 0) return;
    try {
      await client.query(`LOCK TABLE ${left.map(({ table }) => table).join(', ')} IN ACCESS EXCLUSIVE MODE`);
      return;
    } catch (error) {
      if (databaseCode(error) !== '40P01' || attempt === lockAttempts) throw error;
      await client.query('ROLLBACK');
    }
  }
}

async function perform(
  client: pg.ClientBase,
  tasks: readonly Task[],
  say: (line: string) => void,
): Promise<void> {
  for (const { what, run } of tasks) {
    say(what);
    await run(client);
  }
  await client.query('COMMIT');
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

function spread({ table, column }: Spread, shards: number): Task {
  const count = column === 'user_id' ? '' : `, shard_count => ${shards}`;
  return {
    what: `distribute ${table} by ${column}`,
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
  for (const key of keys) await client.query(addForeignKey(key));
}

/** Their names; one that somebody has added without looking at the rows is none of them. */
async function validKeys(client: pg.ClientBase): Promise<Set<string>> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT conname AS name FROM pg_constraint WHERE contype = 'f' AND convalidated AND connamespace = current_schema()::regnamespace`,
  );
  return new Set(rows.map(({ name }) => name));
}

/** In a transaction. @throws DatabaseSetupError where somebody else has to */
export async function letRolesIn(client: pg.ClientBase, roles: RoleNames): Promise<void> {
  for (const { run } of await loginTasks(client, roles)) await run(client);
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
