import { execFile } from 'node:child_process';
import { appendFile, chown, mkdir, mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { type EmbeddedPostgres, startPglite } from '../../src/db/pglite.ts';
import { DatabaseAway, goneMeanwhile, translateDatabaseError } from '../../src/db/errors.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createCluster,
  findPostgres,
  type PrivateCluster,
  userId,
} from '../durability/support/private-cluster.ts';
import { databaseKind } from '../support/app.ts';
import { runCli } from '../support/run-cli.ts';

const run = promisify(execFile);
const bin = await findPostgres();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alcove-causes-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the command says on this database, one sentence and nothing else. */
async function complaint(env: Record<string, string>): Promise<string> {
  const ended = await runCli(['db', 'migrate'], { DATA_DIR: folder, ...env });
  expect(ended).toMatchObject({ code: 1, stdout: '' });
  expect(ended.stderr).not.toContain('secret-word');
  expect(ended.stderr.trim().split('\n')).toHaveLength(1);
  return ended.stderr.trim();
}

describe.skipIf(databaseKind === 'pglite' || bin === null)(
  'why PostgreSQL cannot be used is said with host, port and what to do',
  { timeout: 180_000 },
  () => {
    let cluster: PrivateCluster;
    let address: string;
    let authority: string;
    beforeAll(async () => {
      cluster = await createCluster(bin ?? '');
      address = `127.0.0.1:${new URL(cluster.url).port}`;
      authority = await makeCertificates(cluster.folder);
      // The first line that fits counts: so these go before those that trust everybody.
      await admin("CREATE ROLE guarded LOGIN PASSWORD 'right'", 'CREATE ROLE crowd LOGIN CONNECTION LIMIT 0');
      await admin('CREATE DATABASE reading', 'ALTER DATABASE reading SET default_transaction_read_only = on');
      await writeFile(
        join(cluster.folder, 'pg_hba.conf'),
        'host all guarded all scram-sha-256\nhostssl all tls all trust\nhost all tls all reject\nhost all all all trust\nhost replication all all trust\n',
      );
      await admin('CREATE ROLE tls LOGIN SUPERUSER', 'SELECT pg_reload_conf()');
    }, 60_000);
    afterAll(() => cluster?.remove());

    async function admin(...statements: string[]): Promise<void> {
      const client = new pg.Client({ connectionString: cluster.url });
      await client.connect();
      for (const statement of statements) await client.query(statement);
      await client.end();
    }

    function urlOf(user: string, more = ''): string {
      return `postgres://${user}:secret-word@${address}/postgres${more}`;
    }

    test.each([
      [
        'an unknown host',
        'postgres://a:secret-word@no-such-host.invalid:5433/x',
        /no-such-host\.invalid:5433 has a host name that nobody knows/,
      ],
      [
        'a socket that is not there',
        'postgres://a:secret-word@/x?host=/nowhere',
        /at \/nowhere has no socket there/,
      ],
    ])('%s', async (_name, url, sentence) => {
      expect(await complaint({ DATABASE_URL: url })).toMatch(sentence);
    });

    test('a wrong password, a full house, a database that only reads', async () => {
      const said = (what: string): string => `The database at ${address} ${what}`;
      expect(await complaint({ DATABASE_URL: urlOf('guarded') })).toContain(
        said('refuses this user or password'),
      );
      expect(await complaint({ DATABASE_URL: urlOf('crowd') })).toContain(said('has no connection left'));
      expect(await complaint({ DATABASE_URL: urlOf('postgres').replace(/postgres$/, 'reading') })).toMatch(
        /^The database at 127\.0\.0\.1:\d+ is read-only \(default_transaction_read_only is on\): switch that off/,
      );
    });

    test('a disk that is full', async () => {
      await admin('CREATE DATABASE crammed');
      const crammed = urlOf('postgres').replace(/postgres$/, 'crammed');
      const client = new pg.Client({ connectionString: crammed });
      await client.connect();
      // As PostgreSQL says it when a file cannot grow.
      await client.query(`CREATE FUNCTION no_room() RETURNS event_trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$`);
      await client.query('CREATE EVENT TRIGGER no_room ON ddl_command_start EXECUTE FUNCTION no_room()');
      await client.end();
      expect(await complaint({ DATABASE_URL: crammed })).toBe(
        `The database at ${address} has no room left on its disk: make room there and start again.`,
      );
    });

    test('a standby', async () => {
      const standby = await cluster.addStandby();
      try {
        expect(await complaint({ DATABASE_URL: standby.url })).toMatch(
          /^The database at 127\.0\.0\.1:\d+ is a standby, which only reads: let DATABASE_URL name the primary\.$/,
        );
      } finally {
        await standby.remove();
      }
    });

    test('TLS that is demanded or not spoken, and a private authority until it is named', async () => {
      expect(await complaint({ DATABASE_URL: urlOf('tls') })).toMatch(/sslmode=verify-full/);
      expect(await complaint({ DATABASE_URL: urlOf('postgres', '?sslmode=verify-full') })).toMatch(
        /does not speak TLS: take sslmode out/,
      );
      await admin(
        `ALTER SYSTEM SET ssl_cert_file = '${join(cluster.folder, 'server.crt')}'`,
        `ALTER SYSTEM SET ssl_key_file = '${join(cluster.folder, 'server.key')}'`,
        'ALTER SYSTEM SET ssl = on',
        'SELECT pg_reload_conf()',
      );
      expect(await complaint({ DATABASE_URL: urlOf('tls', '?sslmode=verify-full') })).toMatch(
        /shows a certificate that is not trusted.*PGSSLROOTCERT/,
      );
      const trusting = { DATABASE_URL: urlOf('tls'), PGSSLROOTCERT: authority };
      expect(await runCli(['db', 'migrate'], { DATA_DIR: folder, ...trusting })).toMatchObject({
        code: 0,
        stderr: '',
      });
    });
  },
);

