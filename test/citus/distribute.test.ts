import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addText, newConversation } from '../answers/support/asking.ts';
import { createHome, type Home, type ServerProcess } from '../durability/support/server-process.ts';
import { distribution } from '../../src/db/distribution.ts';
import { isDistributed } from '../support/database-kind.ts';
import { newPerson, type Person } from '../support/app.ts';
import { runCli } from '../support/run-cli.ts';
import { createCitus, findCitus, type PrivateCitus } from './support/private-citus.ts';

const bin = await findCitus();
const spreadTables = Object.values(distribution).filter((column) => column !== null).length;

describe.skipIf(!isDistributed() || bin === null)('alcove db distribute', { timeout: 400_000 }, () => {
  let citus: PrivateCitus;
  let home: Home;
  let server: ServerProcess;
  let anna: Person;
  let bert: Person;

  beforeAll(async () => {
    citus = await createCitus(bin ?? '');
    home = await createHome({ DATABASE_URL: citus.url });
    expect((await runCli(['db', 'migrate'], home.env)).code).toBe(0);
  }, 300_000);
  afterAll(async () => {
    await home?.close();
    await citus?.remove();
  });

  const command = (...more: string[]) => runCli(['db', 'distribute', '--shards', '4', ...more], home.env);
  const spread = async () => (await citus.query('SELECT 1 FROM pg_dist_partition')).length;

  test('says what it would do, and does nothing', async () => {
    const { code, stdout } = await command('--dry-run');
    expect(code).toBe(0);
    expect(stdout).toContain('would let alcove_app log in between the machines');
    expect(stdout).toContain('would distribute messages by user_id');
    expect(await spread()).toBe(0);
  });

  test('spreads every table, and again changes nothing', async () => {
    const first = await command();
    expect(first.stderr).toBe('');
    expect(first.stdout).toContain('distribute messages by user_id');
    expect(await spread()).toBe(spreadTables);
    const again = await command();
    expect([again.code, again.stdout]).toEqual([0, 'Everything is distributed already.\n']);
  });

  test('leaves every key valid', async () => {
    const rows = await citus.query(
      `SELECT conname FROM pg_constraint WHERE contype = 'f' AND NOT convalidated`,
    );
    expect(rows).toEqual([]);
  });

  test('isolates users on the machines themselves: a planted row of another user is seen by nobody else', async () => {
    server = await home.start();
    anna = await newPerson(server.baseUrl);
    bert = await newPerson(server.baseUrl);
    const foreign = await newConversation(anna);
    for (const [person, conversation] of [
      [anna, foreign],
      [bert, await newConversation(bert)],
    ] as const)
      await addText(person, conversation, `The word of ${person.email} is KESTREL.`);
    for (const worker of citus.workers) {
      for (const table of ['messages', 'conversations', 'documents', 'chunks', 'segments']) {
        const parts = await citus.query(
          `SET citus.override_table_visibility = off; SELECT relname::text AS name FROM pg_class WHERE relkind = 'r' AND relname ~ '^${table}_[0-9]+$'`,
          worker.url,
        );
        expect(parts.length).toBeGreaterThan(0);
        for (const { name } of parts) {
          const all = await citus.query(
            `SET citus.override_table_visibility = off; SELECT user_id::text AS owner FROM ${String(name)}`,
            worker.url,
          );
          const seenBy = (person: Person) =>
            citus.query(
              `SET citus.override_table_visibility = off; BEGIN; SET LOCAL ROLE alcove_app; SET LOCAL app.user_id = '${person.id}';
               SELECT user_id::text AS owner FROM ${String(name)}`,
              worker.url,
            );
          for (const person of [anna, bert]) {
            const own = all.filter(({ owner }) => owner === person.id);
            expect(await seenBy(person), `${table} on ${worker.url}`).toEqual(own);
          }
        }
      }
    }
    // And through the application's own way, as statements that name another user.
    const stranger = await bert.fetch(`/conversations/${foreign}`);
    expect(stranger.status).toBe(403);
  });

  test('tells a machine who a transaction is for once, inside of it', async () => {
    for (const worker of citus.workers) {
      const log = await readFile(join(dirname(worker.folder), 'server.log'), 'utf8');
      expect(log).toContain('ready to accept connections');
      expect(log).not.toContain('already a transaction in progress');
    }
  });
});
