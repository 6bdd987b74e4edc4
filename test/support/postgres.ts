import { randomBytes } from 'node:crypto';
import pg from 'pg';

export interface TestDatabase {
  /** Connection URL of the new database, with the credentials of the server's URL. */
  url: string;
  /** Closes whatever is still connected to the database and removes it; a second call does nothing. */
  drop(): Promise<void>;
}

/**
 * Creates a uniquely named database on a PostgreSQL server: a copy, or an empty one with the extension `vector`.
 * @param serverUrl any database of the server, normally `TEST_DATABASE_URL`; its role must be a superuser
 * @param template name of a database to copy, to which nobody is connected
 * @throws the driver's error when the server is unreachable or has no pgvector
 */
export async function createTestDatabase(serverUrl: string, template?: string): Promise<TestDatabase> {
  const name = `alcove_test_${process.pid}_${randomBytes(6).toString('hex')}`;
  await execute(serverUrl, `CREATE DATABASE ${name}${template === undefined ? '' : ` TEMPLATE ${template}`}`);

  const drop = () => dropTestDatabase(serverUrl, name);
  const location = new URL(serverUrl);
  location.pathname = `/${name}`;
  if (template !== undefined) return { url: location.href, drop };
  try {
    await execute(location.href, 'CREATE EXTENSION vector');
  } catch (cause) {
    await drop();
    throw cause;
  }
  return { url: location.href, drop };
}

/** Closes whatever is still connected to the database and removes it, if it is there. */
export async function dropTestDatabase(serverUrl: string, name: string): Promise<void> {
  await execute(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
}

// A connection of its own each time: these statements cannot run inside a transaction or a shared pool.
async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
