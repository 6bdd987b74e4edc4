import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { findDeadExports } from '../../scripts/check-exports.ts';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Checks a planted project and returns its dead exports as `path:line name`. */
function check(files: Record<string, string>): string[] {
  const root = mkdtempSync(join(tmpdir(), 'alcove-exports-'));
  folders.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return findDeadExports(root).map(({ path, line, name }) => `${path}:${line} ${name}`);
}

test('an export that no other file imports is reported with its line, whatever it is', () => {
  expect(
    check({
      'src/a.ts': `const used = 1;\nexport const dead = used, alive = 2;\nexport function gone() {}\nexport class Left {}\nexport type Odd = string;\nexport { used as renamed };`,
      'src/b.ts': `import { alive } from './a.ts';\nalive;`,
    }),
  ).toEqual([
    'src/a.ts:2 dead',
    'src/a.ts:3 gone',
    'src/a.ts:4 Left',
    'src/a.ts:5 Odd',
    'src/a.ts:6 renamed',
  ]);
});

test('every way of importing counts: types, other names, re-exports, components, programs', () => {
  expect(
    check({
      'src/a.ts': `export interface A {}\nexport const b = 1;\nexport const c = 2;\nexport const d = 3;`,
      'src/all.ts': `export const one = 1;\nexport const two = 2;`,
      'src/late.ts': `export const three = 3;`,
      'src/b.ts': `import type { A } from './a.ts';\nimport { b as other } from './a.ts';\nimport * as all from './all.ts';`,
      'src/c.ts': `export const later = () => import('./late.ts');`,
      'contract/src/index.ts': `export * from './parts.ts';`,
      'contract/src/parts.ts': `export const seen = 1;\nexport const unseen = 2;`,
      'client/src/index.ts': `export { d } from '../../src/a.ts';`,
      'test/a.test.ts': `import { c } from '../src/a.ts';\nimport { later } from '../src/c.ts';`,
      'web/src/lib/lib.ts': `export const shown = 1;`,
      'web/src/lib/Page.svelte': `<script lang="ts">\n  import { shown } from '#lib/lib.ts';\n  import { seen } from '@alcove/contract';\n</script>\n<p>{shown}</p>`,
    }),
  ).toEqual(['contract/src/parts.ts:2 unseen']);
});

test('a type that belongs to the signature of its own file is no dead export', () => {
  expect(
    check({
      'src/a.ts': `export interface Options { size: number }\nexport function open(options: Options) {}\nexport interface Lost {}`,
      'src/b.ts': `import { open } from './a.ts';\nopen({ size: 1 });`,
    }),
  ).toEqual(['src/a.ts:3 Lost']);
});
