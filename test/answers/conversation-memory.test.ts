import { beforeAll, describe, expect, test } from 'vitest';
import { newPerson, type Person } from '../support/app.ts';
import { behave } from '../support/provider.ts';
import { answeringApp } from './support/answering-app.ts';
import { addText, askJson, beginningOf, historyOf, newConversation } from './support/asking.ts';

const fact =
  'The lighthouse of Marsk was built in 1871. Its keeper is Ada Holm. The tower is 31 metres high.';
const { provider, app } = await answeringApp();
let person: Person;
beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
});

/** Roles and contents of the n-th request, without the system message. */
async function turnsOf(n: number): Promise<string[]> {
  const { prompt } = await provider.chat(n);
  return (prompt?.messages ?? [])
    .filter(({ role }) => role !== 'system')
    .map(({ role, content }) => `${role}: ${content}`);
}

async function systemOf(n: number): Promise<string> {
  return (await provider.chat(n)).prompt?.messages.find(({ role }) => role === 'system')?.content ?? '';
}

describe('without documents', () => {
  test('the plain model answers, told that there is nothing to cite', async () => {
    const id = await newConversation(person);
    provider.script(behave.answer('A fjord is an inlet.'));
    const { body } = await askJson(person, id, 'What is a fjord?');
    expect(body).toMatchObject({ mode: 'llm', answer: 'A fjord is an inlet.', sources: [] });
    expect(body.metadata).toMatchObject({
      legs: [],
      cache_hit: false,
      rewritten_query: null,
      model: 'test-chat',
    });
    expect(await systemOf(1)).toMatch(/no documents/);
    expect(await turnsOf(1)).toEqual(['user: What is a fjord?']);
  });

  test('the model sees the earlier turns, and nothing is rewritten', async () => {
    const id = await newConversation(person);
    provider.script(
      behave.answer('A fjord is an inlet.'),
      behave.answer('In Norway.'),
      behave.answer('Deep.'),
    );
    for (const query of ['What is a fjord?', 'Where are they?', 'How deep?'])
      await askJson(person, id, query);
    expect(provider.chats).toHaveLength(3);
    expect(await turnsOf(3)).toEqual([
      'user: What is a fjord?',
      'assistant: A fjord is an inlet.',
      'user: Where are they?',
      'assistant: In Norway.',
      'user: How deep?',
    ]);
  });

  test('messages that a client wrote belong to the history', async () => {
    const id = await newConversation(person);
    await person.client.messages.add(id, { role: 'user', content: 'My name is Ines.' });
    await person.client.messages.add(id, { role: 'assistant', content: 'Hello, Ines.' });
    await askJson(person, id, 'What is my name?');
    expect(await turnsOf(1)).toEqual([
      'user: My name is Ines.',
      'assistant: Hello, Ines.',
      'user: What is my name?',
    ]);
  });

  test('an answer that failed is not repeated to the model', async () => {
    const id = await newConversation(person);
    provider.script(behave.unauthorized());
    expect((await askJson(person, id, 'First?')).status).toBe(502);
    expect((await askJson(person, id, 'Second?')).status).toBe(200);
    expect((await turnsOf(2)).join('\n')).toMatch(/^user: First\?\s+Second\?$/);
  });
});

describe('with documents', () => {
  let conversation: string;
  let document: string;
  let beginning: string;
  beforeAll(async () => {
    conversation = await newConversation(person);
    document = (await addText(person, conversation, fact)).id;
    beginning = await beginningOf(person, conversation);
  });

  /** Asks on a branch that has no question yet. */
  const askFirst = (query: string, more: object = {}) =>
    askJson(person, conversation, query, { parent_id: beginning, ...more });
  const askNext = (query: string, more: object = {}) => askJson(person, conversation, query, { ...more });

  test('the first question is searched as it is', async () => {
    const { body } = await askFirst('When was the lighthouse built?');
    expect(provider.chats).toHaveLength(1);
    expect(body.metadata.rewritten_query).toBeNull();
    expect(body.metadata.timings_ms.rewrite).toBeNull();
  });

  test('a follow-up is rewritten from the history, searched so, and answered as it was asked', async () => {
    await askFirst('When was the lighthouse built?');
    provider.script(behave.answer('["Who is the keeper of the lighthouse of Marsk?"]'));
    const { body } = await askNext('And who looks after it?');
    expect(body.metadata.rewritten_query).toBe('Who is the keeper of the lighthouse of Marsk?');
    expect(body.metadata.timings_ms.rewrite).toBeGreaterThan(0);
    const rewriting = (await provider.chat(2)).prompt?.text ?? '';
    expect(rewriting).toContain('When was the lighthouse built?');
    expect(rewriting).toContain('And who looks after it?');
    expect(body.sources.map(({ excerpt }) => excerpt)).toEqual([fact]);
    const turns = await turnsOf(3);
    expect(turns[0]).toBe('user: When was the lighthouse built?');
    expect(turns[1]).toMatch(/^assistant: /);
    expect(turns.at(-1)).toMatch(/^Question: And who looks after it\?$/m);
  });

  test('a follow-up of several questions is searched by each of them', async () => {
    await askFirst('When was the lighthouse built?');
    provider.script(behave.answer('["keeper of the lighthouse", "height of the tower"]'));
    const { body } = await askNext('By whom is it kept, and how high is it?');
    expect(body.metadata.rewritten_query).toBe('keeper of the lighthouse\nheight of the tower');
  });

  test.each([
    ['refused', behave.unauthorized()],
    ['not a list', behave.answer('I would rather chat.')],
    ['empty', behave.answer('[]')],
  ])(
    'a follow-up whose rewriting is %s is searched as it was asked, and says so',
    async (_what, behaviour) => {
      await askFirst('When was the lighthouse built?');
      provider.script(behaviour);
      const { status, body } = await askNext('Who is the keeper?');
      expect(status).toBe(200);
      expect(body.metadata.rewritten_query).toBeNull();
      expect(body.metadata.notices.join('\n')).toMatch(/searched as it was asked/);
      expect(body.sources).toHaveLength(1);
    },
  );

  test('a question that nothing answers reaches the model with the word that nothing was found', async () => {
    await person.client.documents.update(document, { context_mode: 'search' });
    const { body } = await askFirst('zzz qqq xxx', { strategy: 'keyword' });
    expect(body).toMatchObject({ mode: 'documents', sources: [] });
    expect(body.metadata.notices).toContain('No statement of this answer rests on your documents.');
    expect((await turnsOf(1)).at(-1)).toMatch(/No passage of the documents matches/);
    await person.client.documents.update(document, { context_mode: 'auto' });
  });

  test('a branch sees its own turns and not those of its sibling', async () => {
    const first = await askFirst('When was the lighthouse built?');
    provider.script(behave.answer('["a"]'), behave.answer('The secret of the sibling.'));
    await askNext('Tell me a secret.');
    provider.script(behave.answer('["b"]'));
    await askNext('Who is the keeper?', { parent_id: first.body.message_id });
    const prompt = (await provider.chat(5)).prompt?.text ?? '';
    expect(prompt).toContain('When was the lighthouse built?');
    expect(prompt).not.toContain('secret');
    expect((await historyOf(person, conversation)).map(({ content }) => content)).not.toContain(
      'Tell me a secret.',
    );
  });
});
