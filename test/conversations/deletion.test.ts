import type { Problem } from '@alcove/contract';
import { describe, expect, test } from 'vitest';
import { answeringApp } from '../answers/support/answering-app.ts';
import { addText, askJson, askStream, historyOf, newConversation } from '../answers/support/asking.ts';
import { closedGate } from '../answers/support/gate.ts';
import { until } from '../answers/support/until.ts';
import { readUntil } from '../answers/support/wire-events.ts';
import { filesOf } from '../documents/support/uploading.ts';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { pathsWith, readEveryRoute } from './support/read-every-route.ts';
import { behave } from '../support/provider.ts';

const { provider, app } = await answeringApp({}, { embeddings: true });
const canary = 'KESTREL-7402';
const dayMs = 24 * 3_600_000;

async function somebody(server?: TestApp): Promise<Person> {
  return newPerson((server ?? (await app())).baseUrl);
}

interface Told {
  conversation: string;
  document: string;
  answer: string;
}

/** A conversation with a document, a question and its answer, in all of which the canary is. */
async function tell(person: Person): Promise<Told> {
  const conversation = await newConversation(person);
  await person.client.conversations.update(conversation, { title: `About ${canary}`, tags: [canary] });
  const document = await addText(person, conversation, `The word is ${canary}.`, `${canary}.txt`);
  provider.script(behave.answer(`It is ${canary} [1].`));
  const { body } = await askJson(person, conversation, `What is ${canary}?`);
  return { conversation, document: document.id, answer: body.message_id };
}

async function readEverything(person: Person, told: Told): Promise<Map<string, string>> {
  return readEveryRoute(await app(), person, [told.conversation, told.document, told.answer], canary);
}