describe('why the embedded database cannot be used', { timeout: 120_000 }, () => {
  test('a damaged folder', async () => {
    const data = join(folder, 'damaged');
    await mkdir(join(data, 'database', 'pglite'), { recursive: true });
    await writeFile(join(data, 'database', 'pglite', 'PG_VERSION'), '12\n');
    expect(await complaint({ DATA_DIR: data })).toMatch(
      /^The embedded database in .* cannot be opened \(.*restore a backup/,
    );
  });

  test('a full disk', async (context) => {
    const data = join(folder, 'full');
    await mkdir(data);
    if (!(await mountSmallDisk(data, '8m'))) context.skip('nobody but root may make a small disk');
    try {
      const said = await complaint({ DATA_DIR: data });
      expect(said).toMatch(/^The embedded database in .* cannot be opened: the disk is full: make room/);
      expect(said).not.toMatch(/move it away/);
      // Its own files are too many as well, where it is not unpacked.
      await rm(join(data, 'database'), { recursive: true, force: true });
      await mkdir(join(data, 'database'));
      expect(await complaint({ DATA_DIR: data })).toBe(said);
    } finally {
      await run('umount', [data]);
    }
  });

  test('a disk that is still full when a database is there', async (context) => {
    const data = join(folder, 'filled');
    await mkdir(data);
    if (!(await mountSmallDisk(data, '120m'))) context.skip('nobody but root may make a small disk');
    const filler = join(data, 'filler');
    const database = join(data, 'database');
    try {
      await runCli(['db', 'migrate'], { DATA_DIR: data });
      // Less than a segment of the log, so that the log cannot grow when the database recovers either.
      await fill(filler, 8 * 1024 * 1024);
      await writeUntilFull(database);
      expect(await complaint({ DATA_DIR: data })).toMatch(
        /^The embedded database in .* cannot be opened \(.*\), and its disk has \d MB left: make room for 32 MB/,
      );
      await fill(filler, 0);
      expect(await complaint({ DATA_DIR: data })).toMatch(
        /^The embedded database in .* cannot be opened: the disk is full: make room and start again; nothing is lost\.$/,
      );
      await rm(filler);
      const opened = await startPglite(database);
      const client = await connectTo(opened);
      expect((await client.query('SELECT count(*)::int AS n FROM kept')).rows).toEqual([{ n: 200 }]);
      await client.query('DROP TABLE kept');
      await client.end();
      await opened.close();
      expect(await runCli(['db', 'migrate'], { DATA_DIR: data })).toMatchObject({ code: 0, stderr: '' });
    } finally {
      // The thread that was stopped leaves its files open until this process ends.
      await run('umount', ['--lazy', data]);
    }
  });

  test('a folder for its socket that is too long', async () => {
    const long = join(folder, 'x'.repeat(100));
    await mkdir(long);
    expect(await complaint({ DATA_DIR: join(folder, 'long'), TMPDIR: long })).toMatch(
      /is too long for the socket of the embedded database \(103 bytes\): set TMPDIR/,
    );
  });
});

async function mountSmallDisk(at: string, size: string): Promise<boolean> {
  return run('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0777`, 'none', at]).then(
    () => true,
    () => false,
  );
}

/** Makes a file so large that this many bytes are left. */
async function fill(file: string, left: number): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(file));
  await appendFile(file, Buffer.alloc(Math.max(0, bavail * bsize - left)));
}

