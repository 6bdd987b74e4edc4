import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addText, askJson, newConversation } from '../answers/support/asking.ts';
import { createCluster, findPostgres, type PrivateCluster } from '../durability/support/private-cluster.ts';
import { createHome } from '../durability/support/server-process.ts';
import { databaseKind, newPerson } from '../support/app.ts';
import { runCli } from '../support/run-cli.ts';

const bin = await findPostgres();

describe.skipIf(databaseKind === 'pglite' || bin === null)(
  'an ordinary owner of an ordinary database (needs PostgreSQL of Debian)',
  { timeout: 180_000 },
  () => {
    let cluster: PrivateCluster;
    beforeAll(async () => {
      cluster = await createCluster(bin ?? '');
    }, 60_000);
    afterAll(() => cluster?.remove());

    function urlOf(database: string, user = 'postgres'): string {
      const url = new URL(cluster.url);
      url.pathname = `/${database}`;
      url.username = user;
      return url.href;
    }

    async function run(url: string, ...statements: string[]): Promise<pg.QueryResult> {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      try {
        let last: pg.QueryResult | undefined;
        for (const statement of statements) last = await client.query(statement);
        return last as pg.QueryResult;
      } finally {
        await client.end();
      }
    }

    /** A user that may do `rights`, and its database with the extension, unless it is `bare`. */
    async function newOwner(name: string, rights = '', isBare = false): Promise<string> {
      await run(cluster.url, `CREATE ROLE ${name} LOGIN ${rights}`, `CREATE DATABASE ${name} OWNER ${name}`);
      if (!isBare) await run(urlOf(name), 'CREATE EXTENSION vector');
      return urlOf(name, name);
    }

    const migrate = (url: string, more: Record<string, string> = {}) =>
      runCli(['db', 'migrate'], { DATA_DIR: '/nonexistent', DATABASE_URL: url, ...more });

    /** Uploads, asks, and shows that somebody else sees nothing of it. */
    async function expectWorking(url: string, more: Record<string, string> = {}): Promise<void> {
      const home = await createHome({ DATABASE_URL: url, ...more }, { isNew: true });
      try {
        const server = await home.start();
        const person = await newPerson(server.baseUrl);
        const conversation = await newConversation(person);
        await addText(person, conversation, 'The lighthouse of Skagen was lit first in the year 1747.');
        const { body } = await askJson(person, conversation, 'When was the lighthouse of Skagen lit?');
        expect(body.answer).toContain('1747');
        const other = await newPerson(server.baseUrl);
        expect((await other.fetch(`/conversations/${conversation}`)).status).toBe(403);
        expect(server.output()).not.toMatch(/"level":"(warn|error|fatal)"/);
        const examined = await runCli(['doctor', '--json'], home.env);
        const { checks } = JSON.parse(examined.stdout) as { checks: { name: string; status: string }[] };
        expect(checks.filter(({ status }) => status === 'fail')).toEqual([]);
      } finally {
        await home.close();
      }
    }

    test('is told in one message what its administrator has to run, which is enough', async () => {
      const url = await newOwner('plain', '', true);
      const refused = await migrate(url);
      expect(refused).toMatchObject({ code: 1, stdout: '' });
      const [sentence, ...statements] = refused.stderr.trim().split('\n');
      expect(sentence).toBe(
        'The database user plain may not make all that Alcove needs. Run this once in the database plain as an administrator of the server, and start again:',
      );
      expect(statements).toEqual([
        'CREATE ROLE alcove_app NOLOGIN; CREATE ROLE alcove_worker NOLOGIN; CREATE ROLE alcove_admin NOLOGIN;',
        'GRANT alcove_app, alcove_worker, alcove_admin TO plain;',
        'CREATE EXTENSION vector;',
      ]);
      await run(urlOf('plain'), ...statements);
      await expectWorking(url);
    });

    test('of another installation is refused the same roles, and takes roles of its own', async () => {
      const url = await newOwner('second', 'CREATEROLE');
      await run(cluster.url, 'GRANT alcove_app, alcove_worker, alcove_admin TO second');
      const refused = await migrate(url);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(/also be taken by the database user plain.*DATABASE_ROLE_PREFIX/);
      const own = { DATABASE_ROLE_PREFIX: 'second' };
      await run(cluster.url, 'REVOKE alcove_app, alcove_worker, alcove_admin FROM second');
      await expectWorking(url, own);
      // The first one's owner gets into the other database, as everybody does, and finds nothing open there.
      const stranger = urlOf('second', 'plain');
      await expect(run(stranger, 'SET ROLE second_app')).rejects.toThrow(/permission denied to set role/);
      await expect(run(stranger, 'SET ROLE alcove_app', 'SELECT id FROM users')).rejects.toThrow(
        /permission denied for table users/,
      );
    });

    test('without the right to make tables is told so', async () => {
      await newOwner('landlord');
      await run(
        cluster.url,
        'CREATE ROLE tenant LOGIN',
        'GRANT alcove_app, alcove_worker, alcove_admin TO tenant',
      );
      const refused = await migrate(urlOf('landlord', 'tenant'));
      expect(refused.stderr.trim().split('\n').slice(1)).toEqual([
        'GRANT CREATE ON DATABASE landlord TO tenant;',
        'GRANT CREATE ON SCHEMA public TO tenant;',
      ]);
    });
  },
);
