import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { connectDatabase } from '../../src/db/client.ts';
import { distribution } from '../../src/db/distribution.ts';
import { migrate } from '../../src/db/migrate.ts';
import { addText, askJson, newConversation } from '../answers/support/asking.ts';
import { createHome, type Home } from '../durability/support/server-process.ts';
import { isDistributed } from '../support/database-kind.ts';
import { newPerson, startTestApp } from '../support/app.ts';
import { runCli } from '../support/run-cli.ts';
import { createCitus, findCitus, type PrivateCitus } from './support/private-citus.ts';

const bin = await findCitus();
/** The next one makes a table, a column, keys, policies and grants. */
const before = '0022_shares_to_take_part';

describe.skipIf(!isDistributed() || bin === null)('a newer version', { timeout: 300_000 }, () => {
  let citus: PrivateCitus;
  let home: Home;

  beforeAll(async () => {
    citus = await createCitus(bin ?? '');
    home = await createHome({ DATABASE_URL: citus.url });
    const db = await connectDatabase(readConfig(home.env).database);
    await migrate(db, await timeOf(before));
    await db.close();
    await spread();
  }, 300_000);
  afterAll(async () => {
    await home?.close();
    await citus?.remove();
  });

  async function timeOf(migration: string): Promise<number> {
    const path = new URL('../../src/db/migrations/meta/_journal.json', import.meta.url);
    const { entries } = JSON.parse(await readFile(path, 'utf8')) as {
      entries: { tag: string; when: number }[];
    };
    return entries.find(({ tag }) => tag === migration)?.when ?? 0;
  }

  /** As the older version's `db distribute` did it. */
  async function spread(): Promise<void> {
    const keys = await citus.query(
      `SELECT conname AS name, conrelid::regclass AS table, pg_get_constraintdef(oid) AS body FROM pg_constraint
       WHERE contype = 'f' AND connamespace = current_schema()::regnamespace`,
    );
    for (const { table, name } of keys)
      await citus.query(`ALTER TABLE ${String(table)} DROP CONSTRAINT ${String(name)}`);
    for (const role of ['alcove_app', 'alcove_worker', 'alcove_admin'])
      await citus.query(`ALTER ROLE ${role} LOGIN`);
    for (const [table, column] of Object.entries(distribution)) {
      const [there] = await citus.query(`SELECT 1 WHERE to_regclass('${table}') IS NOT NULL`);
      if (column === null || there === undefined) continue;
      const place =
        column === 'user_id' ? `colocate_with => 'users'` : `colocate_with => 'none', shard_count => 4`;
      await citus.query(`SELECT create_distributed_table('${table}', '${column}', ${place})`);
    }
    for (const { table, name, body } of keys)
      await citus.query(`ALTER TABLE ${String(table)} ADD CONSTRAINT ${String(name)} ${String(body)}`);
  }

  test('asks to be migrated before anything is distributed', async () => {
    const early = await runCli(['db', 'distribute', '--dry-run'], home.env);
    expect(early).toMatchObject({ code: 1, stdout: '' });
    expect(early.stderr).toContain('run "npm run alcove -- db migrate" first');
  });

  test('spreads what its migrations make, with its policies and grants', async () => {
    expect(await runCli(['db', 'migrate'], home.env)).toMatchObject({ code: 0, stderr: '' });
    const again = await runCli(['db', 'distribute', '--dry-run'], home.env);
    expect([again.code, again.stdout]).toEqual([0, 'Everything is distributed already.\n']);
    expect((await runCli(['db', 'repair'], home.env)).stdout).toBe('Nothing was missing.\n');
  });

  test('serves, and the doctor finds users isolated', async () => {
    const server = await startTestApp({ like: home });
    const person = await newPerson(server.baseUrl);
    const conversation = await newConversation(person);
    await addText(person, conversation, 'The heron colony held 412 nests in 2025.');
    const { body } = await askJson(person, conversation, 'How many nests did the heron colony hold?');
    expect(JSON.stringify(body)).toContain('held 412 nests');
    const { stdout } = await runCli(['doctor', '--json'], home.env);
    const { checks } = JSON.parse(stdout) as { checks: { name: string; status: string; found: string }[] };
    const found = checks.filter(({ name }) => ['schema', 'isolation', 'probe'].includes(name));
    expect(
      found.map(({ name, status }) => `${name}: ${status}`),
      JSON.stringify(found),
    ).toEqual(['schema: ok', 'isolation: ok', 'probe: ok']);
  });
});
