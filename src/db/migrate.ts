import { readMigrationFiles } from 'drizzle-orm/migrator';
import type pg from 'pg';
import type { Database } from './database.ts';
import { databaseCode } from './errors.ts';
import { explainDatabase } from './explain.ts';
import { letSearchUseIndex, searchesByIndex } from './leakproof.ts';
import { lastMigration, migrationsFolder, newestMigration } from './migration-state.ts';
import { openOwnConnection } from './own-connection.ts';
import { makeRoles, refuseForeignRoles, type RoleNames, tried, withRoles } from './roles.ts';
import { advisoryLocks } from './advisory-locks.ts';
import { DatabaseSetupError } from './setup-error.ts';
import { distributeNew, oneByOne } from './distribute.ts';
import { runDefinition } from './citus.ts';
import { grantColumns, mendParts } from './mend-parts.ts';
import { isDistributed } from './spread.ts';

/** Drizzle's own migrate() has none. */
const advisoryLock = advisoryLocks.migrations;
const lockTimeout = '60s';
const oldestPostgres = 150_000;

/**
 * Brings the schema to this version, or to that of an older one whose newest migration is `upTo`, all or nothing. The
 * lock is the transaction's: a connection pooler passes sessions around. Running it again changes nothing.
 * @throws DatabaseSetupError
 */
export async function migrate(database: Database, upTo = Infinity): Promise<void> {
  const { client, close } = await openOwnConnection(database).catch((cause: unknown) => {
    throw explainDatabase(cause, database.address);
  });
  try {
    await checkServer(client, database.address);
    await client.query('BEGIN');
    await client.query(`SET LOCAL lock_timeout = '${lockTimeout}'; SET LOCAL statement_timeout = 0`);
    await lock(client);
    await refuseDowngrade(client);
    await prepareServer(client, database.roles);
    if (database.kind === 'pglite' && !(await searchesByIndex(client))) await letSearchUseIndex(client, true);
    const changed = await run(client, database.roles, upTo);
    await client.query('COMMIT');
    // What differs without a migration is for `db repair`: no start hides what somebody has changed on a machine.
    if (await isDistributed(client)) await (changed ? mendParts(client) : grantColumns(client));
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw explainDatabase(error, database.address);
  } finally {
    await close();
  }
}

/** As Drizzle's own `migrate` does it, in the transaction that is open. @returns whether there was anything to run */
async function run(client: pg.ClientBase, roles: RoleNames, upTo: number): Promise<boolean> {
  const last = await lastMigration(client);
  // What is there already is not asked for again: Citus would ask each machine, and one may be away.
  if (last === 0)
    await client.query(`CREATE SCHEMA IF NOT EXISTS drizzle; CREATE TABLE IF NOT EXISTS drizzle.__drizzle_migrations
      (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint)`);
  const distributed = await isDistributed(client);
  if (distributed) await client.query(oneByOne);
  const waiting = readMigrationFiles({ migrationsFolder }).filter(
    ({ folderMillis }) => folderMillis > last && folderMillis <= upTo,
  );
  for (const { sql, hash, folderMillis } of waiting) {
    for (const statement of sql) {
      if (!distributed) await client.query(withRoles(statement, roles));
      else {
        await runDefinition(client, withRoles(statement, roles));
        await distributeNew(client, statement);
      }
    }
    await client.query('INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ($1, $2)', [
      hash,
      folderMillis,
    ]);
  }
  return waiting.length > 0;
}