async function rowsOf(person: Person, table: string): Promise<number> {
  const { pool } = (await app()).app.db;
  const { rows } = await pool.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM ${table} WHERE user_id = $1`,
    [person.id],
  );
  return rows[0]?.n ?? 0;
}

async function endWindow(server: TestApp, conversation: string): Promise<void> {
  const sql = `UPDATE conversations SET purge_at = now() - interval '1 second' WHERE id = $1`;
  await server.app.db.pool.query(sql, [conversation]);
}

test(
  'a deletion is named before, is gone at once from every route, and is undone with all that was there',
  { timeout: 120_000 },
  async () => {
    const person = await somebody();
    const told = await tell(person);
    const other = await newConversation(person);
    const link = await person.json<{ url: string }>('POST', `/conversations/${told.conversation}/shares`, {});
    expect(link.status).toBe(201);
    const shared = async (): Promise<number> =>
      (await fetch(`${person.baseUrl}/s/${link.body.url.split('/s/')[1]}`)).status;
    expect(await shared()).toBe(200);
    const before = await readEverything(person, told);
    expect(pathsWith(before, canary).length).toBeGreaterThan(10);
    const preview = await person.client.conversations.previewDeletion(told.conversation);
    expect(preview).toMatchObject({
      would_delete: { messages: 2, documents: 1, chunks: 1, shares: 1 },
      restorable_days: 30,
    });

    const deleted = await person.client.conversations.delete(told.conversation);
    const { shares: _, ...going } = preview.would_delete;
    expect(deleted.deleted).toEqual(going);
    expect(Date.parse(deleted.restorable_until ?? '') - Date.now()).toBeGreaterThan(29 * dayMs);
    const after = await readEverything(person, told);
    for (const text of [canary, told.conversation, told.document, told.answer])
      expect(pathsWith(after, text)).toEqual([]);
    expect(await person.client.conversations.overview()).toMatchObject({
      total_conversations: 1,
      total_messages: 0,
      total_documents: 0,
      total_chunks: 0,
      total_bytes: 0,
    });
    const everywhere = await person.client.asking.askAnew({ query: `What is ${canary}?`, scope: 'all' });
    expect(everywhere.sources).toEqual([]);
    expect(await shared()).toBe(404);
    expect((await person.json('DELETE', `/conversations/${told.conversation}`)).status).toBe(404);
    const listed = await person.client.conversations.list({ status: 'deleted' });
    expect(listed.conversations).toMatchObject([{ id: told.conversation, title: `About ${canary}` }]);
    await person.client.conversations.delete(everywhere.conversation_id, { permanently: true });

    const restored = await person.client.conversations.restore(told.conversation);
    expect(restored).toMatchObject({ deleted_at: null, message_count: 2, document_count: 1 });
    expect(await person.client.conversations.restore(told.conversation)).toEqual(restored);
    expect(await shared()).toBe(200);
    const again = await readEverything(person, told);
    expect(pathsWith(again, canary)).toEqual(pathsWith(before, canary));
    expect(await (await person.fetch(`/documents/${told.document}/content`)).text()).toContain(canary);
    provider.script(behave.answer(`It is ${canary} [1].`));
    const { body } = await askJson(person, told.conversation, `What is ${canary}?`);
    expect(body.sources[0]?.excerpt).toContain(canary);
    expect((await person.json('POST', `/conversations/${other}/restore`)).status).toBe(200);
  },
);

test('when the window ends the content is erased, its original too', async () => {
  const server = await app();
  const person = await somebody();
  const { conversation } = await tell(person);
  await person.client.conversations.delete(conversation);
  expect(await filesOf(server, person)).toHaveLength(1);
  await endWindow(server, conversation);
  await until('it is erased', async () => (await rowsOf(person, 'conversations')) === 0, 30_000);
  for (const table of ['messages', 'documents', 'chunks', 'segments', 'document_texts', 'answer_events'])
    expect(await rowsOf(person, table), table).toBe(0);
  await until('the original is gone', async () => (await filesOf(server, person)).length === 0, 30_000);
  expect((await person.json('POST', `/conversations/${conversation}/restore`)).status).toBe(404);
  const { rows } = await server.app.db.pool.query(
    'SELECT bytes, deleted_bytes FROM user_counters WHERE user_id = $1',
    [person.id],
  );
  expect(rows).toEqual([{ bytes: 0, deleted_bytes: 0 }]);
});

test('what is deleted takes room until it is erased, and can be erased at once', async () => {
  const person = await somebody();
  const { conversation } = await tell(person);
  await person.client.conversations.delete(conversation);
  const erased = await person.client.conversations.delete(conversation, { permanently: true });
  expect(erased).toMatchObject({ deleted: { documents: 1 }, restorable_until: null });
  expect(await rowsOf(person, 'documents')).toBe(0);
  const again = await person.json('DELETE', `/conversations/${conversation}?permanently=true`);
  expect(again.status).toBe(404);
});

test('with several links it is erased, and none of them opens any more', async () => {
  const person = await somebody();
  const conversation = await newConversation(person);
  await person.client.messages.add(conversation, { role: 'user', content: 'Hello.' });
  const share = () => person.json<{ url: string }>('POST', `/conversations/${conversation}/shares`, {});
  const links = await Promise.all([share(), share(), share(), share(), share(), share()]);
  const erased = await person.json('DELETE', `/conversations/${conversation}?permanently=true`);
  expect(erased.status).toBe(200);
  for (const { body } of links) {
    const path = new URL(body.url, person.baseUrl).pathname;
    expect(
      (await fetch(`${person.baseUrl}${path}`, { headers: { accept: 'application/json' } })).status,
    ).toBe(404);
  }
});

test('an answer that was being written ends, and is there with its text when it is undone', async () => {
  const person = await somebody();
  const conversation = await newConversation(person);
  const gate = closedGate();
  provider.script(behave.answer('Slowly, word for word.', { until: gate.opened }));
  await readUntil(await askStream(person, conversation, 'Tell me.'), ({ type }) => type === 'delta');
  await person.client.conversations.delete(conversation);
  gate.open();
  await person.client.conversations.restore(conversation);
  const answer = await until('the answer ended', async () => {
    const [, last] = await historyOf(person, conversation);
    return last?.status !== 'streaming' && last;
  });
  expect(answer.status).toBe('incomplete');
  expect('Slowly, word for word.').toContain(answer.content);
  expect(answer.content).not.toBe('');
});

test('a client’s own name of a chat begins a new conversation when the old one is deleted', async () => {
  const person = await somebody();
  const ask = async (): Promise<string> => {
    provider.script(behave.answer('Yes.'));
    const response = await person.fetch('/api/chat', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        id: 'my chat',
        messages: [{ role: 'user', parts: [{ type: 'text', text: 'Well?' }] }],
      }),
    });
    await response.text();
    return response.headers.get('x-conversation-id') ?? '';
  };
  const first = await ask();
  await person.client.conversations.delete(first);
  const second = await ask();
  expect(second).not.toBe(first);
  await person.client.conversations.restore(first);
  expect(await ask()).toBe(second);
});

describe('under a legal hold', () => {
  test(
    'nothing is erased by its owner, by an administrator or by time, until it ends',
    { timeout: 60_000 },
    async () => {
      const server = await startTestApp({ isNew: true });
      try {
        const admin = await somebody(server);
        const person = await somebody(server);
        const conversation = await newConversation(person);
        const document = await addText(person, conversation, 'Evidence.');
        const note = await person.client.messages.add(conversation, {
          role: 'user',
          content: 'Evidence too.',
        });
        const set = async (more: object) => admin.json('PATCH', `/admin/users/${person.id}`, more);
        expect((await set({ legal_hold: true })).body).toMatchObject({ legal_hold: true });
        const refused: [string, string, unknown?][] = [
          ['DELETE', `/documents/${document.id}`],
          ['DELETE', `/messages/${note.id}`],
          ['DELETE', `/conversations/${conversation}?permanently=true`],
          ['DELETE', '/auth/me', { password: person.password }],
        ];
        for (const [method, path, body] of refused)
          expect((await person.json<Problem>(method, path, body)).body, path).toMatchObject({
            code: 'conflict',
          });
        expect((await admin.json('DELETE', `/admin/users/${person.id}`)).status).toBe(409);
        await person.client.conversations.delete(conversation);
        await endWindow(server, conversation);
        await until(
          'the hold is seen',
          async () => {
            const { rows } = await server.app.db.pool.query(
              `SELECT 1 FROM conversations WHERE id = $1 AND purge_at > now()`,
              [conversation],
            );
            return rows.length === 1;
          },
          30_000,
        );
        await set({ legal_hold: false });
        await endWindow(server, conversation);
        await until(
          'it is erased',
          async () => {
            const { rows } = await server.app.db.pool.query('SELECT 1 FROM messages WHERE id = $1', [
              note.id,
            ]);
            return rows.length === 0;
          },
          30_000,
        );
        const audit = await admin.json<{ entries: { action: string }[] }>(
          'GET',
          `/admin/audit?target=${person.id}`,
        );
        expect(audit.body.entries.map(({ action }) => action)).toEqual(
          expect.arrayContaining(['account.held', 'account.hold_ended']),
        );
      } finally {
        await server.close();
      }
    },
  );
});
