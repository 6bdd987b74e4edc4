import { randomUUID } from 'node:crypto';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeSetting } from '../../src/config/write-setting.ts';
import { createDiskStore } from '../../src/files/disk-store.ts';
import type { BlobStore } from '../../src/files/blob-store.ts';
import { canRecordSyncs, recordSyncs } from '../support/recorded-syncs.ts';

// After a power failure a file has its name only when the folder that holds the name was forced to the disk, behind the
// rename; the same holds for each new folder above it.
const day = '2031-05-06';
let folder: string;
let dataDir: string;
let store: BlobStore;
let user: string;
let file: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'alcove-names-')));
  dataDir = join(folder, 'new', 'data');
  user = randomUUID();
  file = randomUUID();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function open(): Promise<void> {
  store = await createDiskStore(dataDir);
}
async function put(key: string): Promise<void> {
  await store.put(key, Readable.from([Buffer.from('text')], { objectMode: false }), 1_000);
}

describe.skipIf(!canRecordSyncs)('forced to the disk are', () => {
  test('the folders that a first start makes', async () => {
    const synced = await recordSyncs(open);
    expect(synced).toContainEqual({ path: folder, names: ['new'] });
    expect(synced).toContainEqual({ path: join(folder, 'new'), names: ['data'] });
    expect(synced).toContainEqual({ path: dataDir, names: expect.arrayContaining(['blobs']) as string[] });
  });

  test('an upload and the folder of its user, also when another upload has just made that', async () => {
    await open();
    const first = await recordSyncs(() => put(`${user}/${file}`));
    expect(first).toContainEqual({ path: join(dataDir, 'blobs', user), names: [file] });
    expect(first).toContainEqual({ path: join(dataDir, 'blobs'), names: [user] });
    const second = await recordSyncs(() => put(`${user}/${randomUUID()}`));
    expect(second.map(({ path }) => path)).toContain(join(dataDir, 'blobs'));
  });

  test('both folders of an original that is moved aside, and all that are made for it', async () => {
    await open();
    await put(`${user}/${file}`);
    const synced = await recordSyncs(() => store.quarantine(`${user}/${file}`, new Date(day)));
    const quarantine = join(dataDir, 'quarantine');
    expect(synced).toContainEqual({ path: join(quarantine, day, user), names: [file] });
    expect(synced).toContainEqual({ path: join(quarantine, day), names: [user] });
    expect(synced).toContainEqual({ path: quarantine, names: [day] });
    expect(synced).toContainEqual({
      path: dataDir,
      names: expect.arrayContaining(['quarantine']) as string[],
    });
    expect(synced).toContainEqual({ path: join(dataDir, 'blobs', user), names: [] });
  });

  test('both folders of an original that comes back', async () => {
    await open();
    await put(`${user}/${file}`);
    await store.quarantine(`${user}/${file}`, new Date(day));
    const synced = await recordSyncs(() => store.restore(`${user}/${file}`));
    expect(synced).toContainEqual({ path: join(dataDir, 'blobs', user), names: [file] });
    expect(synced).toContainEqual({ path: join(dataDir, 'quarantine', day, user), names: [] });
  });

  test('the note that says whose the originals are', async () => {
    await open();
    const synced = await recordSyncs(() => store.writeNote('installation.json', '{}'));
    expect(synced).toContainEqual({
      path: dataDir,
      names: expect.arrayContaining(['installation.json']) as string[],
    });
  });

  test('a setting that is written', async () => {
    await writeFile(join(folder, '.env'), 'PORT=1\n');
    const synced = await recordSyncs(() =>
      writeSetting(join(folder, '.env'), 'EMBEDDING_MODEL', 'local:a/b'),
    );
    expect(synced).toEqual([{ path: folder, names: ['.env'] }]);
  });
});
