import type { Answer } from '@alcove/contract';
import { beforeAll, expect, test } from 'vitest';
import { answeringApp } from '../answers/support/answering-app.ts';
import { newPerson, type Person } from '../support/app.ts';
import { behave } from '../support/provider.ts';
import { expectProblem } from './problem.ts';

// One effect of many requests with one Idempotency-Key, and the keys that none can have.

const { provider, app } = await answeringApp();
let person: Person;
beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
});

async function newConversation(who = person): Promise<string> {
  return (await who.json<{ id: string }>('POST', '/conversations', {})).body.id;
}

function post(path: string, body: object, key: Record<string, string>, who = person): Promise<Response> {
  const headers = { 'content-type': 'application/json', ...key };
  return who.fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
}

test('twenty at once make one message, and every answer is the same', async () => {
  const id = await newConversation();
  const headers = { 'idempotency-key': 'the-same-for-all' };
  const body = {
    role: 'user',
    content: 'only once',
    message_metadata: { '10': 'ten', '2': 'two', note: 'é' },
  };
  const answers = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const response = await post(`/conversations/${id}/messages`, body, headers);
      return { status: response.status, text: await response.text() };
    }),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  const { body: history } = await person.json<{ messages: unknown[] }>('GET', `/conversations/${id}`);
  expect(history.messages).toEqual([JSON.parse(answers[0]?.text ?? '')]);
  await expectProblem(
    await post(`/conversations/${id}/messages`, { ...body, content: 'other' }, headers),
    'idempotency_mismatch',
  );
  await expectProblem(
    await post(`/conversations/${await newConversation()}/messages`, body, headers),
    'idempotency_mismatch',
  );
});

test('is one user’s own', async () => {
  const other = await newPerson(person.baseUrl);
  const headers = { 'idempotency-key': 'mine' };
  const [mine, theirs] = await Promise.all([
    post('/conversations', { title: 'A' }, headers),
    post('/conversations', { title: 'B' }, headers, other),
  ]);
  expect([mine.status, theirs.status]).toEqual([201, 201]);
  expect(((await mine.json()) as { id: string }).id).not.toBe(((await theirs.json()) as { id: string }).id);
});

test('with a stream: a repeat follows the same answer', async () => {
  const id = await newConversation();
  provider.script(behave.answer('Alpha beta gamma delta.'));
  const before = provider.chats.length;
  const ask = () =>
    post(
      `/rag/conversation/${id}/query`,
      { query: 'Say it', stream: true },
      { 'idempotency-key': 'stream-1' },
    );
  const texts = await Promise.all([ask(), ask(), ask()].map(async (response) => (await response).text()));
  const later = await (await ask()).text();
  expect(provider.chats.length).toBe(before + 1);
  const messageIds = [...texts, later].map((text) => /"message_id":"([^"]+)"/.exec(text)?.[1]);
  expect(new Set(messageIds).size).toBe(1);
  for (const text of [...texts, later]) expect(text).toContain('event: done');
  const { body } = await person.json<{ message_count: number }>('GET', `/conversations/${id}`);
  expect(body.message_count).toBe(2);
});

test('of a request that was refused may be used again', async () => {
  const id = await newConversation();
  const headers = { 'idempotency-key': 'second-try' };
  await expectProblem(await post(`/rag/conversation/${id}/query`, {}, headers), 'invalid_request');
  const foreign = await newConversation(await newPerson(person.baseUrl));
  const to = { role: 'user', content: 'x', parent_id: foreign };
  await expectProblem(await post(`/conversations/${id}/messages`, to, headers), 'not_found');
  const again = await post(`/rag/conversation/${id}/query`, { query: 'Hello?' }, headers);
  expect(again.status).toBe(200);
  const repeated = await post(`/rag/conversation/${id}/query`, { query: 'Hello?' }, headers);
  expect(((await repeated.json()) as Answer).message_id).toBe(((await again.json()) as Answer).message_id);
});

test('of a question that was kept but not answered stands for that question, which is not asked again', async () => {
  const id = await newConversation();
  const headers = { 'idempotency-key': 'no-second-question' };
  provider.script(behave.unauthorized());
  for (let at = 0; at < 2; at += 1) {
    const response = await post(`/rag/conversation/${id}/query`, { query: 'Hello?' }, headers);
    await expectProblem(response, 'model_unavailable');
  }
  const { body } = await person.json<{ message_count: number }>('GET', `/conversations/${id}`);
  expect(body.message_count).toBe(2);
});

test.each([['x'.repeat(256)], ['two words'], ['a\ttab'], ['\u00fc']])('%j is refused', async (key) => {
  const response = await post('/conversations', {}, { 'idempotency-key': key });
  await expectProblem(response, 'idempotency_key_invalid');
});
