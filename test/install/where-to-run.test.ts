import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { findOwnNode, whereToRun } from '../../bin/where-to-run.mjs';

const root = resolve(import.meta.dirname, '../..');
const linux = { platform: 'linux', version: '24.1.0', ownNode: '/own/node' };

test('Windows itself is refused with what to do instead', () => {
  expect(whereToRun({ ...linux, platform: 'win32' })).toEqual({
    refusal: expect.stringMatching(/WSL/) as unknown,
  });
});

test.for(['linux', 'darwin'])('Node 24 or newer on %s runs Alcove itself', (platform) => {
  expect(whereToRun({ ...linux, platform })).toEqual({ node: null });
  expect(whereToRun({ ...linux, platform, version: '26.0.0' })).toEqual({ node: null });
});

test.for(['20.20.2', '22.12.0'])(
  'Node %s runs it on the Node that came along, or says which is needed',
  (version) => {
    expect(whereToRun({ ...linux, version })).toEqual({ node: '/own/node' });
    expect(whereToRun({ ...linux, version, ownNode: null })).toEqual({
      refusal: expect.stringMatching(`needs Node 24 or newer, and this is ${version}`) as unknown,
    });
  },
);

test('the Node that came along is 24', async () => {
  const node = findOwnNode(join(root, 'bin/alcove.mjs')) ?? '';
  expect((await promisify(execFile)(node, ['--version'])).stdout).toMatch(/^v24\./);
});

// Where the tests run on the Node that came along, the machine's own may be too old.
const old = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((place) => join(place, 'node'))
  .find(
    (path) => existsSync(path) && /^v(?:1\d|2[0-3])\./.test(spawnSync(path, ['--version']).stdout.toString()),
  );

test.skipIf(old === undefined)('`npm start` says so on an old Node, in one sentence', async () => {
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    scripts: { prestart: string };
  };
  const ended = spawnSync(old ?? '', scripts.prestart.split(' ').slice(1), { cwd: root, encoding: 'utf8' });
  expect(ended.status).toBe(1);
  expect(ended.stderr.trimEnd()).toMatch(/^Alcove needs Node 24 or newer, and this is .*$/);
});
