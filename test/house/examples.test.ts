import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { sections } from '../../src/config/settings.ts';
import { layoutFor, mapping } from '../../src/exchange/redis/mapping.ts';
import { conversationAbout } from '../answers/support/asking.ts';
import { newPerson, startTestApp, type TestApp } from '../support/app.ts';

// What the documents show is run as it stands: the commands against a server, the settings by their one reader.

const root = resolve(import.meta.dirname, '../..');
const read = (path: string): Promise<string> => readFile(resolve(root, path), 'utf8');

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});

afterAll(() => app?.close());

/** The shell blocks of a document that hold these words. */
async function blocksWith(words: string, path: string): Promise<string[]> {
  const blocks = [...(await read(path)).matchAll(/```sh\n(.*?)```/gs)].map(([, block = '']) => block);
  return blocks.filter((block) => block.includes(words));
}

async function readmeBlock(words: string): Promise<string> {
  const found = await blocksWith(words, 'README.md');
  expect(found, `one block with ${words}`).toHaveLength(1);
  return found[0] ?? '';
}

async function shell(script: string, env: Record<string, string> = {}, folder = root): Promise<string> {
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: folder,
    env: { ...process.env, ...env },
    timeout: 60_000,
  });
  return stdout;
}

test('the HTTP example of the README, from the first account to a cited answer', async () => {
  const { host } = new URL(app.baseUrl);
  const script = (await readmeBlock('curl ')).replaceAll('localhost:8000', host);
  expect(await shell(script)).toContain('Aurora operated 31 vessels');
}, 60_000);

test('the command line example of the README', async () => {
  const { token } = await newPerson(app.baseUrl);
  const env = { ALCOVE_URL: app.baseUrl, ALCOVE_TOKEN: token };
  const lines = (await readmeBlock('npm run alcove')).trim().split('\n');
  expect(lines).toHaveLength(2);
  const uploaded = await shell(lines[0] ?? '', env);
  const id = /^Conversation (\S+)$/m.exec(uploaded)?.[1] ?? '';
  expect(await shell((lines[1] ?? '').replace('<id>', id), env)).toContain('late grid connection at Tolvik');
}, 60_000);

test.each(['docs/conversations.md', 'docs/find-and-take-along.md', 'docs/clients.md'])(
  'the HTTP examples of %s',
  async (path) => {
    const who = await newPerson(app.baseUrl);
    const id = await conversationAbout(who, 'The boiler is in the cellar.');
    const blocks = await blocksWith('curl ', path);
    expect(blocks.length).toBeGreaterThan(0);
    const script = blocks.join('\n').replaceAll('localhost:8000', new URL(app.baseUrl).host);
    // Whatever is refused fails here, and tells why.
    const said = await shell(
      `curl() { command curl --silent --show-error --fail-with-body "$@"; }\n${script.replace('conv:019a…', `conv:${id}`)}`,
      { ALCOVE_TOKEN: who.token, ALCOVE_KEY: who.token },
    );
    expect(said).not.toBe('');
  },
  60_000,
);

test('the archives of docs/find-and-take-along.md go out and come back', async () => {
  const who = await newPerson(app.baseUrl);
  const id = await conversationAbout(who, 'The boiler is in the cellar.');
  const script = (await blocksWith('npm run alcove', 'docs/find-and-take-along.md'))
    .join('\n')
    .replaceAll('npm run alcove --', `'${process.execPath}' '${resolve(root, 'bin/alcove.mjs')}'`)
    .replace(/(?<=--conversation )\S+/, id);
  const folder = await mkdtemp(resolve(tmpdir(), 'alcove-example-'));
  try {
    await writeFile(
      resolve(folder, 'conversations.json'),
      JSON.stringify([{ id: 'one', conversations: [{ from: 'human', value: 'Where is the boiler?' }] }]),
    );
    await shell(script, { ALCOVE_URL: app.baseUrl, ALCOVE_TOKEN: who.token }, folder);
    expect((await readdir(folder)).toSorted()).toEqual([
      'conversations.json',
      'everything.zip',
      'report.pdf',
    ]);
    expect((await who.client.search('boiler')).results).toContainEqual(
      expect.objectContaining({ kind: 'message' }),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 60_000);

test('the TypeScript example of the README', async () => {
  const { token } = await newPerson(app.baseUrl);
  const [, code = ''] = /```ts\n(.*?)```/s.exec(await read('README.md')) ?? [];
  const folder = await mkdtemp(resolve(root, 'test/house/example-'));
  try {
    const file = resolve(folder, 'example.ts');
    await writeFile(file, code.replace('http://localhost:8000', app.baseUrl));
    const said = await shell(`'${process.execPath}' '${file}'`, { ALCOVE_TOKEN: token });
    // Nothing was uploaded, and there is no model: it says so.
    expect(said).toMatch(/no language model|document/i);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 60_000);

test('the mapping of docs/operating/migrate-redis.md', async () => {
  const [, example = ''] = /```json\n(.*?)```/s.exec(await read('docs/operating/migrate-redis.md')) ?? [];
  const layoutOf = layoutFor(mapping.parse(JSON.parse(example)));
  expect(layoutOf('app:prod:ada:talk:7')).toMatchObject({ skip: false, user: 'ada' });
  expect(layoutOf('app:prod:locks:ada')).toMatchObject({ skip: true });
});

describe('settings', () => {
  test.each([
    'README.md',
    'docs/operating/install.md',
    'docs/operating/replicas.md',
    'docs/operating/upgrade.md',
    'CONTRIBUTING.md',
  ])('every start that %s shows has settings that are read', async (path) => {
    for (const line of (await read(path)).split('\n').filter((one) => / npm start\b/.test(one))) {
      const settings = [...line.matchAll(/\b([A-Z][A-Z0-9_]+)=('?)(\S+)\2(?=\s)/g)].map(
        ([, name, , value]) => [name, value],
      );
      expect(() => readConfig(Object.fromEntries(settings)), line).not.toThrow();
    }
  });

  test('the settings, .env.example and the table in docs/operating/settings.md name the same ones', async () => {
    const namesIn = async (path: string, pattern: RegExp) =>
      new Set([...(await read(path)).matchAll(pattern)].map(([, name = '']) => name));
    const known = new Set(sections.flatMap(({ settings }) => Object.keys(settings)));
    expect(known.size).toBeGreaterThan(50);
    expect(await namesIn('.env.example', /^# ([A-Z][A-Z0-9_]+)=/gm)).toEqual(known);
    const table = [...(await read('docs/operating/settings.md')).matchAll(/^\| (`[A-Z].*?) \|/gm)].map(
      ([, cell]) => cell,
    );
    const shown = new Set(table.join(' ').match(/[A-Z][A-Z0-9_]+/g));
    expect([...known].filter((name) => !shown.has(name))).toEqual([]);
    expect([...shown].filter((name) => !known.has(name))).toEqual([]);
  });
});
