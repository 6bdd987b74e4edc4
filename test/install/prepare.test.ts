import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';

// What `npm install` says of a web app that it cannot build, in a copy that holds nothing else.

const root = resolve(import.meta.dirname, '../..');
const run = promisify(execFile);

let copy: string;

beforeEach(async () => {
  copy = await mkdtemp(join(tmpdir(), 'alcove prepare-'));
  for (const path of ['scripts/prepare.mjs', 'bin/where-to-run.mjs', 'src/http/find-web-app.ts'])
    await cp(join(root, path), join(copy, path));
  for (const script of ['make-fresh-database', 'make-token-table'])
    await writeFile(join(copy, `scripts/${script}.ts`), '');
});

afterEach(async () => {
  await rm(copy, { recursive: true, force: true });
});

async function prepare(): Promise<string> {
  return (await run(process.execPath, [join(copy, 'scripts/prepare.mjs')])).stderr;
}

/** What the server prints when it starts. */
async function noticeAtStart(): Promise<string | null> {
  const { findWebApp } = await import(pathToFileURL(join(copy, 'src/http/find-web-app.ts')).href);
  return findWebApp().notice;
}

async function vite(script: string): Promise<void> {
  await mkdir(join(copy, 'web/src'), { recursive: true });
  await mkdir(join(copy, 'node_modules/vite/bin'), { recursive: true });
  await writeFile(join(copy, 'node_modules/vite/package.json'), '{}');
  await writeFile(join(copy, 'node_modules/vite/bin/vite.js'), script);
}

test('an installation without the tools says so, now and at each start', async () => {
  expect(await prepare()).toMatch(/web app is not built: .*--omit=dev/);
  expect(await noticeAtStart()).toMatch(/web app is not built: .*--omit=dev.*HTTP API works/);
});

test('a build that fails is told with its reason, now and at each start', async () => {
  await vite(`console.error('Error: no room for the oxide'); process.exit(1);`);
  expect(await prepare()).toMatch(/web app is not built: Error: no room for the oxide/);
  expect(await noticeAtStart()).toMatch(/no room for the oxide/);
});

test('a build that succeeds later takes it back', async () => {
  await prepare();
  await vite(
    `const fs = require('node:fs'); fs.mkdirSync('build'); fs.writeFileSync('build/index.html', '');`,
  );
  expect(await prepare()).toBe('');
  await expect(readFile(join(copy, 'build/web-app-missing.txt'))).rejects.toThrow(/ENOENT/);
  expect(await noticeAtStart()).toBe(null);
});

test('one that was built before its sources changed is served, and said to be old', async () => {
  await mkdir(join(copy, 'web/build'), { recursive: true });
  await writeFile(join(copy, 'web/build/index.html'), '');
  await utimes(join(copy, 'web/build/index.html'), 1_000, 1_000);
  await mkdir(join(copy, 'web/src'), { recursive: true });
  await writeFile(join(copy, 'web/src/app.html'), 'newer');
  const old = /web app is that of an earlier version: /;
  expect(await prepare()).toMatch(new RegExp(`${old.source}.*--omit=dev`));
  expect(await noticeAtStart()).toMatch(old);
  await vite(`console.error('Error: no room for the oxide'); process.exit(1);`);
  expect(await prepare()).toMatch(old);
  expect(await noticeAtStart()).toMatch(/earlier version: Error: no room for the oxide/);
});
