import { mkdtemp, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { textFile } from '../documents/support/files.ts';
import { filesOf, uploadAndWait } from '../documents/support/uploading.ts';
import {
  databaseKind,
  newPerson,
  type Person,
  personOf,
  startTestApp,
  type TestApp,
} from '../support/app.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { keepDatabase } from './support/kept-database.ts';
import { runCli } from '../support/run-cli.ts';

// An installation with three originals and its dump; what an operator can get wrong with the two is tried on it.
const startsBefore = 3;
let first: TestApp;
let person: Person;
let conversation: string;
let originals: string[];
beforeAll(async () => {
  first = await startTestApp();
  person = await newPerson(first.baseUrl);
  conversation = await newConversation(person);
  const files = Array.from({ length: startsBefore }, (_, at) => textFile(`${at}.txt`, `Number ${at}.`));
  await uploadAndWait(person, conversation, ...files);
  originals = await filesOf(first, person);
  await first.stop();
}, 120_000);
afterAll(async () => {
  await first?.close();
});

/** As old as originals are that the reconciler looks at. */
async function age(app: Pick<TestApp, 'dataDir'>): Promise<void> {
  const before = new Date(Date.now() - 2 * 3600 * 1000);
  for (const file of await filesOf(app, person)) await utimes(join(app.dataDir, file), before, before);
}

async function expectRefused(env: Record<string, string>, sentence: RegExp): Promise<void> {
  const refused = startTestApp({ like: first, env });
  await expect(refused).rejects.toThrow(sentence);
  expect(await filesOf(first, person)).toEqual(originals);
}

/** Runs `work` with an empty database in the place of the right one. */
async function withEmptyDatabase(work: (env: Record<string, string>) => Promise<void>): Promise<void> {
  if (databaseKind === 'postgres') {
    const empty: TestDatabase = await createTestDatabase(process.env['TEST_DATABASE_URL'] ?? '');
    try {
      await work({ DATABASE_URL: empty.url });
    } finally {
      await empty.drop();
    }
    return;
  }
  const folder = join(first.dataDir, 'database');
  await rename(folder, `${folder}.renamed`);
  try {
    await work({});
  } finally {
    await rm(folder, { recursive: true, force: true });
    await rename(`${folder}.renamed`, folder);
  }
}

describe('a start is refused and leaves every original', () => {
  test('on an empty database: a typo in its URL, a renamed folder', { timeout: 120_000 }, async () => {
    await age(first);
    await withEmptyDatabase(async (env) => {
      await expectRefused(env, /holds originals that this database does not name.*DATABASE_URL or DATA_DIR/);
      // Nor does the second start believe what the first one has seen.
      await expectRefused(env, /holds originals that this database does not name/);
    });
  });

  test('also where the folder carries no id yet, as of an older version', { timeout: 120_000 }, async () => {
    await rename(join(first.dataDir, 'installation.json'), join(first.dataDir, 'kept.json'));
    await withEmptyDatabase((env) => expectRefused(env, /holds originals that this database does not name/));
    await rename(join(first.dataDir, 'kept.json'), join(first.dataDir, 'installation.json'));
  });

  test('with an empty data folder', { timeout: 120_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'alcove-other-'));
    // The embedded database lies in the data folder; it alone is there.
    if (databaseKind === 'pglite') await rename(join(first.dataDir, 'database'), join(folder, 'database'));
    const started = startTestApp({ like: first, env: { DATA_DIR: folder } });
    await expect(started).rejects.toThrow(/names originals, and the data folder .* holds none of them/);
    if (databaseKind === 'pglite') await rename(join(folder, 'database'), join(first.dataDir, 'database'));
    await rm(folder, { recursive: true });
  });

  test(
    'with the id of another installation, until the operator adopts it',
    { timeout: 180_000 },
    async () => {
      const path = join(first.dataDir, 'installation.json');
      const mine = await readFile(path, 'utf8');
      await rm(path);
      await writeFile(path, JSON.stringify({ id: crypto.randomUUID() }));
      await expectRefused({}, /belongs to another installation than this database.*db adopt/);
      const adopted = await runCli(['db', 'adopt'], first.env);
      expect(adopted).toMatchObject({ code: 0, stdout: /belongs to this database from now on/ });
      expect(await readFile(path, 'utf8')).toBe(mine);
      const again = await startTestApp({ like: first });
      await again.close();
    },
  );
});

test(
  'an older version that carries no id on either side is adopted by its originals',
  { timeout: 120_000 },
  async () => {
    await rm(join(first.dataDir, 'installation.json'));
    const app = await startTestApp({ like: first });
    await app.app.db.pool.query(`DELETE FROM installation WHERE key = 'installation_id'`);
    await app.close();
    await rm(join(first.dataDir, 'installation.json'));
    const again = await startTestApp({ like: first });
    await again.close();
    expect(await readdir(first.dataDir)).toContain('installation.json');
  },
);

test('an older dump keeps the originals that came after it', { timeout: 180_000 }, async () => {
  const dump = await keepDatabase(first);
  const later = await startTestApp({ like: first });
  const writer = personOf(later.baseUrl, person.token, person);
  await uploadAndWait(writer, conversation, textFile('later.txt', 'After the dump.'));
  await later.close();
  await age(first);
  const all = await filesOf(first, person);
  expect(all).toHaveLength(startsBefore + 1);

  const newest = await keepDatabase(later);
  const restored = await startTestApp({ like: first, env: await dump.use() });
  const reader = personOf(restored.baseUrl, person.token, person);
  const { documents } = await reader.client.documents.list(conversation);
  expect(documents).toHaveLength(startsBefore);
  await until('the reconciler came by', async () => (await filesOf(first, person)).length === startsBefore);
  for (const { id } of documents) expect((await reader.fetch(`/documents/${id}/content`)).status).toBe(200);
  await restored.close();

  // The database that was meant comes back, and finds what the older one did not know.
  const right = await startTestApp({ like: first, env: await newest.use() });
  const again = personOf(right.baseUrl, person.token, person);
  const { documents: found } = await again.client.documents.list(conversation);
  expect(found).toHaveLength(startsBefore + 1);
  for (const { id } of found) expect((await again.fetch(`/documents/${id}/content`)).status).toBe(200);
  await right.close();
  await Promise.all([newest.drop(), dump.drop()]);
});
