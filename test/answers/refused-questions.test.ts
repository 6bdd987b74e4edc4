import { beforeAll, describe, expect, test } from 'vitest';
import type { Problem } from '@alcove/contract';
import { newPerson, type Person, personOf } from '../support/app.ts';
import { behave } from '../support/provider.ts';
import { answeringApp } from './support/answering-app.ts';
import {
  addText,
  askInVain,
  askStream,
  conversationAbout,
  historyOf,
  newConversation,
} from './support/asking.ts';
import { closedGate } from './support/gate.ts';
import { readAll, readUntil, wireEvents } from './support/wire-events.ts';

const { provider, app } = await answeringApp({ STREAMS_PER_USER: '1' });
let baseUrl: string;
let person: Person;
beforeAll(async () => {
  baseUrl = (await app()).baseUrl;
  person = await newPerson(baseUrl);
});

const chat = (text: string, more: object = {}) => ({
  messages: [{ id: 'q', role: 'user', parts: [{ type: 'text', text }] }],
  ...more,
});

const chatWithFile = (text: string, more: object = {}) => {
  const url = 'data:text/plain,Once%20upon%20a%20time.';
  const file = { type: 'file', mediaType: 'text/plain', filename: 'once.txt', url };
  return { messages: [{ id: 'q', role: 'user', parts: [{ type: 'text', text }, file] }], ...more };
};

async function expectRefused(status: number, path: string, body: object, who = person): Promise<void> {
  const before = await person.client.conversations.list({ limit: 200 });
  const refused = await who.json<Problem>('POST', path, body);
  expect({ path, status: refused.status }).toEqual({ path, status });
  expect(await person.client.conversations.list({ limit: 200 })).toEqual(before);
}

describe('a question that is refused leaves no conversation', () => {
  test('for a model that there is not', () =>
    expectRefused(400, '/rag/query', { query: 'Who?', model: 'none' }));

  test('for an empty chat', () => expectRefused(400, '/api/chat', chat(' ')));

  test('without the embedding model that its strategy needs', async () => {
    await conversationAbout(person, 'The lighthouse of Marsk was built in 1871.');
    await expectRefused(400, '/rag/query', { query: 'When?', strategy: 'vector', scope: 'all' });
  });

  test('while all places are taken', async () => {
    const conversation = await newConversation(person);
    const gate = closedGate();
    provider.script(behave.answer('Slowly, word for word.', { until: gate.opened }));
    const response = await askStream(person, conversation, 'Tell me.');
    const events = wireEvents(response);
    await expectRefused(429, '/rag/query', { query: 'And?' });
    await expectRefused(429, '/api/chat', chat('And?'));
    gate.open();
    await readAll(events);
  });

  test.each([false, true])('with a file, under a legal hold: %s', async (held) => {
    const { pool } = (await app()).app.db;
    await pool.query('UPDATE users SET legal_hold = $2 WHERE id = $1', [person.id, held]);
    const conversation = await newConversation(person);
    const gate = closedGate();
    provider.script(behave.answer('Slowly, word for word.', { until: gate.opened }));
    const events = wireEvents(await askStream(person, conversation, 'Tell me.'));
    await expectRefused(429, '/api/chat', chatWithFile('And?'));
    gate.open();
    await readAll(events);
    await pool.query('UPDATE users SET legal_hold = false WHERE id = $1', [person.id]);
  });

  test('with a key that is for another conversation', async () => {
    const conversation = await newConversation(person);
    const { body } = await person.json<{ key: string }>('POST', '/auth/keys', {
      name: 'one only',
      scope: 'conversation',
      conversation_id: conversation,
    });
    const limited = personOf(baseUrl, body.key, person);
    await expectRefused(403, '/rag/query', { query: 'Who?' }, limited);
    await expectRefused(403, '/api/chat', chat('Who?'), limited);
  });
});

describe('a text that is too long for a question', () => {
  const long = 'x'.repeat(32_001);

  test('is refused as an edit that is to be answered, and written as one that is not', async () => {
    const conversation = await newConversation(person);
    const path = `/messages/${(await write(conversation, 'Who?')).id}/edit`;
    await expectRefused(400, path, { content: long });
    expect(await historyOf(person, conversation)).toHaveLength(1);
    const written = await person.json('POST', path, { content: long, answer: false });
    expect(written.status).toBe(201);
  });

  test('is refused where it stands and is to be answered', async () => {
    const conversation = await newConversation(person);
    const { id } = await write(conversation, long);
    await expectRefused(400, `/messages/${id}/regenerate`, {});
    const trigger = { ...chat('Who?'), conversationId: conversation, trigger: 'regenerate-message' };
    await expectRefused(400, '/api/chat', trigger);
    expect(await historyOf(person, conversation)).toHaveLength(1);
  });

  async function write(conversation: string, content: string): Promise<{ id: string }> {
    const path = `/conversations/${conversation}/messages`;
    return (await person.json<{ id: string }>('POST', path, { role: 'user', content })).body;
  }
});

describe('document_ids', () => {
  test('of another conversation, of somebody else, or of nothing are denied, and nothing is kept', async () => {
    const [here, there] = [await newConversation(person), await newConversation(person)];
    await addText(person, here, 'The lighthouse of Marsk was built in 1871.');
    const elsewhere = await addText(person, there, 'The lighthouse of Norum was built in 1901.');
    const stranger = await newPerson(baseUrl);
    const foreign = await addText(stranger, await newConversation(stranger), 'Nobody may read this.');
    for (const id of [elsewhere.id, foreign.id, '019a8f5e-7c11-7c3e-9f55-3a1d2e4b5c6d']) {
      const { status, body } = await askInVain(person, here, 'When was it built?', { document_ids: [id] });
      expect([status, body.code]).toEqual([404, 'not_found']);
    }
    expect(await historyOf(person, here)).toEqual([]);
  });
});

describe('the Idempotency-Key of a chat with a file that is refused', () => {
  test.each([
    ['stays its own where its file stays', true],
    ['is free where nothing stays', false],
  ])('%s', async (_, stays) => {
    const [conversation, there] = [await newConversation(person), await newConversation(person)];
    const send = (text: string): Promise<Response> =>
      person.fetch('/api/chat', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': `refused-${stays}` },
        body: JSON.stringify(chatWithFile(text, stays ? { conversationId: there } : {})),
      });
    const gate = closedGate();
    provider.script(behave.answer('Slowly, word for word.', { until: gate.opened }));
    const events = wireEvents(await askStream(person, conversation, 'Tell me.'));
    expect((await send('And?')).status).toBe(429);
    gate.open();
    await readAll(events);
    const other = await send('Or?');
    expect(other.status).toBe(stays ? 422 : 200);
    await other.text();
    if (!stays) return;
    const again = await send('And?');
    expect(again.status).toBe(200);
    await again.text();
    expect((await person.client.conversations.get(there)).document_count).toBe(1);
  });
});

test('parent_id null begins a new root', async () => {
  const conversation = await newConversation(person);
  for (const [query, more] of [
    ['First?', {}],
    ['Anew?', { parent_id: null }],
  ] as const) {
    await readUntil(await askStream(person, conversation, query, more), ({ type }) => type === 'done');
  }
  expect(
    (await historyOf(person, conversation)).map(({ content, parent_id }) => [content, parent_id])[0],
  ).toEqual(['Anew?', null]);
  const sent = await person.fetch('/api/chat', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(chat('And once more?', { conversationId: conversation, parentId: null })),
  });
  await sent.text();
  expect((await historyOf(person, conversation)).map(({ content }) => content)[0]).toBe('And once more?');
});
