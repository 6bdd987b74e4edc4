import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { connectDatabase } from '../../src/db/client.ts';
import type { DatabaseConfig } from '../../src/db/database-config.ts';
import { migrate } from '../../src/db/migrate.ts';
import { until } from '../answers/support/until.ts';
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

function environment(): Record<string, string> {
  return { ...childEnvironment(), HOME: dataDir, DATA_DIR: dataDir, OLLAMA: 'off', PORT: '0' };
}

/** Starts the server and waits for its end, which must come by itself. */
function start(env: Record<string, string>): Promise<Ended> {
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      [...childFlags, 'src/main.ts'],
      { cwd: root, env: { ...environment(), ...env }, timeout: 30_000 },
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
      /^The database does not isolate users: table messages has no row-level security; 1 policies, grants or functions are missing, such as ALTER TABLE messages ENABLE ROW LEVEL SECURITY\. To mend it, run "npm run alcove -- db repair"\.$/m,
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

/** Starts the server to serve. @param under the program, with its arguments, that starts it */
function serve(under: readonly string[] = []) {
  const [program, ...args] = [...under, process.execPath, ...childFlags, 'src/main.ts'];
  const env = { ...environment(), LOG_LEVEL: 'warn', ...databaseUrl() };
  const child = spawn(program, args, { cwd: root, env });
  onTestFinished(() => void child.kill('SIGKILL'));
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part: Buffer) => (printed += part.toString()));
  return {
    printed: () => printed,
    address: () =>
      until('it says where it is', () => {
        if (child.exitCode !== null) throw new Error(`the server ended: ${printed}`);
        const port = /is at http:\/\/localhost:(\d+)/.exec(printed)?.[1];
        return port !== undefined && `http://127.0.0.1:${port}`;
      }),
    end() {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      return exited;
    },
  };
}

test('mended, it starts, says where it is, serves, and ends with 0 when asked to', async () => {
  const server = serve();
  expect((await fetch(`${await server.address()}/readyz`)).status).toBe(200);
  expect(await server.end()).toEqual([0, null]);
});

test('a start that takes long says what it is at, once', async () => {
  // A disk that is slow: the file is there, and its content comes when it is written here.
  const note = join(dataDir, 'installation.json');
  const content = await readFile(note);
  await rm(note);
  execFileSync('mkfifo', [note]);
  const server = serve();
  await until('it says what it is at', () => server.printed().includes('Starting: '));
  expect(server.printed()).toMatch(
    databaseKind === 'pglite'
      ? /^Starting: the embedded database in .* is being opened; the first start and one after an update take longest \.\.\.$/m
      : /^Starting: waiting for the database, or bringing it to this version \.\.\.$/m,
  );
  expect(server.printed()).not.toContain('Alcove 0');
  await writeFile(note, content);
  expect((await fetch(`${await server.address()}/readyz`)).status).toBe(200);
  expect(server.printed().match(/^Starting: /gm)).toHaveLength(1);
  await server.end();
  await rm(note);
  await writeFile(note, content);
});

// Mounts of its own, in which they are no programs, as where util-linux is not installed. Where the machine allows no
// name spaces, it lacks `unshare` itself.
const hide =
  'for one in prlimit unshare; do mount --bind /dev/null "$(command -v $one)" || exit; done; exec "$@"';
const withoutPrograms = ['--map-root-user', '--mount', 'sh', '-c', hide, 'sh'];
const canHide = spawnSync('unshare', [...withoutPrograms, 'true']).status === 0;

test('what the machine lacks is said by the start and by doctor', { timeout: 90_000 }, async () => {
  const under = canHide ? ['unshare', ...withoutPrograms] : [];
  const lacks = canHide
    ? 'without prlimit memory and processor time of a parser are bounded by the server alone; without unshare only'
    : 'without unshare only the runtime keeps a parser from the network';
  const server = serve(under);
  await server.address();
  expect(server.printed()).toMatch(/The parser sandbox is not whole: [^"]*Install util-linux/);
  expect(server.printed()).toContain(lacks);
  await server.end();
  const doctor = [...under, process.execPath, ...childFlags, 'src/cli/main.ts', 'doctor', '--json'];
  const env = { ...environment(), ...databaseUrl() };
  const { stdout } = spawnSync(doctor[0] ?? '', doctor.slice(1), { cwd: root, env, encoding: 'utf8' });
  const { checks } = JSON.parse(stdout) as { checks: { name: string; status: string; found: string }[] };
  expect(checks.find(({ name }) => name === 'sandbox')).toMatchObject({
    status: 'warn',
    found: expect.stringContaining(lacks) as string,
    advice: expect.stringContaining('Install util-linux') as string,
  });
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
