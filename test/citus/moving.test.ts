import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addText, askJson, newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { createHome, type Home, type ServerProcess } from '../durability/support/server-process.ts';
import { isDistributed } from '../support/database-kind.ts';
import { newPerson, type Person } from '../support/app.ts';
import { runCli } from '../support/run-cli.ts';
import { createCitus, findCitus, type PrivateCitus } from './support/private-citus.ts';
import { saidIn, type Writer, writeOn } from './support/writers.ts';

const bin = await findCitus();

describe.skipIf(!isDistributed() || bin === null)(
  'rows that move while users write',
  { timeout: 500_000 },
  () => {
    let citus: PrivateCitus;
    let home: Home;
    let server: ServerProcess;
    const people: Person[] = [];
    const conversations: string[] = [];

    beforeAll(async () => {
      citus = await createCitus(bin ?? '');
      home = await createHome({ DATABASE_URL: citus.url });
      expect(await runCli(['db', 'migrate'], home.env)).toMatchObject({ code: 0 });
      server = await home.start();
      for (let at = 0; at < 4; at += 1) {
        const person = await newPerson(server.baseUrl);
        const conversation = await newConversation(person);
        await addText(
          person,
          conversation,
          `The heron colony of place ${at} held ${400 + at} nests in 2025.`,
        );
        people.push(person);
        conversations.push(conversation);
      }
    }, 300_000);
    afterAll(async () => {
      await home?.close();
      await citus?.remove();
    });

    /** Everybody writes as long as `work` takes, and a little longer. */
    async function whileAllWrite(work: () => Promise<void>): Promise<void> {
      const before = await Promise.all(people.map((person, at) => saidIn(person, conversations[at] ?? '')));
      const writers = people.map((person, at) => writeOn(person, conversations[at] ?? ''));
      await work();
      await until('everybody writes on', grown(writers), 60_000);
      for (const writer of writers) await writer.stop();
      // Who meets the moment in which a part changes hands may be told to come again.
      expect(writers.flatMap(({ refused }) => refused).filter((status) => status !== 503)).toEqual([]);
      for (const [at, person] of people.entries()) {
        const kept = await saidIn(person, conversations[at] ?? '');
        expect(kept.slice(0, before[at]?.length)).toEqual(before[at]);
        // Each round counts from 0 again.
        const added = kept.slice(before[at]?.length);
        expect(added).toEqual(expect.arrayContaining(writers[at]?.said ?? []));
        expect(new Set(added).size).toBe(added.length);
      }
    }

    function grown(writers: readonly Writer[]): () => boolean {
      const count = writers.map(({ said }) => said.length);
      return () => writers.every(({ said }, at) => said.length > (count[at] ?? 0) + 3);
    }

    test('a database with rows in it is spread, and is whole', async () => {
      await whileAllWrite(async () => {
        const distributed = await runCli(['db', 'distribute', '--shards', '4'], home.env);
        expect(distributed).toMatchObject({ code: 0, stderr: '' });
        expect(distributed.stdout).toContain('distribute messages by user_id\n');
      });
      const again = await runCli(['db', 'distribute'], home.env);
      expect([again.code, again.stdout]).toEqual([0, 'Everything is distributed already.\n']);
      const loose = `SELECT conname FROM pg_constraint WHERE contype = 'f' AND NOT convalidated`;
      expect(await citus.query(loose)).toEqual([]);
      for (const [at, person] of people.entries()) {
        const { body } = await askJson(
          person,
          conversations[at] ?? '',
          'How many nests did the heron colony hold?',
        );
        expect(JSON.stringify(body)).toContain(`held ${400 + at} nests`);
      }
    });

    test('a machine more takes its share over, and nothing that was acknowledged is lost', async () => {
      const worker = await citus.addWorker();
      await whileAllWrite(async () => {
        const moved = await runCli(['db', 'rebalance'], home.env, 280_000);
        expect(moved).toMatchObject({ code: 0, stderr: '' });
        expect(moved.stdout).toMatch(/moved (\d+) of \1 groups of parts\n$/);
      });
      const [row] = await citus.query(
        `SELECT count(*)::int AS n FROM citus_shards
       WHERE nodeport = ${new URL(worker.url).port} AND table_name = 'messages'::regclass`,
      );
      expect(row?.['n']).toBeGreaterThan(0);
      const again = await runCli(['db', 'rebalance'], home.env);
      expect([again.code, again.stdout]).toEqual([0, 'Each machine has its share already.\n']);
      // Policies and grants went along: background work reads documents there too.
      for (const [at, person] of people.entries())
        await addText(person, conversations[at] ?? '', 'Storks winter in the south.', 'storks.txt');
      expect((await runCli(['db', 'distribute'], home.env)).code).toBe(0);
    });

    test('an owner of many rows gets parts and a machine of their own', async () => {
      const id = people[0]?.id ?? '';
      const portOf = async () => {
        const [row] = await citus.query(
          `SELECT nodeport AS port FROM citus_shards
           WHERE shardid = get_shard_id_for_distribution_column('users', '${id}'::uuid)`,
        );
        return Number(row?.['port']);
      };
      const from = await portOf();
      const to = citus.workers.map(({ url }) => Number(new URL(url).port)).find((port) => port !== from);
      const groups = `SELECT count(*)::int AS n FROM citus_shards WHERE table_name = 'messages'::regclass`;
      const [before] = await citus.query(groups);
      await whileAllWrite(async () => {
        await citus.query(
          `SELECT isolate_tenant_to_new_shard('users', '${id}', 'CASCADE', shard_transfer_mode => 'block_writes')`,
        );
        await citus.query(
          `SELECT citus_move_shard_placement(get_shard_id_for_distribution_column('users', '${id}'::uuid),
             '127.0.0.1', ${from}, '127.0.0.1', ${to}, shard_transfer_mode => 'block_writes')`,
        );
        expect(await runCli(['db', 'distribute'], home.env)).toMatchObject({ code: 0, stderr: '' });
      });
      expect(await portOf()).toBe(to);
      const [after] = await citus.query(groups);
      expect(Number(after?.['n'])).toBeGreaterThan(Number(before?.['n']));
      for (const [at, person] of people.entries())
        await addText(person, conversations[at] ?? '', 'Cranes rest by the lake.', 'cranes.txt');
    });
  },
);
