import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, open, readdir, readlink, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { type BlobStore, headBytes } from '../../src/files/blob-store.ts';
import { openBucket } from '../../src/files/bucket.ts';
import type { BucketConfig } from '../../src/files/bucket-config.ts';
import { openBlobStore } from '../../src/files/open-store.ts';
import { hasCode } from '../../src/errors.ts';
import { type S3Server, startS3Server } from './support/s3-server.ts';

// What every store promises, whatever keeps the bytes.
const megabyte = 1024 * 1024;
let folder: string;
let s3: S3Server;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alcove-store-'));
  s3 = await startS3Server();
}, 60_000);
afterAll(async () => {
  await s3?.close();
  await rm(folder, { recursive: true, force: true });
});

const places: [name: string, settings: () => Record<string, string>][] = [
  ['disk', () => ({})],
  ['a bucket', () => s3.env('')],
  ['a bucket with a prefix', () => s3.env('some where/else')],
  ['a bucket as Google names it', () => asGoogle(s3.env('google'))],
];

/** Google Cloud Storage speaks the same protocol, at another address. */
function asGoogle({ BLOBS_URL = '', ...settings }: Record<string, string>): Record<string, string> {
  return { ...settings, BLOBS_URL: BLOBS_URL.replace(/^s3:/, 'gs:') };
}

describe.each(places)('on %s', (name, settings) => {
  let store: BlobStore;
  let dataDir: string;
  beforeAll(async () => {
    dataDir = join(folder, name);
    const config = readConfig({ DATA_DIR: dataDir, ...settings() });
    store = await openBlobStore(config.blobs, config.dataDir);
  });

  const newKey = (user: string = randomUUID()): string => `${user}/${randomUUID()}`;
  const put = (key: string, content: string | Buffer) =>
    store.put(key, Readable.from([Buffer.from(content)], { objectMode: false }), megabyte);
  async function read(key: string): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of (await store.read(key)) as AsyncIterable<Buffer>) parts.push(part);
    return Buffer.concat(parts);
  }
  async function all<T>(things: AsyncIterable<T>): Promise<T[]> {
    const found: T[] = [];
    for await (const thing of things) found.push(thing);
    return found;
  }
  const keys = async (): Promise<string[]> => (await all(store.list())).map(({ key }) => key);
  const underWay = (): Promise<string[]> => readdir(join(dataDir, 'incoming'));

  test('a blob comes back byte by byte, with its size, hash and beginning', async () => {
    const key = newKey();
    const content = Buffer.alloc(200_000, 'The kestrel hovers. ');
    const stored = await put(key, content);
    expect(stored.bytes).toBe(content.length);
    expect(stored.sha256).toBe(createHash('sha256').update(content).digest('hex'));
    expect(Buffer.from(stored.head).equals(content.subarray(0, headBytes))).toBe(true);
    expect((await read(key)).equals(content)).toBe(true);
    expect(await underWay()).toEqual([]);
  });

  test('an empty blob is a blob', async () => {
    const key = newKey();
    expect(await put(key, '')).toMatchObject({ bytes: 0 });
    expect((await read(key)).length).toBe(0);
  });

  test('a blob that is put again is the new one', async () => {
    const key = newKey();
    await put(key, 'old');
    await put(key, 'new');
    expect((await read(key)).toString()).toBe('new');
  });

  test('nothing is kept of what is too large or breaks off', async () => {
    const key = newKey();
    await expect(put(key, Buffer.alloc(megabyte + 1))).rejects.toSatisfy((error) =>
      hasCode(error, 'too_large'),
    );
    const broken = Readable.from(
      (function* () {
        yield Buffer.from('begin');
        throw new Error('cut off');
      })(),
      { objectMode: false },
    );
    await expect(store.put(key, broken, megabyte)).rejects.toThrow('cut off');
    await expect(store.read(key)).rejects.toSatisfy((error) => hasCode(error, 'original_missing'));
    expect(await keys()).not.toContain(key);
    expect(await underWay()).toEqual([]);
  });

  test('what a killed process left is deleted when it is old', async () => {
    const left = join(dataDir, 'incoming', 'left');
    await writeFile(left, 'half');
    expect(await store.deleteUnfinished(new Date(Date.now() - 60_000))).toBe(0);
    await utimes(left, new Date(0), new Date(0));
    expect(await store.deleteUnfinished(new Date(Date.now() - 60_000))).toBe(1);
    expect(await underWay()).toEqual([]);
  });

  test('a missing blob is said to be missing, and counts as deleted', async () => {
    const key = newKey();
    await expect(store.read(key)).rejects.toSatisfy((error) => hasCode(error, 'original_missing'));
    await store.delete(key);
  });

  test('a key that is none of ours is refused, and does not leave its place', async () => {
    await expect((async () => store.read('../../etc/passwd'))()).rejects.toThrow('not a blob key');
    await expect((async () => put(`${randomUUID()}/..`, 'x'))()).rejects.toThrow('not a blob key');
  });

  test('the list has every blob with its age, those of one user together', async () => {
    const users = [randomUUID(), randomUUID(), randomUUID()];
    const mine = users.flatMap((user) => [newKey(user), newKey(user), newKey(user)]);
    for (const key of mine.toSorted((a, b) => a.slice(-5).localeCompare(b.slice(-5)))) await put(key, key);
    const listed = (await all(store.list())).filter(({ key }) => mine.includes(key));
    expect(listed.map(({ key }) => key).toSorted()).toEqual(mine.toSorted());
    for (const { modifiedAt } of listed)
      expect(Math.abs(Date.now() - modifiedAt.getTime())).toBeLessThan(60_000);
    const owners = listed.map(({ key }) => key.slice(0, 36));
    expect(owners.filter((owner, at) => owner !== owners[at - 1])).toHaveLength(users.length);
  });

  test('quarantine hides a blob with its day, and gives it back to who asks for it', async () => {
    const key = newKey();
    await put(key, 'aside');
    await store.quarantine(key, new Date('2031-05-06T23:00:00Z'));
    expect(await keys()).not.toContain(key);
    expect(await all(store.listQuarantined())).toContainEqual({ key, since: new Date('2031-05-07') });
    expect(await store.restore(key)).toBe(true);
    expect(await store.restore(key)).toBe(false);
    expect(await keys()).toContain(key);
    await store.quarantine(key, new Date());
    expect((await read(key)).toString()).toBe('aside');
    expect(await keys()).toContain(key);
    await store.quarantine(key, new Date());
    await store.delete(key);
    expect(await all(store.listQuarantined())).toEqual([]);
    await expect(store.read(key)).rejects.toSatisfy((error) => hasCode(error, 'original_missing'));
  });

  test('a blob that comes out of quarantine takes the place of one that was put since', async () => {
    const key = newKey();
    await put(key, 'first');
    await store.quarantine(key, new Date());
    await put(key, 'second');
    expect(await store.restore(key)).toBe(true);
    expect((await read(key)).toString()).toBe('first');
    expect(await all(store.listQuarantined())).toEqual([]);
    await store.delete(key);
  });

  test('notes are written whole, read and deleted', async () => {
    expect(await store.readNote('notes/one')).toBeNull();
    await store.writeNote('notes/one', 'first');
    await store.writeNote('notes/one', 'sécond');
    expect(await store.readNote('notes/one')).toBe('sécond');
    await store.deleteNote('notes/one');
    await store.deleteNote('notes/one');
    expect(await store.readNote('notes/one')).toBeNull();
    expect(await keys()).not.toContain('notes/one');
  });
});