async function checkServer(client: pg.ClientBase, address: string): Promise<void> {
  const { rows } = await client.query<{ number: string; text: string; standby: boolean; readOnly: string }>(
    `SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS text,
       pg_is_in_recovery() AS standby, current_setting('transaction_read_only') AS "readOnly"`,
  );
  const [server] = rows;
  if (server === undefined) return;
  if (Number(server.number) < oldestPostgres)
    throw new DatabaseSetupError(
      `The database at ${address} is PostgreSQL ${server.text}, which is too old: Alcove needs version 15 or newer.`,
    );
  if (server.standby)
    throw new DatabaseSetupError(
      `The database at ${address} is a standby, which only reads: let DATABASE_URL name the primary.`,
    );
  if (server.readOnly === 'on')
    throw new DatabaseSetupError(
      `The database at ${address} is read-only (default_transaction_read_only is on): switch that off for this user and database.`,
    );
}

/** What belongs to the server or needs its administrator, asked for in one message where this user may not make it. */
async function prepareServer(client: pg.ClientBase, roles: RoleNames): Promise<void> {
  const { rows } = await client.query<{
    user: string;
    database: string;
    schemas: boolean;
    tables: boolean;
    schema: string;
  }>(
    `SELECT quote_ident(current_user) AS "user", quote_ident(current_database()) AS database,
       to_regnamespace('drizzle') IS NOT NULL OR has_database_privilege(current_database(), 'CREATE') AS schemas,
       has_schema_privilege(current_schema(), 'CREATE') AS tables, quote_ident(current_schema()) AS schema`,
  );
  const { user = '', database = '', schemas, tables, schema = '' } = rows[0] ?? {};
  const left = await makeRoles(client, roles);
  if (schemas === false) left.push(`GRANT CREATE ON DATABASE ${database} TO ${user};`);
  if (tables === false) left.push(`GRANT CREATE ON SCHEMA ${schema} TO ${user};`);
  if (!(await hasVectorExtension(client))) left.push('CREATE EXTENSION vector;');
  if (left.length > 0) throw new DatabaseSetupError(askAdministrator(user, database, left));
  if ((await lastMigration(client)) === 0) await refuseForeignRoles(client, roles);
}

function askAdministrator(user: string, database: string, statements: readonly string[]): string {
  return [
    `The database user ${user} may not make all that Alcove needs. Run this once in the database ${database} as an administrator of the server, and start again:`,
    ...statements,
  ].join('\n');
}

async function lock(client: pg.ClientBase): Promise<void> {
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [advisoryLock]);
  } catch (cause) {
    if (databaseCode(cause) !== '55P03') throw cause;
    throw new DatabaseSetupError(
      'The database is locked: another process has been migrating it for over a minute. Wait for it, or end it, and start again.',
      { cause },
    );
  }
}

/** Makes it, where it is not there. @returns false when this user may not */
async function hasVectorExtension(client: pg.ClientBase): Promise<boolean> {
  const known = await client.query<{ installed: string | null; available: string | null }>(
    `SELECT (SELECT extversion FROM pg_extension WHERE extname = 'vector') AS installed,
            (SELECT default_version FROM pg_available_extensions WHERE name = 'vector') AS available`,
  );
  const { installed, available } = known.rows[0] ?? { installed: null, available: null };
  const version = installed ?? available;
  if (version === null) {
    throw new DatabaseSetupError(
      'The extension "vector" (pgvector) is not installed on the database server: install the package postgresql-NN-pgvector there and start again.',
    );
  }
  if (isOlder(version, [0, 8])) {
    throw new DatabaseSetupError(
      `pgvector ${version} is too old: Alcove needs 0.8.0 or newer. Update it on the database server (ALTER EXTENSION vector UPDATE).`,
    );
  }
  return installed !== null || tried(client, 'CREATE EXTENSION IF NOT EXISTS vector');
}

/** A database of a newer Alcove would be damaged by an older one. */
async function refuseDowngrade(client: pg.ClientBase): Promise<void> {
  if ((await lastMigration(client)) > (await newestMigration()).at) {
    throw new DatabaseSetupError(
      'The database belongs to a newer version of Alcove: install that version, or restore a backup.',
    );
  }
}

function isOlder(version: string, floor: readonly [number, number]): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < floor[0] || (major === floor[0] && minor < floor[1]);
}
