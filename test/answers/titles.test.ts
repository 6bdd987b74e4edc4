import { beforeAll, describe, expect, test } from 'vitest';
import { cleanTitle } from '../../src/answers/afterwards/name-conversation.ts';
import { cutTitle, titleFrom } from '../../src/conversations/title.ts';
import { newPerson, type Person, startTestApp } from '../support/app.ts';
import { behave } from '../support/provider.ts';
import { answeringApp } from './support/answering-app.ts';
import { askJson, newConversation } from './support/asking.ts';
import { closedGate } from './support/gate.ts';
import { until } from './support/until.ts';

const { provider, app } = await answeringApp({ TITLES: 'model' });
let person: Person;
beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
});

async function titleOf(id: string): Promise<string> {
  return (await person.client.conversations.get(id)).title;
}

test('a conversation is named by the model when its first answer is done', async () => {
  const id = await newConversation(person);
  provider.script(behave.answer('Ein Fjord ist eine Bucht.'), behave.answer('**„Fjorde in Norwegen“.**'));
  await askJson(person, id, 'Was ist ein Fjord?');
  await until('it has a title', async () => (await titleOf(id)) === 'Fjorde in Norwegen');
  const asked = (await provider.chat(2)).prompt?.messages ?? [];
  expect(asked[0]?.content).toMatch(/language of the question/);
  expect(asked.at(-1)?.content).toContain('Was ist ein Fjord?');
});

test('what a title takes of the model counts among the tokens of the user', async () => {
  const another = await newPerson((await app()).baseUrl);
  const id = await newConversation(another);
  const { body: answer } = await askJson(another, id, 'What is a fjord?');
  const spent = async () => (await another.client.conversations.overview()).tokens;
  await until('it is counted', async () => (await spent()).output > answer.metadata.tokens.output);
  expect((await spent()).input).toBeGreaterThan(answer.metadata.tokens.input);
});

test('a title that a person has given stays, and no model is asked for one', async () => {
  const { id } = await person.client.conversations.create({ title: 'Mine' });
  await askJson(person, id, 'What is a fjord?');
  await askJson(person, id, 'And a bay?');
  expect(await titleOf(id)).toBe('Mine');
  expect(provider.chats).toHaveLength(2);
});

test('so does one that is given while the model writes its own', async () => {
  const id = await newConversation(person);
  const gate = closedGate();
  provider.script(behave.answer('An inlet.'), behave.answer('A title of the model', { until: gate.opened }));
  await askJson(person, id, 'What is a fjord?');
  const naming = await provider.chat(2);
  await person.client.conversations.update(id, { title: 'Ours' });
  gate.open();
  await naming.ended;
  await askJson(person, id, 'And a bay?');
  expect(await titleOf(id)).toBe('Ours');
});

test('a title that comes late is a change of its conversation, which is told', async () => {
  const id = await newConversation(person);
  const gate = closedGate();
  provider.script(behave.answer('An inlet.'), behave.answer('Fjords of Norway', { until: gate.opened }));
  await askJson(person, id, 'What is a fjord?');
  await provider.chat(2);
  const { updated_at: before } = await person.client.conversations.get(id);
  await until('the clock has gone on', () => Date.now() > Date.parse(before));
  gate.open();
  await until('it has a title', async () => (await titleOf(id)) === 'Fjords of Norway');
  const { updated_at: after } = await person.client.conversations.get(id);
  expect(Date.parse(after)).toBeGreaterThan(Date.parse(before));
});

test('a server that stops waits for no title', async () => {
  provider.script(behave.answer('An inlet.'), behave.hang());
  const env = { LLM_BASE_URL: provider.baseUrl, LLM_MODEL: 'test-chat', TITLES: 'model' };
  const { baseUrl, close } = await startTestApp({ env });
  const another = await newPerson(baseUrl);
  await askJson(another, await newConversation(another), 'What is a fjord?');
  const naming = await provider.chat(2);
  await close();
  expect(await naming.ended).toBe('aborted');
  // Half of what a title may take by itself.
}, 15_000);

describe('a title', () => {
  test.each([
    ['"The lighthouses of Marsk."', 'The lighthouses of Marsk'],
    ['## Title: **Fleet**', 'Fleet'],
    ['\n\n会社の売上高。\nmore', '会社の売上高'],
    ['  ', ''],
  ])('of the reply %j is %j', (reply, title) => {
    expect(cleanTitle(reply)).toBe(title);
  });

  test('is cut between what a reader takes for characters', () => {
    const family = '👨‍👩‍👧‍👦';
    const cut = cutTitle(family.repeat(40));
    expect(cut.endsWith('…')).toBe(true);
    expect(cut.slice(0, -1).split(family).join('')).toBe('');
    expect(titleFrom('word '.repeat(40)).length).toBeLessThanOrEqual(81);
  });
});
