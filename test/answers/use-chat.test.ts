import { beforeAll, describe, expect, test } from 'vitest';
import { newPerson, type Person } from '../support/app.ts';
import { behave } from '../support/provider.ts';
import { answeringApp } from './support/answering-app.ts';
import { historyOf, newConversation } from './support/asking.ts';
import { closedGate } from './support/gate.ts';
import { transportOf, UiChat } from './support/ui-chat.ts';
import { until } from './support/until.ts';

const { provider, app } = await answeringApp({ WAIT_FOR_FILES_S: '60' });
let person: Person;
let baseUrl: string;
beforeAll(async () => {
  baseUrl = (await app()).baseUrl;
  person = await newPerson(baseUrl);
});

/** A chat as `useChat` makes it, of which only the server's address and the token are set. */
function plainChat(id?: string, who = person): UiChat {
  return new UiChat({ ...(id === undefined ? {} : { id }), transport: transportOf(baseUrl, who) });
}

function conversationOf(chat: UiChat): string {
  const id = chat.messages.findLast(({ role }) => role === 'assistant')?.metadata?.conversationId;
  if (id === undefined) throw new Error('the answer does not name its conversation');
  return id;
}

/** Role, text and parent of every message, by the place of the parent in the list. */
async function treeOf(conversation: string, ...leaves: string[]) {
  const seen = new Map<string, { role: string; content: string; parent_id: string | null }>();
  for (const leaf of ['', ...leaves]) {
    for (const one of await historyOf(person, conversation, leaf === '' ? '' : `?branch=${leaf}`))
      seen.set(one.id, one);
  }
  return seen;
}

describe("a chat id of the client's own", () => {
  test('is bound to the conversation that its first question begins', async () => {
    const chat = plainChat();
    expect(chat.id).not.toMatch(/-/);
    await chat.sendMessage({ text: 'What is a fjord?' });
    const conversation = conversationOf(chat);
    await chat.sendMessage({ text: 'Where?' });
    expect(chat.error).toBeUndefined();
    expect(conversationOf(chat)).toBe(conversation);
    expect((await historyOf(person, conversation)).map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'user',
      'assistant',
    ]);
    const later = plainChat(chat.id);
    later.messages = chat.messages;
    await later.sendMessage({ text: 'And since when?' });
    expect(conversationOf(later)).toBe(conversation);
  });

  test('is another chat for another person', async () => {
    const other = await newPerson(baseUrl);
    const [mine, theirs] = [plainChat('shared-name'), plainChat('shared-name', other)];
    await mine.sendMessage({ text: 'Mine?' });
    await theirs.sendMessage({ text: 'Theirs?' });
    expect(theirs.error).toBeUndefined();
    expect(conversationOf(theirs)).not.toBe(conversationOf(mine));
    expect(await historyOf(person, conversationOf(mine))).toHaveLength(2);
  });

  test('begins anew when its conversation was deleted', async () => {
    const chat = plainChat();
    await chat.sendMessage({ text: 'First?' });
    const first = conversationOf(chat);
    await person.json('DELETE', `/conversations/${first}`);
    await chat.sendMessage({ text: 'Still there?' });
    expect(conversationOf(chat)).not.toBe(first);
  });

  test('finds its conversation again when it was restored', async () => {
    const chat = plainChat();
    await chat.sendMessage({ text: 'First?' });
    const first = conversationOf(chat);
    await person.json('DELETE', `/conversations/${first}`);
    await person.json('POST', `/conversations/${first}/restore`);
    await chat.sendMessage({ text: 'Still there?' });
    expect(conversationOf(chat)).toBe(first);
    expect(await historyOf(person, first)).toHaveLength(4);
  });

  test('stays with what was begun under it while its conversation was deleted', async () => {
    const chat = plainChat();
    await chat.sendMessage({ text: 'First?' });
    const first = conversationOf(chat);
    await person.json('DELETE', `/conversations/${first}`);
    await chat.sendMessage({ text: 'Anew?' });
    const second = conversationOf(chat);
    expect((await person.json('POST', `/conversations/${first}/restore`)).status).toBe(200);
    await chat.sendMessage({ text: 'Which?' });
    expect(conversationOf(chat)).toBe(second);
  });

  test('may be the id of a conversation that there is', async () => {
    const conversation = await newConversation(person);
    const chat = plainChat(conversation);
    await chat.sendMessage({ text: 'What is a fjord?' });
    expect(conversationOf(chat)).toBe(conversation);
    expect((await person.client.conversations.get(conversation)).message_count).toBe(2);
  });

  test('finds no answer to resume where none is running, or where nothing began', async () => {
    for (const id of ['never-heard-of', 'with spaces/and slashes?', crypto.randomUUID()]) {
      const chat = plainChat(id);
      await chat.resumeStream();
      expect([chat.status, chat.messages]).toEqual(['ready', []]);
    }
  });

  test('resumes the answer that is running', async () => {
    const gate = closedGate();
    provider.script(behave.answer('Slowly, word for word.', { until: gate.opened }));
    const chat = plainChat();
    const sent = chat.sendMessage({ text: 'Tell me.' });
    await until('the first word', () => chat.text !== '' && chat.status === 'streaming');
    const later = plainChat(chat.id);
    const resumed = later.resumeStream();
    await until('the first word again', () => later.text.startsWith('Slowly'));
    gate.open();
    await Promise.all([sent, resumed]);
    expect(later.text).toBe('Slowly, word for word.');
  });
});