test.runIf(existsSync('/proc/self/fd'))(
  'a file that a bad disk cannot tell of is not left open',
  async () => {
    const store = await openBlobStore({ kind: 'disk' }, join(folder, 'bad disk'));
    const key = `${randomUUID()}/${randomUUID()}`;
    await store.put(key, Readable.from(['kept'], { objectMode: false }), megabyte);
    const probe = await open(folder, 'r');
    const prototype = Object.getPrototypeOf(probe) as { stat: () => Promise<unknown> };
    await probe.close();
    const { stat } = prototype;
    prototype.stat = () => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' }));
    try {
      await expect(store.read(key)).rejects.toThrow(/missing or cannot be read/);
    } finally {
      prototype.stat = stat;
    }
    const links = await Promise.all(
      (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
    );
    expect(links.filter((path) => path.endsWith(key))).toEqual([]);
  },
);

test(
  'originals from a bucket that nobody begins to read give their connections back',
  { timeout: 30_000 },
  async () => {
    const { blobs } = readConfig(s3.env('unread'));
    const bucket = await openBucket(blobs as BucketConfig);
    const path = join(folder, 'large');
    const content = Buffer.alloc(4 * megabyte, 'x');
    await writeFile(path, content);
    const md5 = createHash('md5').update(content).digest('base64');
    await bucket.put('large', { path, bytes: content.length, md5 });
    // More than the library opens at once.
    for (let at = 0; at < 60; at += 1) (await bucket.get('large'))?.destroy();
    expect((await bucket.get('large'))?.destroy()).toBeDefined();
  },
);

test.each([
  ['is gone', 'nowhere'],
  ['cannot be read', '.'],
])('an upload to a bucket whose file %s is refused, and no more than that', async (_, path) => {
  const { blobs } = readConfig(s3.env('unread'));
  const bucket = await openBucket(blobs as BucketConfig);
  const file = { path: join(folder, path), bytes: 4, md5: createHash('md5').update('gone').digest('base64') };
  await expect(bucket.put('unread', file)).rejects.toThrow(/could not be read/);
  expect(await bucket.get('unread')).toBeNull();
});

test('a bucket of more than a page is listed whole', { timeout: 120_000 }, async () => {
  const config = readConfig({ DATA_DIR: join(folder, 'pages'), ...s3.env('pages') });
  const store = await openBlobStore(config.blobs, config.dataDir);
  const user = randomUUID();
  const many = Array.from({ length: 1_010 }, () => `${user}/${randomUUID()}`);
  for (let at = 0; at < many.length; at += 20)
    await Promise.all(
      many
        .slice(at, at + 20)
        .map((key) => store.put(key, Readable.from(['x'], { objectMode: false }), megabyte)),
    );
  const listed: string[] = [];
  for await (const { key } of store.list()) listed.push(key);
  expect(listed).toEqual(many.toSorted());
});
