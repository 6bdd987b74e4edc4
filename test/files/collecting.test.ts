import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { collectBlobs } from '../../src/files/collect.ts';
import { createDiskStore } from '../../src/files/disk-store.ts';
import { queueBlobs } from '../../src/files/store.ts';
import { newPerson, sharedApp, type TestApp } from '../support/app.ts';

// Originals that nothing names any more, of which some cannot be erased.

/** Has no worker that could erase what a test is about to queue. */
const app = sharedApp({ env: { ROLE: 'web' } });
const minuteMs = 60_000;

/** Originals of a new person that are due, the oldest first; the first `broken` are folders, which nothing unlinks. */
async function queued(server: TestApp, count: number, broken: number): Promise<string[]> {
  const { id: userId } = await newPerson(server.baseUrl);
  const keys = Array.from({ length: count }, () => `${userId}/${randomUUID()}`);
  const now = Date.now();
  for (const [at, key] of keys.entries()) {
    const path = pathOf(server, key);
    await mkdir(dirname(path), { recursive: true });
    await (at < broken ? mkdir(path) : writeFile(path, 'original'));
    const due = new Date(now - (count - at) * 1_000);
    await server.app.db.scoped({ userId }, (tx) => queueBlobs(tx, userId, [key], due));
  }
  return keys;
}

function pathOf({ dataDir }: TestApp, key: string): string {
  return join(dataDir, 'blobs', key);
}

async function collect(server: TestApp, inMs = 0): Promise<number> {
  const blobs = await createDiskStore(server.dataDir);
  return collectBlobs(server.app.db, blobs, new Date(Date.now() + inMs), { held: 0 });
}

test('an original that cannot be erased keeps no other one, and is tried again later', async () => {
  const server = await app();
  const [broken = '', ...others] = await queued(server, 3, 1);
  const [ofAnother = ''] = await queued(server, 1, 0);
  await expect(collect(server)).rejects.toThrow(/directory/i);
  for (const key of [...others, ofAnother]) expect(existsSync(pathOf(server, key)), key).toBe(false);
  expect(existsSync(pathOf(server, broken))).toBe(true);
  expect(await collect(server, 9 * minuteMs)).toBe(0);
  await rm(pathOf(server, broken), { recursive: true });
  await writeFile(pathOf(server, broken), 'original');
  expect(await collect(server, 11 * minuteMs)).toBe(1);
  expect(existsSync(pathOf(server, broken))).toBe(false);
});

test('where nothing can be erased a pass ends soon, and the next one goes on behind it', async () => {
  const server = await app();
  for (let at = 0; at < 4; at += 1) await queued(server, 1, 1);
  const [last = ''] = await queued(server, 1, 0);
  await expect(collect(server)).rejects.toThrow(/directory/i);
  expect(existsSync(pathOf(server, last))).toBe(true);
  await expect(collect(server)).rejects.toThrow(/directory/i);
  expect(existsSync(pathOf(server, last))).toBe(false);
});
