import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';

// What does not fit is refused before it is on the disk, and nobody's upload is not read on.

let app: TestApp;
let person: Person;

beforeAll(async () => {
  app = await startTestApp({
    env: { MAX_BYTES_PER_USER_MB: '1', UPLOADS_PER_USER: '3', MAX_UPLOAD_MB: '50' },
  });
  person = await newPerson(app.baseUrl);
});

afterAll(() => app?.close());

async function bytesOnDisk(): Promise<number> {
  const files = await Promise.all(
    ['blobs', 'incoming'].map((name) =>
      readdir(join(app.dataDir, name), { recursive: true, withFileTypes: true }).catch(() => []),
    ),
  );
  const sizes = files
    .flat()
    .filter((entry) => entry.isFile())
    .map((entry) =>
      stat(join(entry.parentPath, entry.name)).then(
        ({ size }) => size,
        () => 0,
      ),
    );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

function send(id: string, bytes: number): Promise<Response> {
  const form = new FormData();
  form.append('file', new File(['x'.repeat(bytes)], 'a.txt'));
  return person.fetch(`/conversations/${id}/documents`, { method: 'POST', body: form });
}

test('a file beyond the quota is refused while it comes, and is not on the disk', async () => {
  const { body } = await person.json<{ id: string }>('POST', '/conversations', {});
  let most = 0;
  const watching = setInterval(() => void bytesOnDisk().then((now) => (most = Math.max(most, now))), 5);
  const refused = await send(body.id, 20 * 1024 * 1024);
  clearInterval(watching);
  expect(refused.status).toBe(429);
  expect(await refused.json()).toMatchObject({ code: 'quota_exceeded' });
  expect(most).toBeLessThanOrEqual(1024 * 1024);
  expect(await bytesOnDisk()).toBe(0);
});

test('uploads at once share what is left, and are limited in number', async () => {
  const { body } = await person.json<{ id: string }>('POST', '/conversations', {});
  const sent = await Promise.all(Array.from({ length: 8 }, () => send(body.id, 400 * 1024)));
  const statuses = sent.map(({ status }) => status);
  expect(statuses.filter((status) => status === 202).length).toBeLessThanOrEqual(2);
  expect(new Set(statuses)).toEqual(new Set([202, 429]));
  expect(await bytesOnDisk()).toBeLessThanOrEqual(1024 * 1024);
});

test('an upload without credentials is cut off after its 401, which can be read', async () => {
  const socket = connect(Number(new URL(app.baseUrl).port), '127.0.0.1');
  await once(socket, 'connect');
  let answer = '';
  let sent = 0;
  const part = Buffer.alloc(64 * 1024, 'x');
  socket.on('data', (data) => (answer += String(data)));
  // A write that meets the end of the connection fails: that is how it is cut off.
  socket.on('error', () => {});
  const closed = new Promise((resolve) => void socket.once('close', resolve));
  socket.write(
    'POST /api/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=X\r\nContent-Length: 500000000\r\n\r\n',
  );
  const pump = setInterval(() => {
    if (socket.writable && socket.write(part)) sent += part.length;
  }, 1);
  await closed;
  clearInterval(pump);
  expect(answer).toContain('401 Unauthorized');
  expect(sent).toBeLessThan(20_000_000);
});
