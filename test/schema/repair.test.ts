import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { connectDatabase } from '../../src/db/client.ts';
import { newConversation } from '../answers/support/asking.ts';
import { createCluster, findPostgres } from '../durability/support/private-cluster.ts';
import { isDistributed } from '../support/database-kind.ts';
import { runCli } from '../support/run-cli.ts';
import {
  databaseKind,
  newPerson,
  type Person,
  personOf,
  startTestApp,
  type TestApp,
} from '../support/app.ts';

const run = promisify(execFile);
const maxBuffer = 64 * 1024 * 1024;
/** Citus would look for the policy at its workers' tables of the same name, which hold no rows and need none. */
const onlyHere = isDistributed() ? 'SET LOCAL citus.enable_ddl_propagation = off; ' : '';
let app: TestApp;
let person: Person;
let conversation: string;
beforeAll(async () => {
  app = await startTestApp();
  person = await newPerson(app.baseUrl);
  conversation = await newConversation(person);
  await app.stop();
});
afterAll(() => app?.close());

/** Changes the database as its owner, while no server uses it. */
async function inDatabase(...statements: string[]): Promise<void> {
  const db = await connectDatabase(readConfig(app.env).database);
  for (const statement of statements) await db.pool.query(statement);
  await db.close();
}

async function expectMendable(sentence: RegExp): Promise<void> {
  const refusal = new RegExp(`${sentence.source}.* run "npm run alcove -- db repair"\\.$`);
  await expect(startTestApp({ like: app })).rejects.toThrow(refusal);
  expect(await runCli(['db', 'repair'], app.env)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Mended: \d+ /) as string,
  });
  const mended = await startTestApp({ like: app });
  const reader = personOf(mended.baseUrl, person.token, person);
  expect((await reader.fetch(`/conversations/${conversation}`)).status).toBe(200);
  expect((await (await newPerson(mended.baseUrl)).fetch(`/conversations/${conversation}`)).status).toBe(403);
  await mended.close();
}

describe('a start is refused, and one command mends it,', { timeout: 180_000 }, () => {
  test('when policies and grants are gone', async () => {
    await inDatabase('DROP OWNED BY alcove_app, alcove_worker, alcove_admin');
    await expectMendable(/\d\d policies, grants or functions are missing, such as CREATE POLICY/);
    const again = await runCli(['db', 'repair'], app.env);
    expect(again.stdout).toBe('Nothing was missing.\n');
  });

  test('when there is more than there should be, or a policy lets more through', async () => {
    await inDatabase(
      'CREATE POLICY leak ON messages TO alcove_app USING (true)',
      'GRANT SELECT (content) ON messages TO alcove_worker',
      `${onlyHere}ALTER POLICY asked ON login_keys USING (true)`,
      `CREATE FUNCTION leak() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM login_keys'`,
    );
    await expectMendable(/1 policies, grants or functions are missing and 5 are there that should not be/);
  });
});

const hasDumps = databaseKind !== 'pglite' && !isDistributed();

describe.skipIf(!hasDumps)('a dump restored on another server', { timeout: 180_000 }, () => {
  let bin: string;
  let cluster: Awaited<ReturnType<typeof createCluster>>;
  let folder: string;
  beforeEach(async () => {
    bin = (await findPostgres()) ?? '';
    cluster = await createCluster(bin);
    folder = await mkdtemp(join(tmpdir(), 'alcove-dump-'));
  });
  afterAll(async () => {
    await cluster?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  test('comes without its roles and is refused until they are made', async () => {
    const file = join(folder, 'dump.sql');
    const [program = '', ...first] = (process.env['TEST_PG_DUMP'] ?? join(bin, 'pg_dump')).split(' ');
    const { stdout } = await run(program, [...first, app.env['DATABASE_URL'] ?? ''], { maxBuffer });
    await writeFile(file, stdout);
    // Every policy and grant fails: the roles that they name are those of the first server.
    await run(join(bin, 'psql'), ['-q', '-f', file, cluster.url], { maxBuffer });
    const env = { ...app.env, DATABASE_URL: cluster.url };
    await expect(startTestApp({ like: app, env })).rejects.toThrow(
      /\d+ policies, grants or functions are missing.* run "npm run alcove -- db repair"\.$/,
    );
    expect(await runCli(['db', 'repair'], env)).toMatchObject({ code: 0 });
    const mended = await startTestApp({ like: app, env });
    const reader = personOf(mended.baseUrl, person.token, person);
    expect((await reader.fetch(`/conversations/${conversation}`)).status).toBe(200);
    expect((await (await newPerson(mended.baseUrl)).fetch(`/conversations/${conversation}`)).status).toBe(
      403,
    );
    await mended.close();
  });
});
