import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Problem } from '@alcove/contract';
import { newConversation } from '../answers/support/asking.ts';
import { newPerson, type Person, sharedApp, startTestApp, type TestApp } from '../support/app.ts';
import { textFile } from './support/files.ts';
import { countersOf, filesOf, formOf, send, upload } from './support/uploading.ts';

// Files count from when they are accepted: nothing is read.
const app = sharedApp({
  env: {
    ROLE: 'web',
    MAX_BYTES_PER_USER_MB: '1',
    MAX_DOCUMENTS_PER_CONVERSATION: '3',
    MAX_DOCUMENTS_PER_USER: '5',
  },
});
let server: TestApp;
let person: Person;
beforeAll(async () => {
  server = await app();
});

async function expectOverQuota(response: Response): Promise<void> {
  expect(response.status).toBe(429);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(((await response.json()) as Problem).code).toBe('quota_exceeded');
}

describe('a quota', () => {
  test('of bytes stops an upload and keeps nothing of it, until something is deleted', async () => {
    person = await newPerson(server.baseUrl);
    const id = await newConversation(person);
    const half = textFile('half.txt', 'x'.padEnd(600_000));
    const [first] = await upload(person, id, half);
    const before = await countersOf(person);
    await expectOverQuota(await send(person, id, formOf(half)));
    expect((await countersOf(person)).bytes).toBe(before.bytes);
    expect(await filesOf(server, person)).toHaveLength(1);
    await person.client.documents.delete(first?.id ?? '');
    expect((await upload(person, id, half))[0]?.status).toBe('queued');
  });

  test('of bytes counts new versions that wait to be read, of all conversations', async () => {
    person = await newPerson(server.baseUrl);
    const [one, two] = [await newConversation(person), await newConversation(person)];
    const [first] = await upload(person, one, textFile('1.txt', '1'));
    const [second] = await upload(person, two, textFile('2.txt', '2'));
    await server.app.db.pool.query(`UPDATE documents SET status = 'ready' WHERE user_id = $1`, [person.id]);
    const large = textFile('large.txt', 'x'.padEnd(600_000));
    const replace = (id = '') =>
      person.fetch(`/documents/${id}/replace`, { method: 'POST', body: formOf(large) });
    expect((await replace(first?.id)).status).toBe(202);
    await expectOverQuota(await replace(second?.id));
    await expectOverQuota(await send(person, two, formOf(large)));
    // What is to take the place of the same document is not there twice.
    expect((await replace(first?.id)).status).toBe(202);
    await person.client.documents.cancel(first?.id ?? '');
    expect((await replace(second?.id)).status).toBe(202);
    expect(await countersOf(person)).toMatchObject({ documents: 2, bytes: 2 });
  });

  test('of documents in a conversation counts each file of an upload, all or none', async () => {
    person = await newPerson(server.baseUrl);
    const id = await newConversation(person);
    const files = ['1', '2', '3', '4'].map((name) => textFile(`${name}.txt`, name));
    await expectOverQuota(await send(person, id, formOf(...files)));
    expect(await countersOf(person)).toMatchObject({ documents: 0, bytes: 0 });
    const [first] = await upload(person, id, ...files.slice(0, 3));
    await expectOverQuota(await send(person, id, formOf(textFile('4.txt', '4'))));
    await person.client.documents.delete(first?.id ?? '');
    await upload(person, id, textFile('4.txt', '4'));
  });

  test('of documents of an account is over all of its conversations, and freed with one of them', async () => {
    person = await newPerson(server.baseUrl);
    const [one, two] = [await newConversation(person), await newConversation(person)];
    for (const [at, id] of [one, one, one, two, two].entries())
      await upload(person, id, textFile(`${at}.txt`, `${at}`));
    await expectOverQuota(await send(person, two, formOf(textFile('6.txt', '6'))));
    await person.json('DELETE', `/conversations/${one}`);
    expect(await countersOf(person)).toMatchObject({ documents: 2 });
    await upload(person, two, textFile('6.txt', '6'));
  });

  test('holds under uploads at the same time', async () => {
    person = await newPerson(server.baseUrl);
    const id = await newConversation(person);
    const sent = await Promise.all(
      Array.from({ length: 10 }, (_, at) => send(person, id, formOf(textFile(`${at}.txt`, `${at}`)))),
    );
    const statuses = sent.map(({ status }) => status).toSorted();
    await Promise.all(sent.map(async (response) => response.body?.cancel()));
    expect(statuses).toEqual([202, 202, 202, ...Array.from({ length: 7 }, () => 429)]);
    expect(await countersOf(person)).toMatchObject({ documents: 3, bytes: 3 });
    expect(await filesOf(server, person)).toHaveLength(3);
  });

  test.each(['/api/upload', '/conversations/:id/documents'])(
    'of bytes refuses what says that it is longer before it is sent, at %s',
    async (path) => {
      person = await newPerson(server.baseUrl);
      const id = await newConversation(person);
      const outgoing = request(`${server.baseUrl}${path.replace(':id', id)}`, {
        method: 'POST',
        agent: false,
        headers: {
          authorization: `Bearer ${person.token}`,
          'content-type': 'multipart/form-data; boundary=b',
          'content-length': 3 * 1024 * 1024,
        },
      });
      outgoing.flushHeaders();
      const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
      expect(response.statusCode).toBe(429);
      outgoing.destroy();
    },
  );

  test('of one person is none of another', async () => {
    const other = await newPerson(server.baseUrl);
    expect((await upload(other, await newConversation(other), textFile('x.txt', 'x')))[0]?.status).toBe(
      'queued',
    );
  });
});

describe('a quota of one account', () => {
  test('takes the place of the server’s, below it and above it, and null gives that back', async () => {
    const env = { ROLE: 'web', MAX_DOCUMENTS_PER_USER: '3', MESSAGES_PER_MINUTE: '4' };
    const fresh = await startTestApp({ env });
    try {
      const admin = await newPerson(fresh.baseUrl);
      person = await newPerson(fresh.baseUrl);
      const limit = async (quotas: object) => {
        const { status } = await admin.json('PATCH', `/admin/users/${person.id}`, { quotas });
        expect(status).toBe(200);
      };
      const id = await newConversation(person);
      const add = (name: string) => send(person, id, formOf(textFile(name, 'twelve bytes')));
      await limit({ documents: 1 });
      expect((await add('1.txt')).status).toBe(202);
      await expectOverQuota(await add('2.txt'));
      await limit({ documents: 4, bytes: 30 });
      expect((await add('2.txt')).status).toBe(202);
      await expectOverQuota(await add('3.txt'));
      await limit({ bytes: null });
      for (const name of ['3.txt', '4.txt']) expect((await add(name)).status).toBe(202);
      await limit({ documents: null });
      await expectOverQuota(await add('5.txt'));
      // Sessions notice within seconds.
      await limit({ messages_per_minute: 2 });
      const say = async (who: Person, to: string) =>
        (await who.json('POST', `/conversations/${to}/messages`, { role: 'user', content: 'x' })).status;
      expect([await say(person, id), await say(person, id), await say(person, id)]).toEqual([201, 201, 429]);
      await limit({ messages_per_minute: 100 });
      expect(await say(person, id)).toBe(201);
      const other = await newConversation(admin);
      const said = [];
      for (let at = 0; at < 5; at += 1) said.push(await say(admin, other));
      expect(said).toEqual([201, 201, 201, 201, 429]);
    } finally {
      await fresh.close();
    }
  });
});
