import type { Conversation } from '@alcove/contract';
import { beforeAll, describe, expect, test } from 'vitest';
import { newPerson, type Person } from '../support/app.ts';
import { behave } from '../support/provider.ts';
import { answeringApp } from './support/answering-app.ts';
import { askJson, newConversation } from './support/asking.ts';

// What a conversation may ask of a model: one of those that are configured, within the operator's bounds.

const { provider, app } = await answeringApp({
  LLM_MODEL: 'model-a,model-b',
  MAX_TEMPERATURE: '0.5',
  MAX_OUTPUT_TOKENS: '1000',
  TITLES: 'question',
});
let person: Person;
beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
});

function lastRequest(): Record<string, unknown> {
  return provider.chats.at(-1)?.body ?? {};
}

async function change(id: string, settings: object) {
  return person.json<Conversation>('PATCH', `/conversations/${id}`, { settings });
}

test('the second of two models answers where a conversation names it, and only there', async () => {
  const [first, second] = [await newConversation(person), await newConversation(person)];
  expect((await change(second, { model: 'model-b' })).status).toBe(200);
  provider.script(behave.answer('By the second.'), behave.answer('By the first.'));
  const inSecond = await askJson(person, second, 'Who answers?');
  expect(lastRequest()).toMatchObject({ model: 'model-b' });
  expect(inSecond.body).toMatchObject({ answer: 'By the second.', metadata: { model: 'model-b' } });
  const inFirst = await askJson(person, first, 'Who answers?');
  expect(lastRequest()).toMatchObject({ model: 'model-a' });
  expect(inFirst.body).toMatchObject({ answer: 'By the first.', metadata: { model: 'model-a' } });
});

describe("the operator's bounds", () => {
  test('are told to clients, and hold where a conversation names none', async () => {
    expect(await person.client.capabilities()).toMatchObject({
      max_temperature: 0.5,
      max_output_tokens: 1000,
    });
    provider.script(behave.answer('Hello.'));
    await askJson(person, await newConversation(person), 'Hello?');
    expect(lastRequest()).toMatchObject({ max_tokens: 1000 });
    expect(lastRequest()).not.toHaveProperty('temperature');
  });

  test('may be reached', async () => {
    const id = await newConversation(person);
    expect((await change(id, { temperature: 0.5, max_output_tokens: 1000 })).status).toBe(200);
    provider.script(behave.answer('Hello.'));
    await askJson(person, id, 'Hello?');
    expect(lastRequest()).toMatchObject({ temperature: 0.5, max_tokens: 1000 });
  });

  test.each([
    [{ temperature: 0.6 }, 'temperature may be at most 0.5 here (MAX_TEMPERATURE).'],
    [{ max_output_tokens: 1001 }, 'max_output_tokens may be at most 1000 here (MAX_OUTPUT_TOKENS).'],
  ])('refuse more, wherever settings are given: %o', async (settings, error) => {
    const refused = { status: 400, body: { code: 'invalid_request', error } };
    const id = await newConversation(person);
    expect(await change(id, settings)).toMatchObject(refused);
    expect(await person.json('POST', '/conversations', { settings })).toMatchObject(refused);
    const template = await person.client.templates.create({ name: 'Plain' });
    expect(await person.json('POST', '/templates', { name: 'Bold', settings })).toMatchObject(refused);
    expect(await person.json('PATCH', `/templates/${template.id}`, { settings })).toMatchObject(refused);
  });

  test('cut what was stored before they were set', async () => {
    const id = await newConversation(person);
    await (
      await app()
    ).app.db.pool.query(
      `UPDATE conversations SET settings = '{"temperature": 1.7, "max_output_tokens": 4000}' WHERE id = $1`,
      [id],
    );
    provider.script(behave.answer('Hello.'));
    await askJson(person, id, 'Hello?');
    expect(lastRequest()).toMatchObject({ temperature: 0.5, max_tokens: 1000 });
  });
});
