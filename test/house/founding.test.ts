import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const page = await readFile(join(root, 'docs/founding.md'), 'utf8');

/** The documents themselves, where they are at hand: in the order of the page's two parts. */
const seeds = resolve(root, '../shared/seeds');
const parts = page.split(/^## /m).slice(1);

/** Served beside the API's description. */
const undescribed = new Set(['/docs', '/metrics']);

test('every call of docs/founding.md is in the OpenAPI document', async () => {
  const { paths } = JSON.parse(await readFile(join(root, 'docs/openapi.json'), 'utf8')) as {
    paths: Record<string, Record<string, unknown>>;
  };
  const calls = [...page.matchAll(/`(GET|POST|PUT|PATCH|DELETE) (\/[^`?\s]*)/g)];
  expect(calls.length).toBeGreaterThan(20);
  for (const [, method = '', path = ''] of calls) {
    const plain = path.length > 1 ? path.replace(/\/$/, '') : path;
    if (undescribed.has(plain)) continue;
    expect(Object.keys(paths[plain] ?? {}), `${method} ${path}`).toContain(method.toLowerCase());
  }
});

test('every command and file of docs/founding.md is there', async () => {
  const cli = await readFile(join(root, 'src/cli/main.ts'), 'utf8');
  for (const [, command = ''] of page.matchAll(/`alcove ([a-z-]+)/g))
    expect(cli, command).toMatch(new RegExp(`command\\('${command}'\\)`));
  for (const [path] of page.matchAll(/\b(?:test|examples)\/[\w/.-]+/g))
    expect(existsSync(join(root, path)), path).toBe(true);
});

describe.skipIf(!existsSync(seeds))('of the documents themselves', () => {
  test('every line has a row that begins as it does, and every row a line', async () => {
    const files = (await readdir(seeds)).filter((name) => name.endsWith('.txt')).toSorted();
    expect(files).toHaveLength(parts.length);
    for (const [at, file] of files.entries()) {
      const lines = linesOf(await readFile(join(seeds, file), 'utf8'));
      expect(lines.length).toBeGreaterThan(60);
      const phrases = phrasesOf(parts[at] ?? '');
      const without = lines.filter((line) => !phrases.some((phrase) => line.startsWith(phrase)));
      const stale = phrases.filter((phrase) => !lines.some((line) => line.startsWith(phrase)));
      expect({ file, without, stale }).toEqual({ file, without: [], stale: [] });
    }
  });
});

/** What is said in headings and lists, without marks. A heading over others or over a list says nothing by itself. */
function linesOf(document: string): string[] {
  const found: { depth: number; text: string }[] = [];
  for (const line of document.replaceAll(/^\s*```[^]*?^\s*```/gm, '').split('\n')) {
    const [, marks, heading] = /^(#+) (?:\d+\. )?(.+)/.exec(line) ?? [];
    // Some begin with a tick in a wrong encoding.
    const [, item] = /^\s*(?:(?:-|\d+\.) (?:âœ… )?|âœ… )(.+)/.exec(line) ?? [];
    const text = (heading ?? item)?.replaceAll(/[*`"]/g, '').trim();
    if (text !== undefined) found.push({ depth: marks?.length ?? Infinity, text });
  }
  return found.filter(({ depth }, at) => (found[at + 1]?.depth ?? 0) <= depth).map(({ text }) => text);
}

/** The quoted beginnings in the first cell of each row. */
function phrasesOf(part: string): string[] {
  return [...part.matchAll(/^\| (".*?") \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/"([^"]+)"/g)].map(([, phrase = '']) => phrase),
  );
}
