import { randomBytes } from 'node:crypto';
import pg from 'pg';

export interface TestDatabase {
  /** Connection URL of the new database, with the credentials of the server's URL. */
  url: string;
  /** Closes whatever is still connected to the database and removes it; a second call does nothing. */
  drop(): Promise<void>;
}

/**
 * Creates an empty, uniquely named database with the extension `vector` on a PostgreSQL server.
 * @param serverUrl any database of the server, normally `TEST_DATABASE_URL`; its role must be a superuser
 * @throws the driver's error when the server is unreachable or has no pgvector
 */
export async function createTestDatabase(serverUrl: string): Promise<TestDatabase> {
  const name = `alcove_test_${process.pid}_${randomBytes(6).toString('hex')}`;
  await execute(serverUrl, `CREATE DATABASE ${name}`);

  const drop = () => execute(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  const location = new URL(serverUrl);
  location.pathname = `/${name}`;
  try {
    await execute(location.href, 'CREATE EXTENSION vector');
  } catch (cause) {
    await drop();
    throw cause;
  }
  return { url: location.href, drop };
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
