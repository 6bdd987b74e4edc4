import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { checkLayers, LAYERS } from '../../scripts/check-layers.ts';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Checks a planted project and returns its violations as `path:line reason`. */
function check(files: Record<string, string>): string[] {
  const root = mkdtempSync(join(tmpdir(), 'alcove-layers-'));
  folders.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return checkLayers(root).map(({ path, line, reason }) => `${path}:${line} ${reason}`);
}

test('an import of a lower layer passes', () => {
  expect(
    check({
      'src/answers/ask.ts': `import { search } from '../retrieval/search.ts';\nexport const ask = search;`,
      'src/retrieval/search.ts': `import { AppError } from '../errors.ts';\nexport const search = AppError;`,
      'src/errors.ts': `export * from '@alcove/contract';`,
      'contract/src/index.ts': `export const AppError = 1;`,
    }),
  ).toEqual([]);
});

test('an import of a higher layer is reported with its line, also when it is a type or dynamic', () => {
  const found = check({
    'src/db/client.ts': `// first line\nimport type { Ask } from '../answers/ask.ts';\nexport type A = Ask;`,
    'src/identity/login.ts': `export const later = () =>\n  import('../http/server.ts');`,
    'src/files/disk.ts': `export type Route = import('../http/server.ts').Route;`,
    'src/indexing/bm25.ts': `export { Ask } from '../answers/ask.ts';`,
    'src/answers/ask.ts': `export interface Ask {}`,
    'src/http/server.ts': `export interface Route {}`,
  });
  expect(found).toEqual([
    'src/db/client.ts:2 db must not import answers, which is above it (src/answers/ask.ts)',
    'src/files/disk.ts:1 files must not import http, which is above it (src/http/server.ts)',
    'src/identity/login.ts:2 identity must not import http, which is above it (src/http/server.ts)',
    'src/indexing/bm25.ts:1 indexing must not import answers, which is above it (src/answers/ask.ts)',
  ]);
});

test('a module that the layer table does not know is reported', () => {
  expect(check({ 'src/utils/pad.ts': `export const pad = 1;` })).toEqual([
    'src/utils/pad.ts:1 src/utils has no row in the layer table',
  ]);
});

test('the parts stay apart: nothing imports web, contract and client know no server', () => {
  const found = check({
    'contract/src/index.ts': `import '../../src/errors.ts';`,
    'client/src/index.ts': `import '@alcove/contract';\nimport '../../src/errors.ts';`,
    'web/src/page.ts': `import '@alcove/client';\nimport '../../src/errors.ts';`,
    'src/errors.ts': `export {};`,
    'src/http/site.ts': `import '../../web/src/page.ts';`,
    'test/page.test.ts': `import '../src/errors.ts';\nimport '../web/src/page.ts';`,
  });
  expect(found).toEqual([
    'contract/src/index.ts:1 contract must not import src (src/errors.ts)',
    'client/src/index.ts:2 client must not import src (src/errors.ts)',
    'web/src/page.ts:2 web must not import src (src/errors.ts)',
    'src/http/site.ts:1 src must not import web (web/src/page.ts)',
    'test/page.test.ts:2 test must not import web (web/src/page.ts)',
  ]);
});

test('drizzle-orm and fastify are confined to the folders that own them', () => {
  const found = check({
    'src/conversations/store.ts': `import { eq } from 'drizzle-orm';\nexport const e = eq;`,
    'src/identity/key-store.ts': `import { eq } from 'drizzle-orm';\nexport const e = eq;`,
    'src/work/queue.ts': `import { eq } from 'drizzle-orm';\nexport const e = eq;`,
    'src/documents/upload.ts': `import { pgTable } from 'drizzle-orm/pg-core';\nexport const p = pgTable;`,
    'src/http/server.ts': `import fastify from 'fastify';\nimport cookie from '@fastify/cookie';\nexport { fastify, cookie };`,
    'src/app.ts': `import type { FastifyInstance } from 'fastify';\nexport type F = FastifyInstance;`,
  });
  expect(found).toEqual([
    'src/app.ts:1 fastify is imported in src/http only',
    'src/documents/upload.ts:1 drizzle-orm/pg-core is imported in src/db, src/work and store.ts files only',
  ]);
});

