import pg from 'pg';
import type { DatabaseConfig } from './database-config.ts';
import { type Database, openDatabase } from './database.ts';
import { type EmbeddedEvents, startPglite } from './pglite.ts';
import { databaseAddress, explainDatabase } from './explain.ts';
import { createOutageLog, type OutageLines, type OutageLog } from './outage-log.ts';
import { citusSettings } from './citus.ts';
import { lookTimeoutMs, watchMachines } from './machines.ts';
import { lookAtServer } from './server-kind.ts';
import type { QueryLog } from './query-log.ts';
import { roleNames } from './roles.ts';

// One wrong column type would silently turn counters into strings: int8 is a number here, below 2^53 by design.
pg.types.setTypeParser(pg.types.builtins.INT8, (value) => Number(value));

/** How long a request waits for a connection before it is told that the database is away. */
const connectTimeoutMs = 4_000;
/** At the start nobody waits for an answer yet, and the database's machine may be starting too. */
const firstConnectTimeoutMs = 12_000;
/** A statement that runs longer is a defect or an attack; PostgreSQL ends it (PGlite ignores this). */
const statementTimeoutMs = 30_000;
/**
 * An answer that has not come by then will not: the server would have ended the statement. The connection is given up,
 * so that nobody waits behind a network that swallows everything.
 */
const answerTimeoutMs = statementTimeoutMs + 5_000;

export interface ConnectOptions extends EmbeddedEvents {
  /** How long an answer of PostgreSQL is waited for; 35 seconds if not given. */
  answerTimeoutMs?: number | undefined;
  log?: QueryLog | undefined;
  /** Where it is said that the database is away, and back. */
  outages?: OutageLines | undefined;
}

/** Opens the configured database without looking into it. @throws with one sentence when it cannot be opened. */
export async function connectDatabase(
  config: DatabaseConfig,
  options: ConnectOptions = {},
): Promise<Database> {
  const roles = roleNames(config.kind === 'pglite' ? undefined : config.rolePrefix);
  const address = databaseAddress(config);
  const outage = options.outages && createOutageLog(options.outages, address);
  if (config.kind === 'pglite') {
    const embedded = await startPglite(config.dataDir, options);
    const pool = new pg.Pool({
      host: embedded.socketFolder,
      user: 'postgres',
      database: 'postgres',
      max: 1,
      idleTimeoutMillis: 0,
      // oxlint-disable-next-line typescript/no-misused-promises -- the pool waits for it, though its types do not say so
      onConnect: startAfresh,
    });
    surviveLostConnections(pool, outage);
    const close = async () => {
      await pool.end();
      await embedded.close();
    };
    return openDatabase({ kind: 'pglite', pool, roles, address, close, log: options.log, outage });
  }
  const connection =
    config.kind === 'cloudsql'
      ? await connectCloudSql(config)
      : { options: readUrl(config), close: () => {} };
  const bounds = { connectionTimeoutMillis: connectTimeoutMs, application_name: 'alcove', keepAlive: true };
  const first = { ...connection.options, ...bounds, connectionTimeoutMillis: firstConnectTimeoutMs };
  const server = await lookAtServer(first).catch((cause: unknown) => {
    connection.close();
    throw explainDatabase(cause, address);
  });
  const { isPooled: pooled, hasCitus } = server;
  const settings = { ...(hasCitus ? citusSettings : {}) };
  const pool = new pg.Pool({
    ...connection.options,
    ...bounds,
    // A pooler refuses what a connection asks for at its start: each transaction asks anew.
    ...(pooled ? {} : { statement_timeout: statementTimeoutMs, ...startWith(connection.options, settings) }),
    max: config.poolSize,
    // The opening statements and the first query of a transaction share one round trip.
    pipeline: true,
    idleTimeoutMillis: 30_000,
    query_timeout: options.answerTimeoutMs ?? answerTimeoutMs,
  });
  surviveLostConnections(pool, outage);
  const openClient = () => new pg.Client({ ...connection.options, ...bounds, query_timeout: lookTimeoutMs });
  const machines = hasCitus ? watchMachines({ openClient, pool, log: options.outages }) : undefined;
  const close = async () => {
    machines?.close();
    await pool.end();
    connection.close();
  };
  return openDatabase({
    kind: 'postgresql',
    pool,
    roles,
    address,
    close,
    prepares: config.prepare === 'auto' || config.prepare === undefined ? !pooled : config.prepare === 'on',
    ...(pooled ? { opening: setLocal({ statement_timeout: statementTimeoutMs, ...settings }) } : {}),
    hasCitus,
    machines,
    log: options.log,
    outage,
  });
}

function setLocal(settings: Record<string, string | number>): string[] {
  return Object.entries(settings).map(([name, value]) => `SET LOCAL ${name} = '${value}'`);
}

/** As the connection starts, with what its own address asks for. */
function startWith(connection: pg.PoolConfig, settings: Record<string, string>): pg.PoolConfig {
  const more = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  if (more.length === 0) return {};
  const url = connection.connectionString === undefined ? null : URL.parse(connection.connectionString);
  const given = url?.searchParams.get('options') ?? connection.options;
  if (url === null) return { options: [given, ...more].filter(Boolean).join(' ') };
  url.searchParams.set('options', [given, ...more].filter(Boolean).join(' '));
  return { connectionString: url.href };
}

/** PGlite has one session for all its connections: a new one would trip over the last one's prepared statements. */
async function startAfresh(client: pg.ClientBase): Promise<void> {
  await client.query('ROLLBACK');
  await client.query('DISCARD ALL');
}

/**
 * A connection may be lost at any moment, also while it is lent out and no statement is under way: without a listener
 * of its own that ends the process. Who uses it then is told by the next statement.
 */
function surviveLostConnections(pool: pg.Pool, outage: OutageLog | undefined): void {
  pool.on('connect', (client) => client.on('error', () => {}));
  pool.on('error', (error) => {
    // The pool hangs the whole connection on the error, with the key that cancels its statements.
    delete (error as { client?: unknown }).client;
    outage?.failed(error);
  });
}

/** A root certificate beside the URL means what it means inside it. */
function readUrl({ url, rootCertificate }: Extract<DatabaseConfig, { kind: 'postgresql' }>): pg.PoolConfig {
  if (rootCertificate === undefined || /[?&]sslrootcert=/.test(url)) return { connectionString: url };
  const more = `sslrootcert=${encodeURIComponent(rootCertificate)}`;
  return { connectionString: `${url}${url.includes('?') ? '&' : '?'}${more}` };
}

type CloudSql = Extract<DatabaseConfig, { kind: 'cloudsql' }>;

/** Google's own connector, installed only by those who use it. Without a password it signs in by IAM. */
async function connectCloudSql(config: CloudSql): Promise<{ options: pg.PoolConfig; close: () => void }> {
  const name: string = '@google-cloud/cloud-sql-connector';
  const { Connector } = await import(name).catch((cause: unknown) => {
    throw new Error(
      `CLOUD_SQL_INSTANCE is set but Google's connector is not installed: npm install ${name}`,
      { cause },
    );
  });
  const connector = new Connector();
  const options = await connector.getOptions({
    instanceConnectionName: config.instance,
    ipType: config.ipType,
    authType: config.password === undefined ? 'IAM' : 'PASSWORD',
  });
  return {
    options: { ...options, user: config.user, password: config.password, database: config.database },
    close: () => connector.close(),
  };
}