/** Changes the same rows until the log cannot grow, which ends the database as a crash does. */
async function writeUntilFull(dataDir: string): Promise<void> {
  const embedded = await startPglite(dataDir);
  const client = await connectTo(embedded);
  await client.query(
    "CREATE TABLE kept AS SELECT n, repeat('x', 500) AS filling FROM generate_series(1, 200) AS n",
  );
  const write = async (): Promise<never> => {
    for (;;)
      for (const statement of ['UPDATE kept SET n = n + 1', 'VACUUM kept']) await client.query(statement);
  };
  await expect(write()).rejects.toThrow(/No space left/);
  await embedded.close();
}

async function connectTo({ socketFolder }: EmbeddedPostgres): Promise<pg.Client> {
  const client = new pg.Client({ host: socketFolder, user: 'postgres', database: 'postgres' });
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** A certificate for 127.0.0.1 by an authority of its own. @returns the authority's file */
async function makeCertificates(data: string): Promise<string> {
  const ca = join(folder, 'authority.crt');
  const [caKey, request, extensions] = ['authority.key', 'server.csr', 'extensions'].map((name) =>
    join(folder, name),
  );
  const [key, certificate] = [join(data, 'server.key'), join(data, 'server.crt')];
  const make = (...args: string[]) => run('openssl', args);
  const fresh = ['-newkey', 'rsa:2048', '-nodes'];
  await make(
    'req',
    '-x509',
    ...fresh,
    '-days',
    '2',
    '-subj',
    '/CN=authority',
    '-keyout',
    caKey ?? '',
    '-out',
    ca,
  );
  await make('req', ...fresh, '-subj', '/CN=server', '-keyout', key, '-out', request ?? '');
  await appendFile(extensions ?? '', 'subjectAltName = IP:127.0.0.1\n');
  await make(
    'x509',
    '-req',
    '-days',
    '2',
    '-in',
    request ?? '',
    '-CA',
    ca,
    '-CAkey',
    caKey ?? '',
    '-CAcreateserial',
    '-extfile',
    extensions ?? '',
    '-out',
    certificate,
  );
  if (process.getuid?.() === 0)
    for (const file of [key, certificate]) await chown(file, await userId('postgres'), -1);
  return ca;
}

test('a file that is missing is no database that is away; a missing socket is', () => {
  const missing = (syscall: string) => Object.assign(new Error('ENOENT'), { code: 'ENOENT', syscall });
  expect(translateDatabaseError(missing('open'))).not.toBeInstanceOf(DatabaseAway);
  expect(translateDatabaseError(missing('connect'))).toBeInstanceOf(DatabaseAway);
  expect(
    goneMeanwhile(Object.assign(new Error(), { code: '23503', constraint: 'api_keys_conversation' })),
  ).toBe('conversation');
});
