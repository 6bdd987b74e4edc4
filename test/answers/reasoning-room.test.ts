import { beforeAll, expect, test } from 'vitest';
import { newPerson, type Person } from '../support/app.ts';
import { answeringApp } from './support/answering-app.ts';
import { askJson, newConversation } from './support/asking.ts';

const { provider, app } = await answeringApp({
  LLM_MODEL: 'gpt-oss:20b,usual-chat,small-thinker',
  LLM_CONTEXT_WINDOW: '32768',
  TITLES: 'model',
});
let person: Person;
beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
});

async function allowances(model: string): Promise<number[]> {
  const id = await newConversation(person);
  await person.client.conversations.update(id, { settings: { max_output_tokens: 200 } });
  await askJson(person, id, 'What is a fjord?', { model });
  const requests = [await provider.chat(1), await provider.chat(2)];
  return requests.map(({ body }) => Number(body['max_tokens']));
}

test('what a person allows an answer is not taken by the thoughts of its model', async () => {
  const [thinking] = await allowances('gpt-oss:20b');
  expect(thinking).toBeGreaterThan(5_000);
  expect(thinking).toBeLessThan(32_768 / 2);
  provider.reset();
  expect((await allowances('usual-chat'))[0]).toBe(200);
});

test.each(['gpt-oss:20b', 'small-thinker', 'usual-chat'])(
  'a title has room behind the thoughts of %s',
  async (model) => {
    expect((await allowances(model))[1]).toBeGreaterThanOrEqual(1_000);
  },
);
