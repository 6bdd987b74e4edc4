import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/node-postgres';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import type pg from 'pg';
import type { Database } from './database.ts';
import { databaseCode } from './errors.ts';
import { openOwnConnection, type OwnConnection } from './own-connection.ts';

const migrationsFolder = fileURLToPath(new URL('./migrations', import.meta.url));
/** Any constant: replicas that start together take turns on it. Drizzle's own migrate() has no lock. */
const advisoryLock = 7_312_019_114;
const lockTimeout = '60s';
const oldestPostgres = 150_000;

/** A database that Alcove cannot use as it is; the message says what to do. */
export class DatabaseSetupError extends Error {
  override name = 'DatabaseSetupError';
}

/**
 * Brings the schema to this version, or to that of an older one whose newest migration is `upTo`, under a lock. Running
 * it again changes nothing.
 * @throws DatabaseSetupError
 */
export async function migrate(database: Database, upTo = Infinity): Promise<void> {
  const { client, close } = await openOwnConnection(database).catch((cause: unknown) => {
    throw new DatabaseSetupError(unreachable(cause), { cause });
  });
  try {
    await checkVersion(client);
    await client.query(`SET lock_timeout = '${lockTimeout}'; SET statement_timeout = 0`);
    await lock(client);
    try {
      await createVectorExtension(client);
      await refuseDowngrade(client);
      await run(client, upTo);
    } finally {
      await client.query('SELECT pg_advisory_unlock($1)', [advisoryLock]);
    }
  } finally {
    await close();
  }
}

/** True when every migration of this version has run. */
export async function isMigrated(database: Database): Promise<boolean> {
  const { at: newest } = await newestMigration();
  const { rows } = await database.pool.query<{ last: string | null }>(
    `SELECT max(created_at)::text AS last FROM drizzle.__drizzle_migrations`,
  );
  return Number(rows[0]?.last ?? 0) >= newest;
}

/** Drizzle's own `migrate` always runs all of them. */
async function run(client: OwnConnection['client'], upTo: number): Promise<void> {
  const config = { migrationsFolder };
  const wanted = readMigrationFiles(config).filter((file) => file.folderMillis <= upTo);
  // Both are there at run time, marked as internal.
  const { dialect, session } = drizzle(client) as unknown as {
    dialect: { migrate(files: typeof wanted, session: unknown, config: object): Promise<void> };
    session: unknown;
  };
  await dialect.migrate(wanted, session, config);
}

async function checkVersion(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ number: string; text: string }>(
    `SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS text`,
  );
  const version = rows[0];
  if (version !== undefined && Number(version.number) < oldestPostgres) {
    throw new DatabaseSetupError(`PostgreSQL ${version.text} is too old: Alcove needs version 15 or newer.`);
  }
}

async function lock(client: pg.ClientBase): Promise<void> {
  try {
    await client.query('SELECT pg_advisory_lock($1)', [advisoryLock]);
  } catch (cause) {
    if (databaseCode(cause) !== '55P03') throw cause;
    throw new DatabaseSetupError(
      'The database is locked: another process has been migrating it for over a minute. Wait for it, or end it, and start again.',
      { cause },
    );
  }
}

async function createVectorExtension(client: pg.ClientBase): Promise<void> {
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
  if (installed !== null) return;
  try {
    await client.query('CREATE EXTENSION IF NOT EXISTS vector');
  } catch (cause) {
    throw new DatabaseSetupError(
      'This database user may not create the extension "vector": run CREATE EXTENSION vector once as an administrator, then start again.',
      { cause },
    );
  }
}

/** A database of a newer Alcove would be damaged by an older one. */
async function refuseDowngrade(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ exists: boolean }>(
    `SELECT to_regclass('drizzle.__drizzle_migrations') IS NOT NULL AS exists`,
  );
  if (rows[0]?.exists !== true) return;
  const last = await client.query<{ last: string | null }>(
    'SELECT max(created_at)::text AS last FROM drizzle.__drizzle_migrations',
  );
  if (Number(last.rows[0]?.last ?? 0) > (await newestMigration()).at) {
    throw new DatabaseSetupError(
      'The database belongs to a newer version of Alcove: install that version, or restore a backup.',
    );
  }
}

/** The newest migration of this version: its name, and the time that orders it. */
export async function newestMigration(): Promise<{ name: string; at: number }> {
  const journal = JSON.parse(await readFile(`${migrationsFolder}/meta/_journal.json`, 'utf8')) as {
    entries: { tag: string; when: number }[];
  };
  const last = journal.entries.at(-1);
  return { name: last?.tag ?? '', at: last?.when ?? 0 };
}

function isOlder(version: string, floor: readonly [number, number]): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < floor[0] || (major === floor[0] && minor < floor[1]);
}

function unreachable(cause: unknown): string {
  const code = databaseCode(cause);
  if (code === '28P01' || code === '28000')
    return 'The database refuses this user or password: check DATABASE_URL.';
  if (code === '3D000')
    return 'The database named in DATABASE_URL does not exist: create it with createdb and start again.';
  return 'The database cannot be reached: check that it runs and that DATABASE_URL (or CLOUD_SQL_INSTANCE) is right.';
}
