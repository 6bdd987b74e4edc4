import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Problem } from '@alcove/contract';
import { askStream, historyOf, newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import {
  answerOf,
  expectNumbered,
  messageIdOf,
  readAll,
  readUntil,
  wireEvents,
} from '../answers/support/wire-events.ts';
import { shareToTakePart } from '../sharing/support/taking-part.ts';
import { databaseKind, newPerson, type Person } from '../support/app.ts';
import { behave, type Provider, startProvider } from '../support/provider.ts';
import { createCluster, findPostgres, type PrivateCluster } from './support/private-cluster.ts';
import { createHome, type Home, type ServerProcess } from './support/server-process.ts';

const bin = await findPostgres();
/** A stream looks so seldom whether its reader may still read it. */
const lookEveryMs = 4_000;

describe.skipIf(databaseKind === 'pglite' || bin === null)(
  'while the database is away (needs PostgreSQL of Debian)',
  () => {
    let cluster: PrivateCluster;
    let home: Home;
    let provider: Provider;
    let server: ServerProcess;
    let person: Person;
    let conversation: string;
    beforeAll(async () => {
      cluster = await createCluster(bin ?? '');
      provider = await startProvider();
      home = await createHome({
        DATABASE_URL: cluster.url,
        LLM_BASE_URL: provider.baseUrl,
        LLM_MODEL: 'test-chat',
      });
      server = await home.start();
      person = await newPerson(server.baseUrl);
      conversation = await newConversation(person);
    }, 120_000);
    afterAll(async () => {
      await home?.close();
      await provider?.close();
      await cluster?.remove();
    });

    const append = (content: string) =>
      person.json('POST', `/conversations/${conversation}/messages`, { role: 'user', content });

    test.each(['fast', 'immediate'] as const)(
      '(%s stop) requests are refused with 503 at once, and work again when it is back',
      { timeout: 120_000 },
      async (mode) => {
        const before = await historyOf(person, conversation);
        expect((await append('before')).status).toBe(201);
        await cluster.stop(mode);

        const started = performance.now();
        const refused = await person.fetch(`/conversations/${conversation}`);
        expect(refused.status).toBe(503);
        expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
        expect(((await refused.json()) as Problem).code).toBe('unavailable');
        expect((await append('lost, and said so')).status).toBe(503);
        expect(performance.now() - started).toBeLessThan(5_000);
        expect((await fetch(`${server.baseUrl}/healthz`)).status).toBe(200);
        const ready = await fetch(`${server.baseUrl}/readyz`);
        expect(ready.status).toBe(503);
        expect(await ready.json()).toMatchObject({
          status: 'not_ready',
          checks: { database: { ok: false } },
        });
        // Many at once are refused as well, instead of queuing up.
        const many = await Promise.all(Array.from({ length: 50 }, () => append('also lost')));
        expect(many.map(({ status }) => status)).toEqual(many.map(() => 503));

        await cluster.start();
        const back = performance.now();
        await until(
          'it is ready again',
          async () => (await fetch(`${server.baseUrl}/readyz`)).status === 200,
          10_000,
        );
        expect((await append('after')).status).toBe(201);
        expect(performance.now() - back).toBeLessThan(10_000);
        expect((await historyOf(person, conversation)).map(({ content }) => content)).toEqual([
          ...before.map(({ content }) => content),
          'before',
          'after',
        ]);
        expect(
          server
            .output()
            .split('\n')
            .filter((line) => /"level":"(error|fatal)"/.test(line)),
        ).toEqual([]);
        // However many asked for it meanwhile, and whoever else needs it again and again.
        const warnings = server
          .output()
          .split('\n')
          .filter((line) => line.includes('"level":"warn"'));
        expect(warnings[0]).toMatch(
          /"reason":"The database at 127\.0\.0\.1:\d+ .*"msg":"the database is away"/,
        );
        expect(warnings.length).toBeLessThanOrEqual(2);
      },
    );

    test(
      'an answer that is being written goes on, and nothing of it is missing or doubled',
      { timeout: 120_000 },
      async () => {
        const id = await newConversation(person);
        const gate = Promise.withResolvers<void>();
        provider.script(behave.answer('Slowly, word for word, over a gap.', { until: gate.promise }));
        const seen = await readUntil(await askStream(person, id, 'Tell me.'), ({ type }) => type === 'delta');
        await cluster.stop('fast');
        gate.resolve();
        await until('the provider is done', async () => (await provider.chat(1)).ended);
        await cluster.start();
        await until(
          'it is ready again',
          async () => (await fetch(`${server.baseUrl}/readyz`)).status === 200,
        );
        const messageId = messageIdOf(seen);
        await until(
          'the answer is finished',
          async () => (await historyOf(person, id)).at(-1)?.status !== 'streaming',
        );
        const all = await readAll(wireEvents(await person.fetch(`/messages/${messageId}/stream`)));
        expectNumbered(all);
        expect(answerOf(all)).toMatchObject({
          status: 'complete',
          answer: 'Slowly, word for word, over a gap.',
        });
        expect((await historyOf(person, id)).map(({ content }) => content)).toEqual([
          'Tell me.',
          'Slowly, word for word, over a gap.',
        ]);
      },
    );

    test(
      'nor of one that a guest of the conversation reads, whose link cannot be looked at meanwhile',
      { timeout: 120_000 },
      async () => {
        const guest = await newPerson(server.baseUrl);
        const { path } = await shareToTakePart({ provider, owner: person, guest });
        const gate = Promise.withResolvers<void>();
        provider.script(
          behave.answer('["nests"]'),
          behave.answer('Slowly, word for word.', { until: gate.promise }),
        );
        const events = wireEvents(
          await guest.fetch(`${path}/query`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ query: 'How many?', stream: true }),
          }),
        );
        for (let type = ''; type !== 'delta';) type = (await events.next()).value?.type ?? 'delta';
        await cluster.stop('fast');
        const stoppedAt = performance.now();
        await until(
          'the link was to be looked at',
          () => performance.now() - stoppedAt > lookEveryMs + 1_000,
        );
        expect((await fetch(`${server.baseUrl}/healthz`)).status).toBe(200);
        await cluster.start();
        gate.resolve();
        expect(answerOf(await readAll(events))).toMatchObject({
          status: 'complete',
          answer: 'Slowly, word for word.',
        });
      },
    );

    test('a document that is being read becomes ready afterwards', { timeout: 120_000 }, async () => {
      const { body } = await person.json<{ document: { id: string } }>(
        'POST',
        `/conversations/${conversation}/documents`,
        { name: 'x.txt', text: 'Read me. '.repeat(500) },
      );
      await cluster.stop('fast');
      await cluster.start();
      const done = await until(
        'it is ready',
        async () => {
          const answer = await person.json<{ status: string; chunk_count: number }>(
            'GET',
            `/documents/${body.document.id}`,
          );
          return answer.body.status === 'ready' && answer.body;
        },
        60_000,
      );
      expect((await person.client.documents.chunks(body.document.id, { limit: 200 })).chunks).toHaveLength(
        done.chunk_count,
      );
    });
  },
);
