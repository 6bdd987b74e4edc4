import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectDatabase } from '../../src/db/client.ts';
import { hasFreshDatabase, unpackFreshDatabase } from '../../src/db/fresh-database.ts';
import { checkIsolation } from '../../src/db/self-check.ts';
import { createHome } from '../durability/support/server-process.ts';
import { databaseKind, newPerson } from '../support/app.ts';
import { canRecordSyncs, recordSyncs } from '../support/recorded-syncs.ts';

// The embedded database that comes with the package, and what opening it takes.

const root = resolve(import.meta.dirname, '../..');
const migrationsFolder = join(root, 'src/db/migrations');
const maxPeakMegabytes = 600;

let folder: string;

beforeAll(async () => {
  // As `npm install` and `npm pack` do; nothing happens when it is there.
  await promisify(execFile)(process.execPath, [join(root, 'scripts/make-fresh-database.ts')]);
  folder = await realpath(await mkdtemp(join(tmpdir(), 'alcove-fresh-')));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('there is one of the present migrations', async () => {
  expect(await hasFreshDatabase()).toBe(true);
});

test('it is what the migrations make, and nobody has been there', async () => {
  // What a start that was killed has left does not count.
  await mkdir(join(folder, 'pglite.part'));
  await writeFile(join(folder, 'pglite.part/PG_VERSION'), 'half');
  expect(await unpackFreshDatabase(join(folder, 'pglite'))).toBe(true);
  expect(existsSync(join(folder, 'pglite.part'))).toBe(false);
  const db = await connectDatabase({ kind: 'pglite', dataDir: folder });
  try {
    const { rows } = await db.pool.query<{ hash: string }>(
      'SELECT hash FROM drizzle.__drizzle_migrations ORDER BY created_at',
    );
    expect(rows.map(({ hash }) => hash)).toEqual(
      readMigrationFiles({ migrationsFolder }).map(({ hash }) => hash),
    );
    await checkIsolation(db);
    for (const table of ['users', 'installation'])
      expect((await db.pool.query(`SELECT count(*)::int AS n FROM ${table}`)).rows).toEqual([{ n: 0 }]);
  } finally {
    await db.close();
  }
});

test.skipIf(!canRecordSyncs)('its name is forced to the disk', async () => {
  const target = join(folder, 'synced');
  await mkdir(target);
  const synced = await recordSyncs(() => unpackFreshDatabase(join(target, 'pglite')));
  expect(synced).toEqual([{ path: target, names: ['pglite'] }]);
});

// Only Linux tells the most memory that a process has held.
test.skipIf(databaseKind !== 'pglite' || !existsSync('/proc/self/status'))(
  'the first start and the work after it stay below 600 MB',
  async () => {
    const home = await createHome({}, { isNew: true });
    try {
      const server = await home.start();
      const { client } = await newPerson(server.baseUrl);
      // Some thousand words of SQL, after which V8 would optimise the parser of PostgreSQL.
      for (let at = 0; at < 20; at += 1) await client.conversations.create({ title: `Number ${at}` });
      const status = await readFile(`/proc/${server.pid}/status`, 'utf8');
      const peak = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
      expect(peak).toBeGreaterThan(50);
      expect(peak).toBeLessThan(maxPeakMegabytes);
      expect(server.output()).not.toMatch(/unrecognized flag/);
    } finally {
      await home.close();
    }
  },
);