describe('regenerate', () => {
  test('writes another answer beside the first, and the question stays one', async () => {
    const chat = plainChat();
    provider.script(behave.answer('An inlet.'), behave.answer('A long inlet.'));
    await chat.sendMessage({ text: 'What is a fjord?' });
    const conversation = conversationOf(chat);
    const first = chat.messages.at(-1)?.id ?? '';
    await chat.regenerate();
    expect(chat.error).toBeUndefined();
    expect(chat.messages.map(({ role }) => role)).toEqual(['user', 'assistant']);
    expect(chat.text).toBe('A long inlet.');
    const second = chat.messages.at(-1)?.id ?? '';
    const tree = await treeOf(conversation, first);
    expect([...tree.values()].map(({ content }) => content).toSorted()).toEqual([
      'A long inlet.',
      'An inlet.',
      'What is a fjord?',
    ]);
    expect(tree.get(first)?.parent_id).toBe(tree.get(second)?.parent_id);
    expect((await historyOf(person, conversation)).at(-1)?.id).toBe(second);
    const { prompt } = await provider.chat(2);
    expect(prompt?.messages.filter(({ role }) => role !== 'system')).toHaveLength(1);
  });

  test('of an answer further up goes beside that one', async () => {
    const chat = plainChat();
    await chat.sendMessage({ text: 'First?' });
    const first = chat.messages.at(-1)?.id ?? '';
    await chat.sendMessage({ text: 'Second?' });
    const second = chat.messages.at(-1)?.id ?? '';
    const conversation = conversationOf(chat);
    await chat.regenerate({ messageId: first });
    expect(chat.error).toBeUndefined();
    const again = chat.messages.at(-1)?.id ?? '';
    const tree = await treeOf(conversation, second);
    expect(tree.get(again)?.parent_id).toBe(tree.get(first)?.parent_id);
    expect((await historyOf(person, conversation)).map(({ content }) => content)[0]).toBe('First?');
    expect(await historyOf(person, conversation)).toHaveLength(2);
  });
});

