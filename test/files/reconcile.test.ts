import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createDiskStore } from '../../src/files/disk-store.ts';
import {
  createReconciler,
  quarantineMs,
  type Reconcile,
  type Reconciled,
} from '../../src/files/reconcile.ts';
import type { BlobStore } from '../../src/files/blob-store.ts';
import { newConversation } from '../answers/support/asking.ts';
import { textFile } from '../documents/support/files.ts';
import { filesOf, uploadAndWait } from '../documents/support/uploading.ts';
import { newPerson, type Person, sharedApp, type TestApp } from '../support/app.ts';

const dayMs = 24 * 3_600_000;
const app = sharedApp();
let server: TestApp;
let blobs: BlobStore;
let person: Person;
let errors: string[];
let pass: Reconcile;
beforeAll(async () => {
  server = await app();
  blobs = await createDiskStore(server.dataDir);
});
beforeEach(async () => {
  // Each test has originals of its own only.
  await rm(join(server.dataDir, 'blobs'), { recursive: true, force: true });
  await rm(join(server.dataDir, 'quarantine'), { recursive: true, force: true });
  await mkdir(join(server.dataDir, 'blobs'));
  person = await newPerson(server.baseUrl);
  errors = [];
  pass = startReconciler();
});

/** As a process does at its start. */
function startReconciler(): Reconcile {
  const quiet = () => {};
  const log = {
    debug: quiet,
    info: quiet,
    warn: quiet,
    error: (_: object, what: string) => errors.push(what),
  };
  return createReconciler(server.app.db, blobs, log);
}

function reconcile(daysFromNow = 0): Promise<Reconciled> {
  return pass(new Date(Date.now() + 3_700_000 + daysFromNow * dayMs));
}

/** What a killed upload leaves. */
async function plantOrphan(): Promise<string> {
  const key = `${person.id}/${randomUUID()}`;
  await mkdir(join(server.dataDir, 'blobs', person.id), { recursive: true });
  await writeFile(join(server.dataDir, 'blobs', key), 'orphan');
  return key;
}

async function quarantined(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of blobs.listQuarantined()) keys.push(key);
  return keys;
}

async function uploadOne(): Promise<{ id: string; key: string }> {
  const conversation = await newConversation(person);
  const [document] = await uploadAndWait(person, conversation, textFile('kept.txt', 'The kept text.'));
  const { rows } = await server.app.db.pool.query<{ key: string }>(
    'SELECT blob_key AS key FROM documents WHERE id = $1',
    [document?.id],
  );
  return { id: document?.id ?? '', key: rows[0]?.key ?? '' };
}

