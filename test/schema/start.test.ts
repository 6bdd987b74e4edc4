import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { connectDatabase } from '../../src/db/client.ts';
import type { DatabaseConfig } from '../../src/db/database-config.ts';
import { migrate } from '../../src/db/migrate.ts';
import { databaseKind, newPerson, startTestApp, type TestApp } from '../support/app.ts';
import { childEnvironment, childFlags } from '../support/child-environment.ts';
import { sampled } from '../support/full-run.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

// The real command, as an operator starts it: what cannot work is refused in one sentence and a non-zero exit.

const root = resolve(import.meta.dirname, '../..');
const future = 4_102_444_800_000;

let dataDir: string;
let database: TestDatabase | null = null;
let config: DatabaseConfig;
let blocker: Server;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'alcove-start-'));
  if (databaseKind === 'postgres')
    database = await createTestDatabase(process.env['TEST_DATABASE_URL'] ?? '');
  config = readConfig({ DATA_DIR: dataDir, ...databaseUrl() }).database;
  await inDatabase();
  blocker = createServer().listen(0, '127.0.0.1');
  await once(blocker, 'listening');
});

afterAll(async () => {
  blocker?.close();
  await database?.drop();
  await rm(dataDir, { recursive: true, force: true });
});

function databaseUrl(): Record<string, string> {
  return database === null ? {} : { DATABASE_URL: database.url };
}

/** Opens the migrated database as its owner, while no server uses it. */
async function inDatabase(...statements: string[]): Promise<void> {
  const db = await connectDatabase(config);
  try {
    await migrate(db);
    for (const statement of statements) await db.pool.query(statement);
  } finally {
    await db.close();
  }
}

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Starts the server and waits for its end, which must come by itself. */
function start(env: Record<string, string>): Promise<Ended> {
  return new Promise((done) => {
    const clean = { ...childEnvironment(), HOME: dataDir, DATA_DIR: dataDir, OLLAMA: 'off', PORT: '0' };
    const child = execFile(
      process.execPath,
      [...childFlags, 'src/main.ts'],
      { cwd: root, env: { ...clean, ...env }, timeout: 30_000 },
      (_error, stdout, stderr) => done({ code: child.exitCode, stdout, stderr }),
    );
  });
}

/** One line for a person: no stack, nothing of the inside. */
function expectRefusal(ended: Ended, sentence: RegExp): void {
  expect(ended.stderr).toMatch(sentence);
  expect(ended.stderr.trim().split('\n')).toHaveLength(1);
  expect(ended.stderr).not.toMatch(/^\s+at /m);
  expect(ended.stdout).not.toContain('Alcove 0');
  expect(ended.code).toBe(1);
}

