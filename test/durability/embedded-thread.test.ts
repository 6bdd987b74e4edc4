import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { databaseKind, newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';

describe.skipIf(databaseKind === 'postgres')('the thread of the embedded database ends by itself', () => {
  const threads: Worker[] = [];
  const remember = (worker: Worker) => void threads.push(worker);
  let app: TestApp;
  let person: Person;
  beforeAll(async () => {
    process.on('worker', remember);
    app = await startTestApp({ allowErrors: true });
    person = await newPerson(app.baseUrl);
  });
  afterAll(async () => {
    process.off('worker', remember);
    await app?.close();
  });

  const readiness = async () => (await fetch(`${app.baseUrl}/readyz`)).status;

  test('and is back soon, with everything that was acknowledged', async () => {
    const conversation = await newConversation(person);
    for (let at = 0; at < 3; at += 1) {
      await person.client.messages.add(conversation, { role: 'user', content: `Number ${at}.` });
      await threads.at(-1)?.terminate();
      await until('it serves again', async () => (await readiness()) === 200);
      const { messages } = await person.client.conversations.get(conversation);
      expect(messages.map(({ content }) => content)).toEqual(
        Array.from({ length: at + 1 }, (_, one) => `Number ${one}.`),
      );
    }
  });

  test('once too often: the server says why and can still be closed', async () => {
    await threads.at(-1)?.terminate();
    expect((await app.app.died).message).toMatch(/^the embedded database in .* ended again and again: /);
    expect(await readiness()).toBe(503);
    const started = performance.now();
    await app.stop();
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});

test.skipIf(databaseKind === 'postgres')(
  'a folder that is taken away does not come back as a new installation',
  async () => {
    const threads: Worker[] = [];
    const remember = (worker: Worker) => void threads.push(worker);
    process.on('worker', remember);
    const app = await startTestApp({ allowErrors: true });
    process.off('worker', remember);
    try {
      await newPerson(app.baseUrl);
      await rm(join(app.dataDir, 'database', 'pglite'), { recursive: true });
      const [thread] = threads;
      await thread?.terminate();
      const { pool } = app.app.db;
      const tables = () => pool.query(`SELECT to_regclass('users') AS users`).catch(() => null);
      let found: Awaited<ReturnType<typeof tables>> = null;
      await until('the database is back', async () => (found = await tables()) !== null);
      expect(found).toMatchObject({ rows: [{ users: null }] });
      expect((await fetch(`${app.baseUrl}/readyz`)).status).toBe(503);
    } finally {
      await app.close();
    }
  },
);