describe('an original that no document names', () => {
  test('is moved aside at first, and deleted after two weeks', async () => {
    await uploadOne();
    const orphan = await plantOrphan();
    expect(await reconcile()).toMatchObject({ seen: 2, named: 1, quarantined: 1, deleted: 0 });
    expect(await filesOf(server, person)).toHaveLength(1);
    expect(await quarantined()).toEqual([orphan]);
    expect(await reconcile(quarantineMs / dayMs - 1)).toMatchObject({ deleted: 0 });
    expect(await quarantined()).toEqual([orphan]);
    expect(await reconcile(quarantineMs / dayMs + 2)).toMatchObject({ deleted: 1 });
    expect(await quarantined()).toEqual([]);
    expect(errors).toEqual([]);
  });

  test('comes back when one names it again, as of a database that lagged behind', async () => {
    await uploadOne();
    const late = await uploadOne();
    const name = (key: string) =>
      server.app.db.pool.query('UPDATE documents SET blob_key = $1 WHERE id = $2', [key, late.id]);
    await name(`${person.id}/${randomUUID()}`);
    expect(await reconcile()).toMatchObject({ quarantined: 1 });
    await name(late.key);
    expect(await reconcile(30)).toMatchObject({ restored: 1, deleted: 0 });
    expect(await quarantined()).toEqual([]);
    // Who asks for it does not even wait for the next pass.
    await blobs.quarantine(late.key, new Date());
    const response = await person.fetch(`/documents/${late.id}/content`);
    expect(await response.text()).toBe('The kept text.');
  });

  test('is deleted in quarantine too when its document was', async () => {
    const { id, key } = await uploadOne();
    await blobs.quarantine(key, new Date());
    await person.client.documents.delete(id);
    await expect.poll(quarantined, { timeout: 20_000 }).toEqual([]);
  });

  test('stays where it is while the database names none at all', async () => {
    const orphan = await plantOrphan();
    expect(await reconcile()).toMatchObject({ quarantined: 0 });
    expect(await readdir(join(server.dataDir, 'blobs', person.id))).toEqual([orphan.split('/')[1]]);
    expect(errors).toHaveLength(1);
  });

  test('stays where it is, with an alarm, when too many would go', async () => {
    await uploadOne();
    for (let at = 0; at < 12; at += 1) await plantOrphan();
    expect(await reconcile()).toMatchObject({ seen: 13, named: 1, quarantined: 0, deleted: 0 });
    expect(await filesOf(server, person)).toHaveLength(13);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/none is touched/);
  });

  test.each([
    [3, 1],
    [10, 1],
    [3, 8],
    [6, 14],
  ])('stays where it is, with an alarm, when %i would go and %i are left', async (orphans, named) => {
    const files = Array.from({ length: named }, (_, at) => textFile(`${at}.txt`, `Number ${at}.`));
    await uploadAndWait(person, await newConversation(person), ...files);
    for (let at = 0; at < orphans; at += 1) await plantOrphan();
    expect(await reconcile()).toMatchObject({ seen: orphans + named, named, quarantined: 0, deleted: 0 });
    expect(await filesOf(server, person)).toHaveLength(orphans + named);
    expect(errors).toHaveLength(1);
  });

  test('that cannot be deleted keeps no other one', async () => {
    await uploadOne();
    const [broken, other] = [await plantOrphan(), await plantOrphan()];
    const dayOf = (daysAgo: number) => new Date(Date.now() - daysAgo * dayMs);
    await blobs.quarantine(broken, dayOf(40));
    await blobs.quarantine(other, dayOf(39));
    const path = join(server.dataDir, 'quarantine', dayOf(40).toISOString().slice(0, 10), broken);
    await rm(path);
    // A folder is nothing that can be unlinked.
    await mkdir(path);
    await reconcile();
    await expect(reconcile()).rejects.toThrow(/directory/i);
    expect(await quarantined()).toEqual([broken]);
  });

  test('is deleted by no first pass, whatever the clock of a machine that starts says', async () => {
    await uploadOne();
    const orphan = await plantOrphan();
    expect(await reconcile()).toMatchObject({ quarantined: 1 });
    pass = startReconciler();
    expect(await reconcile(400)).toMatchObject({ deleted: 0, kept: 1 });
    expect(await quarantined()).toEqual([orphan]);
    // The clock was right after all.
    expect(await reconcile(400)).toMatchObject({ deleted: 1, kept: 0 });
    expect(await quarantined()).toEqual([]);
  });
});

async function plantUnfinished(): Promise<void> {
  const incoming = join(server.dataDir, 'incoming', randomUUID());
  await writeFile(incoming, 'half');
  await utimes(incoming, new Date(0), new Date(0));
}

test('an upload that was cut off goes after an hour, and strange files are left alone', async () => {
  await uploadOne();
  await reconcile();
  await plantUnfinished();
  await writeFile(join(server.dataDir, 'blobs', 'readme.txt'), 'mine');
  await mkdir(join(server.dataDir, 'blobs', 'lost+found'));
  expect(await reconcile()).toMatchObject({ seen: 1, deleted: 1 });
  expect(await readdir(join(server.dataDir, 'incoming'))).toEqual([]);
});

test('an upload under way is deleted by no first pass, whatever the clock of a machine that starts says', async () => {
  await uploadOne();
  await plantUnfinished();
  expect(await reconcile()).toMatchObject({ deleted: 0 });
  expect(await readdir(join(server.dataDir, 'incoming'))).toHaveLength(1);
  expect(await reconcile()).toMatchObject({ deleted: 1 });
});
