import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { checkDocs } from '../../scripts/check-docs.ts';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function check(files: Record<string, string>): string[] {
  const root = mkdtempSync(join(tmpdir(), 'alcove-docs-'));
  folders.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return checkDocs(root).map(({ path, line, reason }) => `${path}:${line} ${reason}`);
}

test('links to files, folders, headings, ids and the outside pass', () => {
  expect(
    check({
      'README.md': [
        '[a](docs/guide.md) [b](./docs/guide.md#two-words--more) [c](docs) [d](https://example.org/x#y)',
        '![e](<docs/guide.md> "title") [f](#here) [g](docs/guide.md#two-words--more-1)',
        '<a id="here"></a>',
        '[ref]: docs/guide.md#naïve-über_x',
      ].join('\n'),
      'docs/guide.md':
        '## Two words & `more`\n\n## Two words & more\n\n# Naïve *Über_x*!\n\n[up](/README.md)',
    }),
  ).toEqual([]);
});

test('a missing file and a missing heading are reported with their lines', () => {
  expect(
    check({
      'README.md': '# Title\n\n[a](docs/none.md)\n[b](docs/guide.md#nowhere) [c](#title)',
      'docs/guide.md': '# Guide\n\n[x](<../LICENSE>)\n\n[ref]: gone.md',
    }),
  ).toEqual([
    'README.md:3 no such file: docs/none.md',
    'README.md:4 no such heading: docs/guide.md#nowhere',
    'docs/guide.md:3 no such file: ../LICENSE',
    'docs/guide.md:5 no such file: gone.md',
  ]);
});

test('links and headings inside code are not read', () => {
  expect(
    check({
      'README.md': 'Write `[a](none.md)` so:\n\n```md\n# Heading\n[a](none.md)\n```\n\n[b](#heading)',
    }),
  ).toEqual(['README.md:8 no such heading: #heading']);
});

test('a command that names no script is reported, also inside code', () => {
  expect(
    check({
      'package.json': '{ "scripts": { "check": "x", "db:migrate": "y", "start": "z" } }',
      'web/package.json': '{ "scripts": { "build": "x" } }',
      'README.md':
        'Run `npm run check` or `npm run db:migrate`.\n\n```sh\nnpm start\nnpm test\nnpm run build -w web\nnpm run deploy\n```',
    }),
  ).toEqual(['README.md:5 no such script: npm test', 'README.md:7 no such script: npm run deploy']);
});
