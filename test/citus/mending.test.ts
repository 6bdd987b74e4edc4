import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { grantColumns } from '../../src/db/mend-parts.ts';
import { addText, newConversation } from '../answers/support/asking.ts';
import { createHome, type Home } from '../durability/support/server-process.ts';
import { isDistributed } from '../support/database-kind.ts';
import { newPerson, startTestApp } from '../support/app.ts';
import { runCli } from '../support/run-cli.ts';
import { createCitus, findCitus, type PrivateCitus } from './support/private-citus.ts';

const bin = await findCitus();
const roles = 'alcove_app, alcove_worker, alcove_admin';

describe.skipIf(!isDistributed() || bin === null)('one command mends', { timeout: 300_000 }, () => {
  let citus: PrivateCitus;
  let home: Home;

  beforeAll(async () => {
    citus = await createCitus(bin ?? '');
    home = await createHome({ DATABASE_URL: citus.url });
    for (const command of [['migrate'], ['distribute', '--shards', '4']])
      expect(await runCli(['db', ...command], home.env)).toMatchObject({ code: 0 });
  }, 300_000);
  afterAll(async () => {
    await home?.close();
    await citus?.remove();
  });

  const refusal = () =>
    startTestApp({ like: home }).then(
      () => 'it has started',
      (error: Error) => error.message,
    );

  /** Changes one part of a table, on the first worker alone. */
  async function changePart(table: string, change: (part: string) => string): Promise<void> {
    const [worker] = citus.workers;
    const own = 'SET citus.override_table_visibility = off; SET citus.enable_manual_changes_to_shards = on';
    const [part] = await citus.query(
      `${own}; SELECT relname::text AS name FROM pg_class WHERE relkind = 'r' AND relname ~ '^${table}_[0-9]+$'`,
      worker?.url,
    );
    await citus.query(`${own}; ${change(String(part?.['name']))}`, worker?.url);
  }

  async function expectUse(): Promise<void> {
    const server = await startTestApp({ like: home });
    // One after the other, so that several parts are asked.
    for (let at = 0; at < 4; at += 1) {
      const person = await newPerson(server.baseUrl);
      await addText(person, await newConversation(person), 'The heron colony held 412 nests.');
    }
    await server.close();
  }

  test.each(['distribute', 'repair'])(
    'parts that lack something or have too much: db %s',
    async (command) => {
      await changePart('messages', (part) => `CREATE POLICY leak ON ${part} TO alcove_app USING (true)`);
      await changePart('documents', (part) => `REVOKE SELECT ON ${part} FROM alcove_app`);
      await changePart('conversations', (part) => `ALTER TABLE ${part} DISABLE ROW LEVEL SECURITY`);
      await changePart('chunks', (part) => `GRANT SELECT ON ${part} TO PUBLIC`);
      await changePart('users', (part) => `GRANT SELECT (id) ON ${part} TO alcove_app`);
      const refused = await refusal();
      for (const table of ['messages', 'documents', 'conversations', 'chunks', 'users'])
        expect(refused).toMatch(
          new RegExp(`parts of [^(]*\\b${table}\\b[^(]* have other policies or grants`),
        );
      const mended = await runCli(['db', command], home.env);
      expect(mended).toMatchObject({ code: 0, stderr: '' });
      if (command === 'repair') expect(mended.stdout).toMatch(/^Mended: 5 /);
      await expectUse();
    },
  );

  test('roles that are gone, with all that hung on them', async () => {
    await citus.query(`DROP OWNED BY ${roles}`);
    await citus.query(`DROP ROLE ${roles}`);
    expect(await refusal()).toMatch(
      /alcove_app\b.* cannot log in on .*; \d+ policies, grants or functions are missing/,
    );
    const mended = await runCli(['db', 'repair'], home.env);
    expect(mended).toMatchObject({ code: 0, stderr: '' });
    expect(mended.stdout).toMatch(/^Mended: \d\d+ /);
    await expectUse();
    expect((await runCli(['db', 'repair'], home.env)).stdout).toBe('Nothing was missing.\n');
  });

  test('a foreign key that nobody has looked at', async () => {
    const key = `SELECT conname::text AS name, pg_get_constraintdef(oid) AS body, convalidated AS valid
      FROM pg_constraint WHERE contype = 'f' AND conrelid = 'messages'::regclass ORDER BY 1`;
    const before = await citus.query(key);
    const [{ name, body } = {}] = before;
    await citus.query(`ALTER TABLE messages DROP CONSTRAINT ${String(name)}`);
    await citus.query(`ALTER TABLE messages ADD CONSTRAINT ${String(name)} ${String(body)} NOT VALID`);
    expect((await citus.query(key))[0]?.['valid']).toBe(false);
    expect(await runCli(['db', 'distribute'], home.env)).toMatchObject({ code: 0, stderr: '' });
    expect(await citus.query(key)).toEqual(before);
  });

  test('servers that give the same grants at once do not fail each other', async () => {
    const clients = Array.from({ length: 4 }, () => new pg.Client({ connectionString: citus.url }));
    await Promise.all(clients.map((client) => client.connect()));
    try {
      for (let at = 0; at < 3; at += 1)
        expect(await Promise.all(clients.map(grantColumns))).toEqual(clients.map(() => true));
    } finally {
      await Promise.all(clients.map((client) => client.end()));
    }
  });
});
