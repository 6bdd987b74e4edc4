import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
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
