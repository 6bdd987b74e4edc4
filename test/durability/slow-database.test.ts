import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { historyOf, newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { databaseKind, newPerson, type Person } from '../support/app.ts';
import { type DatabaseProxy, startDatabaseProxy } from '../support/database-proxy.ts';
import { createCluster, findPostgres, type PrivateCluster } from './support/private-cluster.ts';
import { createHome, type Home, type ServerProcess } from './support/server-process.ts';

const bin = await findPostgres();

describe.skipIf(databaseKind === 'pglite' || bin === null)(
  'a database that stands still or is slow (needs PostgreSQL of Debian)',
  () => {
    let cluster: PrivateCluster;
    let proxy: DatabaseProxy;
    let home: Home;
    let server: ServerProcess;
    let person: Person;
    beforeAll(async () => {
      cluster = await createCluster(bin ?? '');
      proxy = await startDatabaseProxy(cluster.url);
      // Two, so that slow ones are soon all that there are.
      home = await createHome({ DATABASE_URL: proxy.url, DATABASE_POOL_SIZE: '2' });
      server = await home.start();
      person = await newPerson(server.baseUrl);
    }, 120_000);
    afterAll(async () => {
      await home?.close();
      await proxy?.close();
      await cluster?.remove();
    });

    /** Appends at once; what was acknowledged, and what was refused. */
    async function appendMany(conversation: string, count: number): Promise<Record<number, string[]>> {
      const sent = await Promise.all(
        Array.from({ length: count }, async (_, at) => {
          const content = `message ${at}`;
          const response = await person.fetch(`/conversations/${conversation}/messages`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ role: 'user', content }),
          });
          if (response.status === 503) expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
          return { status: response.status, content };
        }),
      );
      const byStatus = Map.groupBy(sent, ({ status }) => status);
      return Object.fromEntries(
        [...byStatus].map(([status, all]) => [status, all.map(({ content }) => content)]),
      );
    }

    /** Everything that was acknowledged is there, once; of what was refused nothing is there twice. */
    async function expectKept(conversation: string, told: Record<number, string[]>): Promise<void> {
      expect(Object.keys(told).filter((status) => !['201', '503'].includes(status))).toEqual([]);
      const there = (await historyOf(person, conversation)).map(({ content }) => content);
      expect(new Set(there).size).toBe(there.length);
      expect((told[201] ?? []).filter((content) => !there.includes(content))).toEqual([]);
    }

    test.each([3, 9])(
      'that stands still for %i s: requests wait or are refused, nothing acknowledged is lost, and it passes',
      { timeout: 120_000 },
      async (seconds) => {
        const conversation = await newConversation(person);
        await cluster.freeze();
        const sent = appendMany(conversation, 12);
        await sleep(seconds * 1_000);
        expect((await fetch(`${server.baseUrl}/healthz`)).status).toBe(200);
        await cluster.thaw();
        const told = await sent;
        await until('it is ready', async () => (await fetch(`${server.baseUrl}/readyz`)).status === 200);
        await expectKept(conversation, told);
        expect(Object.keys(await appendMany(conversation, 4))).toEqual(['201']);
      },
    );

    test('that takes two seconds more for each answer: the same', { timeout: 120_000 }, async () => {
      const conversation = await newConversation(person);
      proxy.slow(2_000);
      const told = await appendMany(conversation, 6);
      proxy.slow(0);
      await until('it is ready', async () => (await fetch(`${server.baseUrl}/readyz`)).status === 200);
      await expectKept(conversation, told);
      expect(Object.keys(await appendMany(conversation, 4))).toEqual(['201']);
    });
  },
);