describe('an edit', () => {
  test('of the last question goes beside it, with an answer of its own', async () => {
    const chat = plainChat();
    await chat.sendMessage({ text: 'First?' });
    const answer = chat.messages.at(-1)?.id ?? '';
    await chat.sendMessage({ text: 'Secnod?' });
    const conversation = conversationOf(chat);
    const edited = chat.messages.at(-2)?.id ?? '';
    await chat.sendMessage({ text: 'Second?', messageId: edited });
    expect(chat.error).toBeUndefined();
    const branch = await historyOf(person, conversation);
    expect(branch.map(({ content, role }) => (role === 'user' ? content : role))).toEqual([
      'First?',
      'assistant',
      'Second?',
      'assistant',
    ]);
    expect(branch[2]?.parent_id).toBe(answer);
  });

  test('of the first question begins a new root', async () => {
    const chat = plainChat();
    await chat.sendMessage({ text: 'Frist?' });
    const conversation = conversationOf(chat);
    await chat.sendMessage({ text: 'First?', messageId: chat.messages[0]?.id ?? '' });
    expect(conversationOf(chat)).toBe(conversation);
    const branch = await historyOf(person, conversation);
    expect([branch.length, branch[0]?.content, branch[0]?.parent_id]).toEqual([2, 'First?', null]);
  });
});

describe('files in a message', () => {
  const fact = 'The lighthouse of Marsk was built in 1871.';
  const file = (text: string, filename = 'notes.txt') => ({
    type: 'file' as const,
    mediaType: 'text/plain',
    filename,
    url: `data:text/plain;base64,${Buffer.from(text).toString('base64')}`,
  });

  test('become documents of the conversation, and the answer rests on them', async () => {
    const chat = plainChat();
    provider.script(behave.answer(`It says "${fact}" [1].`));
    await chat.sendMessage({ text: 'When was the lighthouse built?', files: [file(fact)] });
    expect(chat.error).toBeUndefined();
    const conversation = conversationOf(chat);
    expect((await person.client.documents.list(conversation)).documents).toMatchObject([
      { name: 'notes.txt', status: 'ready' },
    ]);
    expect(chat.messages.at(-1)?.metadata?.mode).toBe('documents');
    const sources = chat.messages.at(-1)?.parts.find(({ type }) => type === 'data-sources');
    expect(sources).toMatchObject({ data: [{ n: 1, excerpt: fact }] });
  });

  test('are not added twice by an edit of their question', async () => {
    const chat = plainChat();
    await chat.sendMessage({ text: 'When was it biult?', files: [file(fact)] });
    await chat.sendMessage({
      text: 'When was it built?',
      files: [file(fact)],
      messageId: chat.messages[0]?.id ?? '',
    });
    expect(chat.error).toBeUndefined();
    expect((await person.client.documents.list(conversationOf(chat))).documents).toHaveLength(1);
  });

  test('sent several times at once begin one chat, and the others are told so', async () => {
    const before = (await person.client.conversations.list({ limit: 200 })).conversations;
    const gate = closedGate();
    provider.setDefault(behave.answer('In 1871, says the file.', { until: gate.opened }));
    const parts = [{ type: 'text', text: 'When was it built?' }, file(fact)];
    const send = () =>
      person.fetch('/api/chat', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ id: 'at-once', messages: [{ id: 'q', role: 'user', parts }] }),
      });
    const responses = await Promise.all(Array.from({ length: 4 }, send));
    expect(responses.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409]);
    gate.open();
    await Promise.all(responses.map((response) => response.text()));
    const after = (await person.client.conversations.list({ limit: 200 })).conversations;
    expect(after).toHaveLength(before.length + 1);
  });

  test('that cannot be read here are refused as uploads are, and leave no conversation', async () => {
    const before = await person.client.conversations.list({ limit: 200 });
    const chat = plainChat();
    const odd = {
      ...file(''),
      filename: 'x.bin',
      url: `data:;base64,${Buffer.from([0, 1, 2, 255]).toString('base64')}`,
    };
    await chat.sendMessage({ text: 'What is this?', files: [odd] });
    expect(chat.error?.message).toMatch(/is not of a type that can be read here/);
    const linked = plainChat();
    await linked.sendMessage({ text: 'And this?', files: [{ ...file(''), url: 'http://127.0.0.1/secret' }] });
    expect(linked.error?.message).toMatch(/comes as a data URL/);
    expect(await person.client.conversations.list({ limit: 200 })).toEqual(before);
  });
});
