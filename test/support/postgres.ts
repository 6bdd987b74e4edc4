import { randomBytes } from 'node:crypto';
import pg from 'pg';

export interface TestDatabase {
  /** Connection URL of the new database, with the credentials of the server's URL. */
  url: string;
  /** Closes whatever is still connected to the database and removes it; a second call does nothing. */
  drop(): Promise<void>;
}

/**
 * Creates a uniquely named database on a PostgreSQL server: a copy, or an empty one with the extension `vector`. On a
 * coordinator of Citus it is there on every machine, under the same name.
 * @param serverUrl any database of the server, normally `TEST_DATABASE_URL`; its role must be a superuser
 * @param template name of a database to copy, to which nobody is connected
 * @throws the driver's error when the server is unreachable or has no pgvector
 */
export async function createTestDatabase(serverUrl: string, template?: string): Promise<TestDatabase> {
  const name = `alcove_test_${process.pid}_${randomBytes(6).toString('hex')}`;
  const nodes = await machinesOf(serverUrl);
  const copied = template === undefined ? '' : ` TEMPLATE ${template}`;
  const drop = () => dropTestDatabase(serverUrl, name);
  const location = new URL(serverUrl);
  location.pathname = `/${name}`;
  try {
    await Promise.all(
      nodes.map(async (node) => {
        // The daemon of Citus is connected to each database that has tables of it.
        if (nodes.length > 1 && template !== undefined) await disconnect(node, template);
        await execute(node, `CREATE DATABASE ${name}${copied}`);
        if (template === undefined) await addExtensions(databaseOn(node, name), nodes.length > 1);
      }),
    );
    if (template === undefined && nodes.length > 1) await join(location.href, nodes);
  } catch (cause) {
    await drop();
    throw cause;
  }
  return { url: location.href, drop };
}

/** Closes whatever is still connected to the database and removes it, if it is there. */
export async function dropTestDatabase(serverUrl: string, name: string): Promise<void> {
  for (const node of await machinesOf(serverUrl))
    await execute(node, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
}

/** Addresses of all machines of a database that Citus spreads, the coordinator's first; or its own alone. */
async function machinesOf(serverUrl: string): Promise<string[]> {
  const known = machines.get(serverUrl);
  if (known !== undefined) return known;
  const citus = await execute(serverUrl, `SELECT 1 FROM pg_extension WHERE extname = 'citus'`);
  const nodes =
    citus.length === 0
      ? []
      : await execute(
          serverUrl,
          'SELECT nodename AS host, nodeport AS port FROM pg_dist_node ORDER BY groupid',
        );
  const found = nodes.map(({ host, port }) => {
    const url = new URL(serverUrl);
    url.host = `${String(host)}:${String(port)}`;
    return url.href;
  });
  const all = found.length > 1 ? found : [serverUrl];
  machines.set(serverUrl, all);
  return all;
}

const machines = new Map<string, string[]>();

function databaseOn(node: string, name: string): string {
  const url = new URL(node);
  url.pathname = `/${name}`;
  return url.href;
}

async function addExtensions(url: string, spread: boolean): Promise<void> {
  if (spread) await execute(url, 'CREATE EXTENSION citus');
  await execute(url, 'CREATE EXTENSION vector');
}

async function join(coordinator: string, nodes: readonly string[]): Promise<void> {
  const [first, ...workers] = nodes.map((node) => new URL(node));
  await execute(coordinator, `SELECT citus_set_coordinator_host('${first?.hostname}', ${first?.port})`);
  for (const { hostname, port } of workers)
    await execute(coordinator, `SELECT citus_add_node('${hostname}', ${port})`);
}

async function disconnect(node: string, database: string): Promise<void> {
  await execute(
    node,
    `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '${database}' AND pid <> pg_backend_pid()`,
  );
}

// A connection of its own each time: these statements cannot run inside a transaction or a shared pool.
async function execute(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}
