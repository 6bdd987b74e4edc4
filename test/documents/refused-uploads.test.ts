import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeTemporaryFolder, removeAbandonedFolders } from '../../src/db/temporary-folder.ts';
import { newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { newPerson, type Person, sharedApp, type TestApp } from '../support/app.ts';
import { openUpload } from './support/raw-upload.ts';

const app = sharedApp({ env: { MAX_UPLOAD_MB: '1', ROLE: 'web' } });
let server: TestApp;
let person: Person;
let conversation: string;
beforeAll(async () => {
  server = await app();
  person = await newPerson(server.baseUrl);
  conversation = await newConversation(person);
});

/** Files that this process holds open in the data folder and in folders of uploads. */
async function openFiles(): Promise<string[]> {
  const links = (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''));
  return (await Promise.all(links)).filter(
    // Of this server: other files of tests run in this process too.
    (path) =>
      (path.startsWith(server.dataDir) && /\/(incoming|blobs)\//.test(path)) ||
      path.includes('alcove-upload-'),
  );
}

async function leftovers(): Promise<string[]> {
  const folders = (await readdir(tmpdir())).filter(
    (name) => name.startsWith('alcove-upload-') && name.includes(`-${process.pid}-`),
  );
  return [...folders, ...(await readdir(join(server.dataDir, 'incoming')))];
}

async function expectNothingHeld(): Promise<void> {
  await until('no file is open', async () => (await openFiles()).length === 0);
  await until('no file is left', async () => (await leftovers()).length === 0);
}

describe.skipIf(process.platform !== 'linux')('many refused uploads leave no file and no descriptor', () => {
  test.each([
    ['of nobody knows which conversation', 400, null],
    ['into a conversation that does not exist', 404, crypto.randomUUID()],
  ])('%s', async (_what, status, id) => {
    for (let at = 0; at < 30; at += 1) {
      const form = new FormData();
      // Files before the field that says where they belong.
      for (const name of ['a.txt', 'b.txt']) form.append('file', new Blob(['early '.repeat(50_000)]), name);
      if (id !== null) form.append('conversationId', id);
      const response = await person.fetch('/api/upload', { method: 'POST', body: form });
      expect(response.status).toBe(status);
      await response.text();
    }
    await expectNothingHeld();
  });

  test.each([
    ['of an unknown type', 415, new Blob([new Uint8Array(5_000).fill(7)]), 'a.bin'],
    ['that are too large', 413, new Blob(['x'.repeat(1_200_000)]), 'a.txt'],
  ])('%s', async (_what, status, file, name) => {
    for (let at = 0; at < 20; at += 1) {
      const form = new FormData();
      form.append('file', new Blob(['fine']), 'fine.txt');
      form.append('file', file, name);
      const response = await person.fetch(`/conversations/${conversation}/documents`, {
        method: 'POST',
        body: form,
      });
      expect(response.status).toBe(status);
      await response.text();
    }
    await expectNothingHeld();
  });

  test('that are dropped on the way', async () => {
    for (let at = 0; at < 20; at += 1) {
      const upload = await openUpload(server.baseUrl, person, conversation, 'cut.txt', 500_000);
      await upload.write(Buffer.alloc(100_000, 'x'));
      upload.abort();
    }
    await expectNothingHeld();
  });
});

test('temporary folders of a killed process go at the next start, those of a living one stay', async () => {
  const mine = await makeTemporaryFolder('upload');
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  // As the child would name it; it is gone a moment later.
  const theirs = mine.replace(`-${process.pid}-`, `-${child.pid}-`);
  await mkdir(theirs);
  const unrelated = await mkdtemp(join(tmpdir(), 'alcove-upload-'));
  child.kill('SIGKILL');
  await once(child, 'exit');
  await removeAbandonedFolders();
  const names = await readdir(tmpdir());
  expect(names).toContain(basename(mine));
  expect(names).toContain(basename(unrelated));
  expect(names).not.toContain(basename(theirs));
  await Promise.all([mine, unrelated].map((path) => rm(path, { recursive: true })));
});

test('a folder of a killed server that its parser still writes to does not keep the next one from starting', async () => {
  const mine = await makeTemporaryFolder('code');
  const gone = spawn(process.execPath, ['-e', '']);
  await once(gone, 'exit');
  const theirs = mine.replace(`-${process.pid}-`, `-${gone.pid}-`);
  await mkdir(theirs);
  // Slower than it is emptied, on any machine: each start takes away more than has come since the last.
  const write = `const pause = new Int32Array(new SharedArrayBuffer(4));
    for (let n = 0; ; Atomics.wait(pause, 0, 0, 1)) {
      try { fs.mkdirSync(process.argv[1] + '/a/' + n, { recursive: true }); fs.writeFileSync(process.argv[1] + '/a/' + n++ + '/b', ''); } catch {}
    }`;
  const writer = spawn(process.execPath, ['-e', write, theirs], { timeout: 50_000, killSignal: 'SIGKILL' });
  try {
    await until('it writes', async () => (await readdir(theirs)).length > 0);
    for (let starts = 0; starts < 5; starts += 1) await removeAbandonedFolders();
  } finally {
    writer.kill('SIGKILL');
    await once(writer, 'exit');
  }
  await removeAbandonedFolders();
  expect(await readdir(tmpdir())).not.toContain(basename(theirs));
  await rm(mine, { recursive: true });
});
