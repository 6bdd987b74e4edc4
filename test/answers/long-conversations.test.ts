import { beforeAll, expect, test } from 'vitest';
import { newPerson, type Person } from '../support/app.ts';
import { behave } from '../support/provider.ts';
import { answeringApp } from './support/answering-app.ts';
import { askJson, newConversation } from './support/asking.ts';
import { until } from './support/until.ts';

const { provider, app } = await answeringApp({ SUMMARIES: 'on', LLM_CONTEXT_WINDOW: '2000' });
let person: Person;
beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
});

async function say(conversation: string, contents: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const [at, content] of contents.entries()) {
    const message = await person.client.messages.add(conversation, {
      role: at % 2 === 0 ? 'user' : 'assistant',
      content,
    });
    ids.push(message.id);
  }
  return ids;
}

/** A system message, and a message beside it that is not below it. */
async function sayOrder(id: string, content: string, place: string): Promise<{ sibling: string }> {
  const add = (role: 'user' | 'system', text: string, parent: string | null) =>
    person.client.messages.add(id, { role, content: text, parent_id: parent });
  const root = place === 'at the root' ? null : (await add('user', 'The beginning.', null)).id;
  const sibling = await add('user', 'The sibling.', root);
  await add('system', content, root);
  return { sibling: sibling.id };
}

async function summariesIn(conversation: string): Promise<{ id: string; summary: string }[]> {
  const { rows } = await (
    await app()
  ).app.db.pool.query<{ id: string; summary: string }>(
    'SELECT id, summary FROM messages WHERE conversation_id = $1 AND summary IS NOT NULL',
    [conversation],
  );
  return rows;
}

test('everything that fits reaches the model, however many messages it is', async () => {
  const id = await newConversation(person);
  await say(
    id,
    Array.from({ length: 60 }, (_, at) => `Word ${at}.`),
  );
  await askJson(person, id, 'Which word was the first?');
  expect((await provider.chat(1)).prompt?.text).toContain('Word 0.');
});

test.each(['at the root', 'below the first message'])(
  'a system message %s reaches the model after the branch has been told in short, and no other branch',
  async (place) => {
    const id = await newConversation(person);
    const order = await sayOrder(id, 'Speak like a captain.', place);
    await say(
      id,
      Array.from({ length: 8 }, (_, at) => `Turn ${at}. ${'words '.repeat(250)}`),
    );
    provider.script(behave.answer('Done.'), behave.answer('They spoke of KESTREL.'));
    await askJson(person, id, 'What did I say last?');
    await until('the summary is stored', async () => (await summariesIn(id)).length === 1);

    await askJson(person, id, 'And before?');
    const { text, messages } = (await provider.chat(3)).prompt!;
    expect(text).toContain('KESTREL');
    expect(text).not.toContain('Turn 0.');
    expect(text.split('Speak like a captain.')).toHaveLength(2);
    expect(messages.findIndex(({ content }) => content.includes('captain'))).toBeLessThan(
      messages.findIndex(({ content }) => content.includes('KESTREL')),
    );

    const before = provider.chats.length;
    await askJson(person, id, 'Another beginning.', { parent_id: order.sibling });
    expect((await provider.chat(before + 1)).prompt?.text).not.toContain('captain');
  },
);

test('a system message at the beginning of a branch that is longer than the window reaches the model', async () => {
  const id = await newConversation(person);
  await sayOrder(id, 'Speak like a captain.', 'at the root');
  await say(
    id,
    Array.from({ length: 60 }, (_, at) => `Turn ${at}. ${'words '.repeat(250)}`),
  );
  await askJson(person, id, 'Where to?');
  const text = (await provider.chat(1)).prompt?.text ?? '';
  expect(text).toContain('Speak like a captain.');
  expect(text).not.toContain('Turn 0.');
});

test('the older part of a long branch is told in short, to that branch and no other', async () => {
  const id = await newConversation(person);
  const turns = Array.from({ length: 8 }, (_, at) => `Turn ${at}. ${'words '.repeat(250)}`);
  const ids = await say(id, turns);
  provider.script(behave.answer('Done.'), behave.answer('They spoke of the secret KESTREL.'));
  await askJson(person, id, 'What did I say last?');
  await until('the summary is stored', async () => (await summariesIn(id)).length === 1);
  const [stored] = await summariesIn(id);
  expect(ids).toContain(stored?.id);
  expect((await provider.chat(2)).prompt?.text).toContain('Turn 0.');

  await askJson(person, id, 'And before?');
  const next = (await provider.chat(3)).prompt;
  expect(next?.text).toContain('in short: They spoke of the secret KESTREL.');
  expect(next?.messages[0]?.content).not.toContain('KESTREL');
  expect(next?.text).not.toContain('Turn 0.');
  expect(next?.text).toContain('And before?');

  const before = provider.chats.length;
  await askJson(person, id, 'From the beginning, please.', { parent_id: ids[0] });
  const other = (await provider.chat(before + 1)).prompt?.text ?? '';
  expect(other).toContain('From the beginning, please.');
  expect(other).not.toContain('KESTREL');
});
