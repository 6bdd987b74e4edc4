import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';

// A client generated from /openapi.json by published tools, with nothing of ours: its types hold for a call of every
// operation, and the calls do what they say.

const root = resolve(import.meta.dirname, '../..');
const calls = resolve(import.meta.dirname, 'fixtures/generated-client/calls.ts');
const strict = {
  compilerOptions: {
    target: 'es2024',
    lib: ['es2024', 'dom', 'dom.iterable'],
    module: 'nodenext',
    types: ['node'],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: false,
    erasableSyntaxOnly: true,
    allowImportingTsExtensions: true,
    noEmit: true,
  },
};

let app: TestApp;
let folder: string;

beforeAll(async () => {
  app = await startTestApp();
  folder = await mkdtemp(join(tmpdir(), 'alcove-generated-client-'));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(strict));
  await writeFile(join(folder, 'openapi.json'), JSON.stringify(app.app.http.swagger()));
  await copyFile(calls, join(folder, 'calls.ts'));
  await run('node_modules/openapi-typescript/bin/cli.js', 'openapi.json', '-o', 'schema.d.ts');
}, 60_000);

afterAll(async () => {
  await app?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

test('its types hold for a call of every operation', async () => {
  expect(await run('node_modules/typescript7/bin/tsc', '--pretty', 'false')).toBe('');
  const source = await readFile(calls, 'utf8');
  const called = new Set(
    [...source.matchAll(/\.(GET|POST|PUT|PATCH|DELETE)\(\s*'([^']+)'/g)].map(
      ([, method, path]) => `${method} ${path}`,
    ),
  );
  const { paths } = app.app.http.swagger() as { paths: Record<string, Record<string, unknown>> };
  const all = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(all.filter((operation) => !called.has(operation))).toEqual([]);
}, 60_000);

test('its calls upload, stream and read files on a server', async () => {
  expect(await run('calls.ts', app.baseUrl)).toBe('');
}, 60_000);

/** What a program of Node says, with a failure's words in the result instead of a throw. */
async function run(script: string, ...args: string[]): Promise<string> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, ...args], {
      cwd: folder,
    });
    return script.includes('openapi-typescript') ? '' : `${stdout}${stderr}`;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return `${stdout}${stderr}`;
  }
}
