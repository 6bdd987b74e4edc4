import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openZip } from '../../src/formats/zip.ts';
import { newPerson, type Person, sharedApp } from '../support/app.ts';
import { type Ended, runCli } from '../support/run-cli.ts';

// Exports and imports of the command line, against a server and against one whose connections break.

const app = sharedApp();
let person: Person;
let folder: string;
let file: string;

beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
  folder = await mkdtemp(join(tmpdir(), 'alcove-exchange-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(() => {
  file = join(folder, crypto.randomUUID());
});

function alcove(...args: string[]): Promise<Ended> {
  return runCli(args, { ALCOVE_URL: person.baseUrl, ALCOVE_TOKEN: person.token });
}

/** The same against a server that answers every request so. */
async function against(answer: (response: ServerResponse) => void, ...args: string[]): Promise<Ended> {
  const server = createServer((request, response) => {
    request.resume();
    request.once('end', () => answer(response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    return await runCli(args, { ALCOVE_URL: `http://127.0.0.1:${port}`, ALCOVE_TOKEN: 'a-token' });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const chat = { uuid: 'c', name: 'Rivers', chat_messages: [{ uuid: 'a', sender: 'human', text: 'Hello' }] };

test('an import is counted, and one with an item that failed or came without its documents ends with 1', async () => {
  await writeFile(file, JSON.stringify([chat]));
  expect(await alcove('import', file)).toMatchObject({ code: 0, stderr: '' });
  expect(await alcove('import', file)).toMatchObject({ code: 0, stderr: '' });
  await writeFile(file, JSON.stringify([chat, 7]));
  expect((await alcove('import', file)).code).toBe(1);
  const bundle = {
    format: 'alcove.conversation',
    version: 1,
    conversation: { id: crypto.randomUUID(), title: 'Without' },
    messages: [{ id: 'a', role: 'user', content: 'Hello' }],
    documents: [{ id: 'd', name: 'weir.txt', path: 'documents/0001-weir.txt' }],
  };
  await writeFile(file, JSON.stringify(bundle));
  for (const count of ['1 conversations imported', '0 conversations imported']) {
    const { code, stdout, stderr } = await alcove('import', file);
    expect(stderr).toBe('Without: Documents were left out: weir.txt: it is not in the archive\n');
    expect(stdout).toContain(count);
    expect(code).toBe(1);
  }
});

test('messages that were deleted here and stay so are said, and nothing is missing', async () => {
  const two = [...chat.chat_messages, { uuid: 'b', sender: 'assistant', text: 'Good day' }];
  await writeFile(file, JSON.stringify([{ ...chat, uuid: 'deleted', name: 'Deleted', chat_messages: two }]));
  await alcove('import', file);
  const { conversations } = await person.client.conversations.list({ limit: 200 });
  const id = conversations.find(({ title }) => title === 'Deleted')?.id ?? '';
  const { messages } = await person.client.conversations.get(id);
  await person.json('DELETE', `/messages/${messages[1]?.id}`);
  expect(await alcove('import', file)).toMatchObject({
    code: 0,
    stderr: 'Deleted: Messages of branches that were deleted here stay deleted: 1.\n',
  });
});

test('an import that ends without its report was cut off', async () => {
  await writeFile(file, JSON.stringify([chat]));
  const item = { source: 'claude', title: 'Rivers', outcome: 'imported', error: null };
  const ended = await against(
    (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`id: 1\nevent: item\ndata: ${JSON.stringify({ type: 'item', item })}\n\n`);
    },
    'import',
    file,
  );
  expect(ended).toMatchObject({
    code: 1,
    stdout: '',
    stderr: 'The import was cut off: send the file again.\n',
  });
});

test('an export has its name when it is whole, and is for its owner alone', async () => {
  const target = join(folder, 'whole.zip');
  await person.client.conversations.create({ title: 'Here' });
  expect(await alcove('export', target)).toMatchObject({ code: 0, stdout: `${target} is written.\n` });
  expect(openZip(await readFile(target)).has('manifest.json')).toBe(true);
  expect((await stat(target)).mode & 0o777).toBe(0o600);
  const again = await alcove('export', target);
  expect(again).toMatchObject({ code: 1, stdout: '' });
  expect(again.stderr).toContain('exists already');
  expect(openZip(await readFile(target)).has('manifest.json')).toBe(true);
});

test('an export that is cut off leaves no file', async () => {
  const ended = await against(
    (response) => {
      response.writeHead(200, { 'content-type': 'application/zip' });
      response.write('PK', () => setImmediate(() => response.destroy()));
    },
    'export',
    file,
  );
  expect(ended).toMatchObject({ code: 1, stdout: '', stderr: 'The export was cut off: try again.\n' });
  expect((await readdir(folder)).filter((name) => name.startsWith(basename(file)))).toEqual([]);
});
