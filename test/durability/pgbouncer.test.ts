import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectDatabase } from '../../src/db/client.ts';
import { addToCount } from '../../src/work/counts-store.ts';
import { addText, askJson, newConversation } from '../answers/support/asking.ts';
import { databaseKind, newPerson, type Person } from '../support/app.ts';
import { testServerUrl } from '../support/database-kind.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { runCli } from '../support/run-cli.ts';
import { hasPgBouncer, type PgBouncer, startPgBouncer } from './support/pgbouncer.ts';
import { createHome, type Home, type ServerProcess } from './support/server-process.ts';

const isThere = await hasPgBouncer();

describe.skipIf(databaseKind === 'pglite' || !isThere)(
  'behind PgBouncer in transaction mode (needs PostgreSQL and PgBouncer)',
  { timeout: 120_000 },
  () => {
    let database: TestDatabase;
    let bouncer: PgBouncer;
    let home: Home;
    let server: ServerProcess;
    let people: Person[];
    beforeAll(async () => {
      database = await createTestDatabase(testServerUrl());
      bouncer = await startPgBouncer(database.url);
      home = await createHome({ DATABASE_URL: bouncer.url }, { isNew: true });
      server = await home.start();
      people = [await newPerson(server.baseUrl), await newPerson(server.baseUrl)];
    }, 120_000);
    afterAll(async () => {
      await home?.close();
      await bouncer?.close();
      await database?.drop();
    });

    test('PgBouncer passes transactions around, and refuses what it does not know at the start', async () => {
      const client = new pg.Client({ connectionString: bouncer.url, statement_timeout: 1_000 });
      await expect(client.connect()).rejects.toThrow(/unsupported startup parameter: statement_timeout/);
    });

    test('a file is read, a question about it answered with its source, and nobody else sees either', async () => {
      const [person, other] = people as [Person, Person];
      const conversation = await newConversation(person);
      await addText(person, conversation, 'The lighthouse of Skagen was lit first in the year 1747.');
      const { body } = await askJson(person, conversation, 'When was the lighthouse of Skagen lit?');
      expect(body.answer).toContain('1747');
      expect(body.sources.length).toBeGreaterThan(0);
      expect((await other.fetch(`/conversations/${conversation}`)).status).toBe(403);
    });

    test('under load each of two people sees their own rows only, over few connections', async () => {
      const owned = await Promise.all(
        people.map(async (person) => ({
          person,
          ids: await Promise.all(Array.from({ length: 20 }, () => newConversation(person))),
        })),
      );
      const asked = owned.flatMap(({ person, ids }) =>
        owned.flatMap((whose) =>
          whose.ids.map(async (id) => ({
            isOwn: ids.includes(id),
            status: (await person.fetch(`/conversations/${id}`)).status,
          })),
        ),
      );
      const answers = await Promise.all(asked);
      expect(answers.filter(({ isOwn, status }) => status !== (isOwn ? 200 : 403))).toEqual([]);
    });

    test('a transaction has the bound on its statements that a direct connection has', async () => {
      const db = await connectDatabase({ kind: 'postgresql', url: bouncer.url, poolSize: 2 });
      const userId = people[0]?.id ?? '';
      const shown = await db.scoped({ userId }, (tx) => tx.execute('SHOW statement_timeout'));
      const named = { name: 'one', text: 'SELECT 1 AS one', values: [] };
      const read = await Promise.all(Array.from({ length: 20 }, () => db.read({ userId }, [named])));
      await db.close();
      expect(shown.rows).toEqual([{ statement_timeout: '30s' }]);
      expect(read).toEqual(read.map(() => [[{ one: 1 }]]));
    });

    test('several processes count together, over few connections', async () => {
      const config = { kind: 'postgresql', url: bouncer.url, poolSize: 5 } as const;
      const pools = await Promise.all([connectDatabase(config), connectDatabase(config)]);
      const counted = await Promise.all(
        Array.from({ length: 100 }, (_, at) => addToCount(pools[at % 2]!, 'of this test', 1, 60_000)),
      );
      await Promise.all(pools.map((pool) => pool.close()));
      expect(Math.max(...counted.map(({ count }) => count))).toBe(100);
    });

    test('commands work through it: backup and doctor', async () => {
      const written = await runCli(['backup', join(home.dataDir, 'through.backup')], home.env);
      expect(written).toMatchObject({ code: 0, stderr: '' });
      const examined = await runCli(['doctor', '--json'], home.env);
      const { checks } = JSON.parse(examined.stdout) as { checks: { name: string; status: string }[] };
      expect(checks.filter(({ status }) => status === 'fail')).toEqual([]);
      expect(checks.find(({ name }) => name === 'isolation')).toMatchObject({ status: 'ok' });
    });

    test('and the server has nothing to complain of', () => {
      expect(server.output()).not.toMatch(/"level":"(warn|error|fatal)"/);
    });
  },
);
