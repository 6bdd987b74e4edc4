import { readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { newPerson, type Person, sharedApp, type TestApp } from '../support/app.ts';
import { type HeldForm, openForm } from './support/held-form.ts';

// Whoever sends slowly, and does not say how much, gets no more of the disk than an upload may have.

const atOnce = 3;
const app = sharedApp({
  env: { MAX_BYTES_PER_USER_MB: '1', UPLOADS_PER_USER: String(atOnce), MAX_UPLOAD_MB: '50', ROLE: 'web' },
});
let server: TestApp;
beforeAll(async () => {
  server = await app();
});

/** What this process keeps in temporary folders of forms: folders, and their bytes. */
async function keptAside(purpose: 'upload' | 'import'): Promise<{ folders: number; bytes: number }> {
  const folders = (await readdir(tmpdir())).filter(
    (name) => name.startsWith(`alcove-${purpose}-`) && name.includes(`-${process.pid}-`),
  );
  let bytes = 0;
  for (const folder of folders)
    for (const name of await readdir(join(tmpdir(), folder)).catch(() => []))
      bytes += await stat(join(tmpdir(), folder, name)).then(
        ({ size }) => size,
        () => 0,
      );
  return { folders: folders.length, bytes };
}

const chat = JSON.stringify([
  {
    uuid: 'c-1',
    name: 'Rivers',
    chat_messages: [{ uuid: 'm1', sender: 'human', text: 'Hi', created_at: '2025-03-01T10:00:00Z' }],
  },
]);

describe.each([
  {
    what: 'files before their conversation',
    purpose: 'upload' as const,
    path: '/api/upload',
    content: 'The beginning of a file. ',
    finish: async (form: HeldForm, person: Person) => {
      await form.field('conversationId', await newConversation(person));
      form.end();
    },
    done: 202,
  },
  {
    what: 'imports',
    purpose: 'import' as const,
    path: '/import',
    content: chat,
    finish: async (form: HeldForm) => form.end(),
    done: 200,
  },
  {
    what: 'imports that are followed',
    purpose: 'import' as const,
    path: '/import?stream=true',
    content: chat,
    finish: async (form: HeldForm) => form.end(),
    done: 200,
  },
])('$what', ({ purpose, path, content, finish, done }) => {
  async function begin(person: Person): Promise<HeldForm> {
    const form = await openForm(person, path);
    await form.file('a.txt', content);
    return form;
  }

  async function beginAll(person: Person): Promise<HeldForm[]> {
    const forms: HeldForm[] = [];
    for (let at = 0; at < atOnce; at += 1) {
      forms.push(await begin(person));
      await until('it is put aside', async () => (await keptAside(purpose)).folders === at + 1);
    }
    return forms;
  }

  test('beyond the number of uploads at once are refused, and nothing of them is put aside', async () => {
    const person = await newPerson(server.baseUrl);
    const held = await beginAll(person);
    const late = await begin(person);
    late.end();
    const { status, body } = await late.response;
    expect([status, JSON.parse(body)]).toMatchObject([
      429,
      { code: 'rate_limited', error: `At most ${atOnce} uploads at once: wait for one to end.` },
    ]);
    expect((await keptAside(purpose)).folders).toBe(atOnce);
    // Others have room of their own.
    const other = await begin(await newPerson(server.baseUrl));
    await until('it is put aside', async () => (await keptAside(purpose)).folders === atOnce + 1);
    other.abort();
    for (const form of held) await finish(form, person);
    for (const form of held) {
      const answer = await form.response;
      expect(answer.status, answer.body).toBe(done);
    }
    await until('nothing is left', async () => (await keptAside(purpose)).folders === 0);
    const next = await begin(person);
    await finish(next, person);
    expect((await next.response).status).toBe(done);
  });

  test('that are dropped on the way give their room back', async () => {
    const person = await newPerson(server.baseUrl);
    for (let round = 0; round < 3; round += 1) {
      for (const form of await beginAll(person)) form.abort();
      await until('nothing is left', async () => (await keptAside(purpose)).folders === 0);
    }
  });
});

test('a file before its conversation is refused where the quota ends, and is not on the disk beyond it', async () => {
  const person = await newPerson(server.baseUrl);
  const form = await openForm(person, '/api/upload');
  await form.file('a.txt', 'x');
  let most = 0;
  const watching = setInterval(
    () => void keptAside('upload').then(({ bytes }) => (most = Math.max(most, bytes))),
    5,
  );
  for (let sent = 0; sent < 40; sent += 1) await form.more('x'.repeat(200_000));
  form.end();
  const { status, body } = await form.response;
  clearInterval(watching);
  expect([status, JSON.parse(body)]).toMatchObject([429, { code: 'quota_exceeded' }]);
  expect(most).toBeLessThanOrEqual(1024 * 1024);
  await until('nothing is left', async () => (await keptAside('upload')).folders === 0);
});

test('a file before its conversation counts once against the quota', async () => {
  const person = await newPerson(server.baseUrl);
  const form = await openForm(person, '/api/upload');
  await form.file('a.txt', 'x'.repeat(800_000));
  await form.field('conversationId', await newConversation(person));
  form.end();
  expect((await form.response).status).toBe(202);
});
