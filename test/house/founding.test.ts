import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const page = await readFile(join(root, 'docs/founding.md'), 'utf8');

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
