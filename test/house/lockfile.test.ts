import { expect, test } from 'vitest';
import { checkLockfile, type LockedPackages, type Wishes } from '../../scripts/check-lockfile.ts';

const manifests: Record<string, Wishes> = {
  '': { dependencies: { oven: '2.1.0' } },
  web: { devDependencies: { oven: '2.1.0' } },
};

/** A lockfile that is whole, in which some entries are others; null takes one out. */
function check(changed: Record<string, LockedPackages[string] | null> = {}): string[] {
  const packages: Record<string, LockedPackages[string] | null> = {
    '': { ...manifests[''] },
    web: { ...manifests['web'] },
    'node_modules/web': { resolved: 'web', link: true },
    'node_modules/oven': {
      version: '2.1.0',
      integrity: 'sha512-oven',
      optionalDependencies: { '@oven/linux-x64': '2.1.0', '@oven/darwin-arm64': '2.1.0', gas: '^3.0.0' },
    },
    'node_modules/@oven/linux-x64': { version: '2.1.0', integrity: 'sha512-linux' },
    'node_modules/oven/node_modules/@oven/darwin-arm64': { version: '2.1.0', integrity: 'sha512-darwin' },
    'node_modules/gas': { version: '3.4.0', integrity: 'sha512-gas' },
    ...changed,
  };
  const there = Object.entries(packages).filter(
    (entry): entry is [string, LockedPackages[string]] => !!entry[1],
  );
  return checkLockfile(Object.fromEntries(there), manifests);
}

test('a lockfile that is whole passes, wherever npm has put a package', () => {
  expect(check()).toEqual([]);
});

test('a platform whose own package has no entry is named', () => {
  expect(check({ 'node_modules/oven/node_modules/@oven/darwin-arm64': null })).toEqual([
    'node_modules/oven: there is no entry for its optional package @oven/darwin-arm64 2.1.0',
  ]);
});

test('a platform whose own package is of another version is named', () => {
  expect(check({ 'node_modules/@oven/linux-x64': { version: '2.0.9', integrity: 'sha512-linux' } })).toEqual([
    'node_modules/oven: @oven/linux-x64 is 2.0.9, not 2.1.0',
  ]);
});

test.each([
  ['https://packages.example.org/gas/-/gas-3.4.0.tgz', 'packages.example.org'],
  ['git+ssh://git@code.example.org:2222/gas.git#0123abc', 'code.example.org:2222'],
  ['file:../gas-3.4.0.tgz', 'file:../gas-3.4.0.tgz'],
])('an entry that says %s is where its package is, is named', (resolved, named) => {
  expect(check({ 'node_modules/gas': { version: '3.4.0', integrity: 'sha512-gas', resolved } })).toEqual([
    `node_modules/gas: its entry names ${named}, and must not say where it is`,
  ]);
});

test('an entry without a hash is named', () => {
  expect(check({ 'node_modules/gas': { version: '3.4.0' } })).toEqual([
    'node_modules/gas: its entry has no hash',
  ]);
});

test('wishes of a package.json that the lockfile does not repeat are named by their workspace', () => {
  const others = { devDependencies: { oven: '2.0.0' } };
  expect(check({ '': { dependencies: {} }, web: others })).toEqual([
    'the root: dependencies of package.json are not those of the lockfile',
    'web: devDependencies of package.json are not those of the lockfile',
  ]);
});

test('a version with a known weakness is named, wherever it is', () => {
  const old = { 'node_modules/oven/node_modules/fastify': { version: '5.8.0', integrity: 'sha512-f' } };
  expect(check(old)).toEqual([
    'node_modules/oven/node_modules/fastify: 5.8.0 has a known weakness, 5.8.1 has none',
  ]);
  expect(check({ 'node_modules/fastify': { version: '5.12.0', integrity: 'sha512-f' } })).toEqual([]);
  expect(check({ 'node_modules/xlsx': { version: '0.18.5', integrity: 'sha512-x' } })).toEqual([
    'node_modules/xlsx: xlsx is not to be used, its weaknesses are not mended',
  ]);
});