/** Settings that cannot work, each with the sentence that says so. */
const unusable: [name: string, env: Record<string, string>, sentence: RegExp][] = [
  ['a weak AUTH_SECRET', { AUTH_SECRET: 'changeme' }, /^AUTH_SECRET is too weak/],
  ['a word repeated as AUTH_SECRET', { AUTH_SECRET: 'changeme'.repeat(8) }, /^AUTH_SECRET is too weak/],
  [
    'a weak JWT_SECRET',
    { JWT_SECRET: 'secret', JWT_ISSUER: 'https://id.example', JWT_AUDIENCE: 'alcove' },
    /^JWT_SECRET is too weak/,
  ],
  [
    'another kind of database',
    { DATABASE_URL: 'mysql://root@127.0.0.1/alcove' },
    /^DATABASE_URL: must begin with postgres/,
  ],
  ['two databases', { DATABASE_URL: 'postgres://127.0.0.1/x', CLOUD_SQL_INSTANCE: 'p:r:i' }, /both set/],
  ['a port that is no number', { PORT: 'http' }, /^PORT: /],
  ['half an issuer', { JWKS_URL: 'https://id.example/jwks' }, /JWT_ISSUER and JWT_AUDIENCE/],
  [
    'a database that nobody answers for',
    { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/alcove' },
    /^The database at 127\.0\.0\.1:1 refuses connections, nothing listens there: start it, or correct DATABASE_URL\.$/m,
  ],
];

describe('the server does not start', () => {
  // The command is started with some of them, with all in a full run.
  test.concurrent.each(sampled(unusable, 7))('with %s', async (_name, env, sentence) => {
    expectRefusal(await start(env), sentence);
  });

  test.each(unusable)('for the reason that it says: %s', async (_name, env, sentence) => {
    const opened = async () => connectDatabase(readConfig({ DATA_DIR: dataDir, ...env }).database);
    await expect(opened()).rejects.toThrow(sentence);
  });

  test.skipIf(databaseKind !== 'postgres')(
    'with a database that does not exist, or a user it does not know',
    async () => {
      const missing = new URL(database?.url ?? '');
      missing.pathname = '/alcove_no_such_database';
      expectRefusal(
        await start({ DATABASE_URL: missing.href }),
        /^The database at 127\.0\.0\.1:\d+ has no database of that name \(.*\): create it/,
      );
      const stranger = new URL(database?.url ?? '');
      stranger.username = 'alcove_no_such_user';
      expectRefusal(
        await start({ DATABASE_URL: stranger.href }),
        /^The database at 127\.0\.0\.1:\d+ refuses this user or password/,
      );
    },
  );

  test('with a database of a newer version', async () => {
    await inDatabase(
      `INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('newer', ${future})`,
    );
    expectRefusal(await start(databaseUrl()), /^The database belongs to a newer version of Alcove/);
    const db = await connectDatabase(config);
    await db.pool.query(`DELETE FROM drizzle.__drizzle_migrations WHERE created_at = ${future}`);
    await db.close();
  });

  test('with row-level security switched off on a table', async () => {
    await inDatabase('ALTER TABLE messages DISABLE ROW LEVEL SECURITY');
    expectRefusal(
      await start(databaseUrl()),
      /^The database does not isolate users: table messages has no row-level security\. To mend it, run "npm run alcove -- db repair"\.$/m,
    );
    await inDatabase('ALTER TABLE messages ENABLE ROW LEVEL SECURITY');
  });

  test.skipIf(databaseKind !== 'pglite')('on a data folder that another process uses', async () => {
    const holder = await connectDatabase(config);
    const ended = await start({});
    await holder.close();
    expectRefusal(
      ended,
      new RegExp(`in use by process ${process.pid}: stop that one, or choose another DATA_DIR`),
    );
  });

  test('on a port that is taken', async () => {
    const address = blocker.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    expectRefusal(await start({ ...databaseUrl(), PORT: port }), /^The port is taken/m);
  });
});

test('mended, it starts, says where it is, serves, and ends with 0 when asked to', async () => {
  const env = {
    ...childEnvironment(),
    HOME: dataDir,
    DATA_DIR: dataDir,
    OLLAMA: 'off',
    PORT: '0',
    LOG_LEVEL: 'warn',
  };
  const child = spawn(process.execPath, [...childFlags, 'src/main.ts'], {
    cwd: root,
    env: { ...env, ...databaseUrl() },
  });
  let printed = '';
  const address = await new Promise<string>((found) => {
    child.stdout.on('data', (part: Buffer) => {
      printed += part.toString();
      const port = /is at http:\/\/localhost:(\d+)/.exec(printed)?.[1];
      if (port !== undefined) found(`http://127.0.0.1:${port}`);
    });
  });
  expect((await fetch(`${address}/readyz`)).status).toBe(200);
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
});

test.skipIf(databaseKind !== 'postgres')(
  'a migration may take longer than a statement of a request',
  async () => {
    const fresh = await createTestDatabase(process.env['TEST_DATABASE_URL'] ?? '');
    const waiting = new URL(fresh.url);
    const other = new pg.Client({ connectionString: waiting.href });
    await other.connect();
    await other.query('SELECT pg_advisory_lock(7312019114)');
    waiting.searchParams.set('statement_timeout', '300');
    const db = await connectDatabase(readConfig({ DATA_DIR: dataDir, DATABASE_URL: waiting.href }).database);
    const migrated = migrate(db);
    const tooEarly = await Promise.race([migrated.then(() => 'migrated'), pause(1_000, 'waiting')]);
    expect(tooEarly).toBe('waiting');
    await other.query('SELECT pg_advisory_unlock(7312019114)');
    await migrated;
    const { rows } = await db.pool.query('SHOW statement_timeout');
    expect(rows).toEqual([{ statement_timeout: '300ms' }]);
    await db.close();
    await other.end();
    await fresh.drop();
  },
);

test.skipIf(databaseKind !== 'postgres')(
  'four replicas that start at once on an empty database all serve it',
  async () => {
    const empty = await createTestDatabase(process.env['TEST_DATABASE_URL'] ?? '');
    const folder = await mkdtemp(join(tmpdir(), 'alcove-replicas-'));
    const like = {
      dataDir: folder,
      env: { DATA_DIR: folder, DATABASE_URL: empty.url, DATABASE_POOL_SIZE: '3' },
    };
    let replicas: TestApp[] = [];
    try {
      replicas = await Promise.all([1, 2, 3, 4].map(() => startTestApp({ like })));
      const person = await newPerson(replicas[0]?.baseUrl ?? '');
      for (const { baseUrl } of replicas) {
        const answer = await fetch(`${baseUrl}/auth/me`, {
          headers: { authorization: `Bearer ${person.token}` },
        });
        expect(answer.status).toBe(200);
      }
    } finally {
      await Promise.all(replicas.map((replica) => replica.close()));
      await empty.drop();
      await rm(folder, { recursive: true, force: true });
    }
  },
);
