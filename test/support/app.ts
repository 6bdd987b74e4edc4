import pg from 'pg';
import { pino } from 'pino';
import { afterAll, expect } from 'vitest';
import { type RunningApp, startApp } from '../../src/app.ts';
import { type Config, readConfig } from '../../src/config.ts';
import type { Limits } from '../../src/limits/limits.ts';
import { isDistributed } from './database-kind.ts';
import { keepPgliteCompiled } from './keep-compiled.ts';
import { emptyHome, migratedHome } from './migrated-home.ts';
import { rememberSetupCode } from './person.ts';
import { quick } from './quick.ts';

export { databaseKind } from './database-kind.ts';
export { newPerson, type Person, personOf } from './person.ts';

export interface TestApp {
  baseUrl: string;
  app: RunningApp;
  config: Config;
  /** The settings that this server was started with. */
  env: Record<string, string>;
  dataDir: string;
  /** Every log line so far, as JSON. */
  logs: string[];
  /** Stops the server and keeps its data for another one that is `like` it. */
  stop(): Promise<void>;
  /** Stops the server and removes its data, unless it was `like` another. */
  close(): Promise<void>;
}

export interface TestAppOptions {
  /** More settings, by the names of the environment. */
  env?: Record<string, string>;
  /** Limits that no setting names. */
  limits?: Partial<Limits>;
  /** Reuse a database and data folder, for restarts and replicas. */
  like?: Pick<TestApp, 'env' | 'dataDir'>;
  /** Start on nothing, as a new installation; otherwise on a copy of one that was started before. */
  isNew?: boolean;
  /** Errors that the test provokes may be logged. */
  allowErrors?: boolean;
}

/** A whole server on a free port, on the database of this run. Fails the test file when an error was logged. */
export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const home = options.like === undefined ? await (options.isNew ? emptyHome() : migratedHome()) : null;
  const dataDir = options.like?.dataDir ?? home?.dataDir ?? '';
  const logs: string[] = [];
  const env = {
    DATA_DIR: dataDir,
    PORT: '0',
    OLLAMA: 'off',
    LOG_LEVEL: 'debug',
    MESSAGES_PER_MINUTE: '100000',
    STREAMS_PER_USER: '100',
    REGISTRATION: 'open',
    ...quick,
    ...(home?.database ? { DATABASE_URL: home.database.url } : {}),
    ...options.like?.env,
    ...options.env,
  };
  const read = readConfig(env);
  const config = { ...read, limits: { ...read.limits, ...options.limits } };
  if (config.database.kind === 'pglite') await keepPgliteCompiled();
  const log = pino({ level: 'debug' }, { write: (line: string) => void logs.push(line) });
  const app = await startApp(config, log);
  await app.http.listen({ host: '127.0.0.1', port: 0 });
  const address = app.http.server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the test server has no port');
  const baseUrl = `http://127.0.0.1:${address.port}`;
  rememberSetupCode(baseUrl, () => app.setupCode);
  const url = isDistributed() ? env['DATABASE_URL'] : undefined;
  const looking = url === undefined ? null : openLook(url);
  looking?.on('error', () => {});
  let stopped: Promise<void> | undefined;
  let closed = false;
  const stop = async (): Promise<void> => {
    stopped ??= Promise.all([app.close(), looking?.end()]).then(() => {});
    await stopped;
  };
  return {
    baseUrl,
    // Tests look at rows of everybody, which the connections of a server refuse where several machines hold them.
    app: looking === null ? app : { ...app, db: { ...app.db, pool: looking } },
    config,
    env,
    dataDir,
    logs,
    stop,
    async close() {
      if (closed) return;
      closed = true;
      await stop();
      await home?.remove();
      if (options.allowErrors !== true) expect(errorsIn(logs)).toEqual([]);
    },
  };
}

/** For tests that look at rows as no server does: over everybody, and by other columns than the user. */
export function openLook(url: string): pg.Pool {
  return new pg.Pool({ connectionString: url, max: 2, options: '-c citus.enable_repartition_joins=on' });
}

/** One server for a test file, closed at its end. */
export function sharedApp(options: TestAppOptions = {}): () => Promise<TestApp> {
  let started: Promise<TestApp> | undefined;
  afterAll(async () => (await started)?.close());
  return () => (started ??= startTestApp(options));
}

/** Unexpected errors, at level `error` and above; each line begins with its level, and most are of lower ones. */
function errorsIn(logs: readonly string[]): unknown[] {
  return logs.filter((line) => /^\{"level":[56]\d,/.test(line)).map((line) => JSON.parse(line) as unknown);
}
