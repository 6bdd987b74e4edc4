import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { createDiskStore } from '../../src/files/disk-store.ts';
import { newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { encryptedPdf, textFile } from '../documents/support/files.ts';
import { filesOf, uploadAndWait } from '../documents/support/uploading.ts';
import { openToLook } from '../support/open-to-look.ts';
import { newPerson, type Person, personOf, startTestApp, type TestApp } from '../support/app.ts';
import { childEnvironment, childFlags } from '../support/child-environment.ts';
import { runCli } from '../support/run-cli.ts';
import { contentOf } from './support/installation-content.ts';

// An installation that went on after its backup: what `restore --replace` does to it when it does not come to its end.
const largeBytes = 8 * 1024 * 1024;
let app: TestApp;
let folder: string;
let file: string;
/** A backup holds the originals of one before those of the other. */
let first: Person;
let last: Person;
let conversation: string;
/** In the backup and still there. */
let kept: string;
/** In the backup, and deleted since. */
let deleted: string;
/** Not in the backup. */
let later: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alcove-restore-test-'));
  file = join(folder, 'alcove.backup');
  app = await startTestApp();
  const people = [await newPerson(app.baseUrl), await newPerson(app.baseUrl)];
  [first, last] = people.toSorted((a, b) => (a.id < b.id ? -1 : 1)) as [Person, Person];
  conversation = await newConversation(first);
  await uploadAndWait(first, conversation, textFile('kept.txt', 'The kestrel hovers above the cliff.'));
  [kept = ''] = await filesOf(app, first);
  const [gone] = await uploadAndWait(first, conversation, textFile('gone.txt', 'The plover runs.'));
  deleted = (await filesOf(app, first)).find((path) => path !== kept) ?? '';
  const large = encryptedPdf('large.pdf', 'x'.repeat(largeBytes));
  await uploadAndWait(last, await newConversation(last), large);
  const made = await runCli(['backup', file], app.env);
  expect(made, made.stderr).toMatchObject({ code: 0 });

  await first.client.documents.delete(gone?.id ?? '');
  await until('its original is deleted', async () => !(await filesOf(app, first)).includes(deleted));
  await uploadAndWait(first, conversation, textFile('later.txt', 'The tern came after the backup.'));
  later = (await filesOf(app, first)).find((path) => path !== kept) ?? '';
  await app.stop();
}, 300_000);
afterAll(async () => {
  await app?.close();
  await rm(folder, { recursive: true, force: true });
});

async function withDatabase<T>(work: (db: Database) => Promise<T>): Promise<T> {
  const db = await openToLook(app.env);
  try {
    return await work(db);
  } finally {
    await db.close();
  }
}

const content = () => withDatabase((db) => contentOf(db.pool, app.dataDir));
const restore = () => runCli(['restore', file, '--replace'], app.env);

/** Each original that a row names can be read, and is the one that the row tells of. */
async function expectOriginalsOfRows(): Promise<void> {
  const named = await withDatabase(async ({ pool }) => {
    const { rows } = await pool.query<{ key: string; sha256: string }>(
      'SELECT blob_key AS key, sha256 FROM documents',
    );
    return rows;
  });
  expect(named).toHaveLength(3);
  const blobs = await createDiskStore(app.dataDir);
  for (const { key, sha256 } of named) {
    const bytes = await buffer(await blobs.read(key));
    expect(createHash('sha256').update(bytes).digest('hex'), key).toBe(sha256);
  }
}

describe('a restore that replaces what is there', { timeout: 180_000 }, () => {
  test('leaves rows and originals as they were when an original cannot be written', async () => {
    const before = await content();
    // One that is only in quarantine is somebody's too.
    const aside = kept.replace('blobs', 'quarantine/2026-01-01');
    await mkdir(dirname(join(app.dataDir, aside)), { recursive: true });
    await rename(join(app.dataDir, kept), join(app.dataDir, aside));
    const inTheWay = join(app.dataDir, 'blobs', last.id);
    await rename(inTheWay, join(folder, 'moved'));
    await writeFile(inTheWay, 'no folder');
    const failed = await restore();
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/EEXIST|ENOTDIR/);
    await rm(inTheWay);
    await rename(join(folder, 'moved'), inTheWay);
    await expectOriginalsOfRows();
    expect(await content()).toEqual(before);
  });

  test('touches nothing when the database is of a newer version', async () => {
    const before = await content();
    await withDatabase(({ pool }) =>
      pool.query(
        `INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('newer', 9000000000000)`,
      ),
    );
    const refused = await restore();
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('newer version') as string });
    await withDatabase(({ pool }) =>
      pool.query(`DELETE FROM drizzle.__drizzle_migrations WHERE hash = 'newer'`),
    );
    expect(await content()).toEqual(before);
  });

  test('leaves every row its original when it is killed', async () => {
    const child = spawn(process.execPath, [...childFlags, 'src/cli/main.ts', 'restore', file, '--replace'], {
      cwd: resolve(import.meta.dirname, '../..'),
      env: { ...childEnvironment(), ...app.env },
      stdio: 'ignore',
    });
    const exited = once(child, 'exit');
    const hasCome = async (): Promise<boolean> => (await filesOf(app, first)).includes(deleted);
    // The large original is being written when this is seen.
    await until('the first originals have come', hasCome, 60_000, 2);
    child.kill('SIGKILL');
    await exited;
    await expectOriginalsOfRows();
  });

  test('keeps what has come when it fails after the commit, and ends when it is run again', async () => {
    const note = join(app.dataDir, 'installation.json');
    await rm(note);
    await mkdir(note);
    const failed = await restore();
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/^The restore did not come to its end: .*run it again with --replace\.$/m);
    await expectOriginalsOfRows();
    const { originals: _, ...rows } = await content();

    await rm(note, { recursive: true });
    const again = await restore();
    expect(again, again.stderr).toMatchObject({ code: 0 });
    await expectOriginalsOfRows();
    expect(await content()).toMatchObject(rows);
    // The killed one left half a file, which the reconciler looks after.
    const originals = (await filesOf(app, first)).filter((path) => !path.startsWith('incoming'));
    expect(originals.toSorted()).toEqual([kept, deleted].toSorted());
    // What came after the backup is kept aside, and nothing else.
    const aside: string[] = [];
    for await (const { key } of (await createDiskStore(app.dataDir)).listQuarantined()) aside.push(key);
    expect(aside).toEqual([later.replace('blobs/', '')]);

    const restored = await startTestApp({ like: app });
    const reader = personOf(restored.baseUrl, first.token, first);
    const { documents } = await reader.client.documents.list(conversation);
    expect(documents.map(({ name }) => name).toSorted()).toEqual(['gone.txt', 'kept.txt']);
    await restored.close();
  });
});