test('the environment is read in one file only, however it is spelled', () => {
  const found = check({
    'src/config.ts': `export const port = process.env.PORT;`,
    'src/app.ts': `// process.env in a comment\nexport const a = process.env['A'];`,
    'src/http/server.ts': `const { env } = process;\nexport { env };`,
    'src/models/key.ts': `import { env } from 'node:process';\nexport const key = env.KEY;`,
    'scripts/tool.ts': `export const a = process.env.A;`,
  });
  expect(found).toEqual([
    'src/app.ts:2 process.env is read in src/config.ts only',
    'src/http/server.ts:1 process.env is read in src/config.ts only',
    'src/models/key.ts:1 process.env is read in src/config.ts only',
  ]);
});

test('cycles are reported between files and between modules of one layer', () => {
  const found = check({
    'src/answers/a.ts': `import './b.ts';`,
    'src/answers/b.ts': `\nimport './c.ts';`,
    'src/answers/c.ts': `import './a.ts';`,
    'src/db/client.ts': `import '../work/names.ts';`,
    'src/work/names.ts': `export {};`,
    'src/work/queue.ts': `import '../db/client.ts';`,
  });
  expect(found).toEqual([
    'src/answers/a.ts:1 import cycle: src/answers/a.ts → src/answers/b.ts → src/answers/c.ts → src/answers/a.ts',
    'src/db/client.ts:1 module cycle: db → work → db',
  ]);
});

test('below the app, settings are named as types and never read from config', () => {
  const found = check({
    'src/config.ts': `export interface Config {}\nexport const readConfig = () => 1;`,
    'src/main.ts': `import { readConfig } from './config.ts';\nreadConfig();`,
    'src/db/client.ts': `import type { Config } from '../config.ts';\nexport type C = Config;`,
    'src/http/server.ts': `import { readConfig } from '../config.ts';\nreadConfig();`,
  });
  expect(found).toEqual([
    'src/http/server.ts:1 http must not import config, which is above it (src/config.ts)',
  ]);
});

test('two files that name each other in types only are a cycle too', () => {
  expect(
    check({
      'src/answers/a.ts': `import { b } from './b.ts';\nexport interface A {}\nexport const a = b;`,
      'src/answers/b.ts': `import type { A } from './a.ts';\nexport const b: A = {};`,
    }),
  ).toEqual(['src/answers/a.ts:1 import cycle: src/answers/a.ts → src/answers/b.ts → src/answers/a.ts']);
});

test('authority is made by the files that may, and no other', () => {
  const grants = `import { UserScope } from '../identity/user-scope.ts';\nexport const scope = UserScope.grant('id');`;
  const opens = `import { ConversationScope } from '../conversations/scope.ts';
const { ofOwnRow: open } = ConversationScope;
export const scope = open;`;
  const found = check({
    'src/answers/ask.ts': grants,
    'src/http/routes/documents.ts': grants.replaceAll('../', '../../'),
    'src/identity/accounts.ts': 'const { grant } = UserScope;',
    'src/identity/login.ts': grants.replace('../identity/', './'),
    'src/answers/lease-store.ts': `${grants}\n${opens}`,
    'src/identity/user-scope.ts': 'export const UserScope = { grant: (id: string) => id };',
    'src/http/scopes.ts': opens,
    'src/search/search.ts': 'export const other = scope.bin(id);',
    'src/http/routes/uploads.ts': opens.replaceAll('../', '../../'),
  }).filter((line) => line.includes('list of callers'));
  const reason = 'has a list of callers (scripts/check-layers.ts), and this is none';
  expect(found).toEqual([
    `src/answers/ask.ts:2 UserScope.grant ${reason}`,
    `src/http/routes/documents.ts:2 UserScope.grant ${reason}`,
    `src/http/routes/uploads.ts:2 ConversationScope.ofOwnRow ${reason}`,
    `src/identity/accounts.ts:1 UserScope.grant ${reason}`,
    `src/search/search.ts:1 ConversationScope.bin ${reason}`,
  ]);
});

test('ARCHITECTURE.md says the layers as they are checked, and what each folder is for', () => {
  const root = join(import.meta.dirname, '../..');
  const page = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
  expect(page).toContain(`\`${LAYERS.map((row) => row.join(', ')).join(' → ')}\``);
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((one) => one.isDirectory());
  expect(folders.map(({ name }) => name).filter((name) => !page.includes(`| \`src/${name}/\` |`))).toEqual([
    // The composition root, with `src/app.ts`, and the settings, with `src/config.ts`.
    'app',
    'config',
  ]);
});
