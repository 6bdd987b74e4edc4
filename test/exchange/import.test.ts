import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ImportEvent, ImportReport } from '@alcove/contract';
import { makeZip } from '../formats/make-zip.ts';
import { newPerson, type Person, sharedApp } from '../support/app.ts';
import { isFullRun } from '../support/full-run.ts';
import { saidIn } from './said-in-exports.ts';

const app = sharedApp();
const folder = join(import.meta.dirname, '../../../shared/data/exports');

const person = async (): Promise<Person> => newPerson((await app()).baseUrl);
const jsonFile = (value: unknown, name = 'conversations.json'): File =>
  new File([JSON.stringify(value)], name);

async function send(who: Person, files: File[], query = ''): Promise<{ status: number; body: ImportReport }> {
  const form = new FormData();
  for (const file of files) form.append('file', file);
  const response = await who.fetch(`/import${query}`, { method: 'POST', body: form });
  return { status: response.status, body: (await response.json()) as ImportReport };
}

describe.skipIf(!existsSync(folder))('the exports of other products', () => {
  const read = (name: string): File => new File([readFileSync(join(folder, name))], name);
  const long = 'sharegpt_fastchat_dummy_conversation.json';
  /** Of the long one the first conversations; all of them in a full run. */
  const chats = isFullRun ? 500 : 30;
  const beginningOf = (name: string): File => {
    if (isFullRun || name !== long) return read(name);
    return jsonFile(
      (JSON.parse(readFileSync(join(folder, name), 'utf8')) as unknown[]).slice(0, chats),
      name,
    );
  };

  test.each([
    ['chatgpt-export.json', 'chatgpt', 2, 19],
    ['librechat-export.json', 'librechat', 1, 6],
    ['librechat-linear.json', 'librechat', 1, 2],
    ['openwebui-export.json', 'openwebui', 3, 6],
    ['chatbotui-export.json', 'chatbotui', 2, 6],
    [long, 'sharegpt', chats, 4 * chats],
  ])(
    '%s',
    async (name, source, conversations, messages) => {
      const who = await person();
      const dry = await send(who, [beginningOf(name)], '?dry_run=true');
      expect(dry.body).toMatchObject({ dry_run: true, imported: conversations, failed: 0, messages });
      expect((await who.client.conversations.list()).conversations).toEqual([]);
      const { body } = await send(who, [beginningOf(name)]);
      expect(body).toMatchObject({ imported: conversations, unchanged: 0, failed: 0, messages });
      expect(new Set(body.items.map((item) => item.source))).toEqual(new Set([source]));
      const again = await send(who, [beginningOf(name)]);
      expect(again.body).toMatchObject({ imported: 0, unchanged: conversations, failed: 0 });
      const { total_conversations: total, total_messages: all } = await who.client.conversations.overview();
      expect([total, all]).toEqual([conversations, messages]);
      // Each conversation of these files has one branch, whose messages stand as the file says them.
      const said = saidIn(name, JSON.parse(await beginningOf(name).text()));
      expect(body.items.map(({ branches }) => branches)).toEqual(said.map(() => 1));
      for (const [at, item] of body.items.entries()) {
        const history = await who.client.conversations.get(item.conversation_id ?? '', { limit: 200 });
        expect(
          history.messages.map(({ role, content, created_at: time }, n) => ({
            role,
            content: said[at]?.[n]?.content === null ? null : content,
            time: said[at]?.[n]?.time === null ? null : time,
          })),
        ).toEqual(said[at]);
        expect(history.messages.map(({ parent_id: parent }) => parent)).toEqual([
          null,
          ...history.messages.slice(0, -1).map(({ id }) => id),
        ]);
      }
    },
    300_000,
  );

  test('keep their order, times, tools and thoughts', async () => {
    const who = await person();
    const { body } = await send(who, [read('chatgpt-export.json'), read('openwebui-export.json')]);
    const byTitle = (title: string) => body.items.find((item) => item.title === title)?.conversation_id ?? '';
    const first = await who.client.conversations.get(byTitle('Conversation 1. Web Search'));
    expect(first.created_at).toBe('2024-01-07T12:18:35.775Z');
    expect(first.messages[0]).toMatchObject({ role: 'user', created_at: '2024-01-07T12:18:35.776Z' });
    expect(first.messages.map(({ metadata }) => (metadata as { tool?: string }).tool ?? null)).toContain(
      'browser',
    );
    const thought = await who.client.conversations.get(byTitle('Chat with reasoning'));
    expect(thought.messages.map(({ content }) => content)).toEqual(['What is 15 * 17?', '255']);
    const { results } = await who.client.search('weather paris');
    expect(results[0]?.conversation_id).toBe(byTitle('Chat with tool call'));
  });
});

const claudeChat = {
  uuid: 'c-1',
  name: 'Rivers',
  created_at: '2025-03-01T10:00:00Z',
  updated_at: '2025-03-01T10:05:00Z',
  chat_messages: [
    {
      uuid: 'm1',
      sender: 'human',
      text: 'Hi',
      content: [{ type: 'text', text: 'Hi there' }],
      created_at: '2025-03-01T10:00:00Z',
    },
    {
      uuid: 'm2',
      parent_message_uuid: 'm1',
      sender: 'assistant',
      text: 'Hello',
      created_at: '2025-03-01T10:01:00Z',
    },
    {
      uuid: 'm3',
      parent_message_uuid: 'm1',
      sender: 'assistant',
      text: 'Hello again',
      created_at: '2025-03-01T10:02:00Z',
    },
  ],
};

test('Claude, with an answer that was asked for twice', async () => {
  const who = await person();
  const { body } = await send(who, [jsonFile([claudeChat])]);
  expect(body.items[0]).toMatchObject({ source: 'claude', messages: 3, branches: 2, outcome: 'imported' });
});

test('branches stand in the order in which their parent lists them', async () => {
  const who = await person();
  const said = (id: string, parent: string | null, children: string[]) => ({
    id,
    parent,
    children,
    message: {
      author: { role: parent === null ? 'user' : 'assistant' },
      content: { content_type: 'text', parts: [id] },
    },
  });
  const chatgpt = {
    id: crypto.randomUUID(),
    title: 'Mapped',
    current_node: 'second',
    // No order is meant by that of a mapping.
    mapping: {
      third: said('third', 'root', []),
      second: said('second', 'root', []),
      root: said('root', null, ['first', 'empty', 'third']),
      empty: { id: 'empty', parent: 'root', children: ['second'], message: null },
      first: said('first', 'root', []),
    },
  };
  const { third, second, root, first } = chatgpt.mapping;
  const plain = ({ id, parent, children, message }: typeof root) => ({
    id,
    parentId: parent,
    childrenIds: children.map((child) => (child === 'empty' ? 'second' : child)),
    role: message.author.role,
    content: id,
  });
  const openwebui = {
    id: crypto.randomUUID(),
    title: 'Mapped, too',
    chat: {
      history: {
        currentId: 'second',
        messages: { third: plain(third), second: plain(second), root: plain(root), first: plain(first) },
      },
    },
  };
  for (const exported of [chatgpt, openwebui]) {
    const { body } = await send(who, [jsonFile([exported])]);
    expect(body.items[0]).toMatchObject({ outcome: 'imported', messages: 4, branches: 3 });
    const id = body.items[0]?.conversation_id ?? '';
    const { messages } = await who.client.conversations.get(id);
    expect(messages.map(({ content }) => content)).toEqual(['root', 'second']);
    const shown = [];
    for (const sibling of messages[1]?.sibling_ids ?? []) {
      await who.json('PUT', `/conversations/${id}/branch`, { leaf_id: sibling });
      shown.push((await who.client.conversations.get(id)).messages[1]?.content);
    }
    expect(shown).toEqual(['first', 'second', 'third']);
  }
});

const chatgptTree = (mapping: object): object => ({ id: crypto.randomUUID(), title: 'Tree', mapping });
const node = (id: string, parent: string | null, text = id): object => ({
  id,
  parent,
  message: { author: { role: 'user' }, content: { content_type: 'text', parts: [text] } },
});

test('one bad item never fails the file, and is there as a whole or not at all', async () => {
  const who = await person();
  // Deeper than a call may be nested in a full run.
  const depth = isFullRun ? 10_000 : 1_000;
  const deep = chatgptTree(
    Object.fromEntries(
      Array.from({ length: depth }, (_, at) => [`n${at}`, node(`n${at}`, at === 0 ? null : `n${at - 1}`)]),
    ),
  );
  const circle = chatgptTree({ a: node('a', 'b'), b: node('b', 'a') });
  const items = [
    circle,
    42,
    null,
    { what: 'is this' },
    chatgptTree({ __proto__: null, x: 1 }),
    deep,
    claudeChat,
  ];
  const nested = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
  const file = new File(
    [`[${nested},{"broken":,${items.map((one) => `},${JSON.stringify(one)}`).join(',{"x":1')}]`],
    'x.json',
  );
  const whole = new File([`[${nested},${items.map((one) => JSON.stringify(one)).join(',')}]`], 'y.json');
  const { status, body } = await send(who, [whole]);
  expect(status).toBe(200);
  const outcomes = body.items.map(({ outcome }) => outcome);
  expect(outcomes.filter((outcome) => outcome === 'failed').length).toBe(5);
  expect(body).toMatchObject({ imported: 3, failed: 5 });
  expect(body.items.find(({ messages }) => messages === depth)?.outcome).toBe('imported');
  for (const { outcome, error } of body.items) if (outcome === 'failed') expect(error).toMatch(/\.$/);
  expect((await send(who, [file])).status).toBe(200);
  expect(({} as Record<string, unknown>)['x']).toBeUndefined();
});

test('an archive whose names lead out of it is refused, and keeps nothing', async () => {
  const who = await person();
  const chats = JSON.stringify([claudeChat]);
  for (const name of ['../../conversations.json', '/etc/conversations.json', 'C:\\conversations.json']) {
    const { status, body } = await send(who, [
      new File([Uint8Array.from(makeZip({ 'a.txt': 'a', [name]: chats }))], 'x.zip'),
    ]);
    expect([name, status, body.imported ?? 0]).toEqual([name, 400, 0]);
  }
  expect((await who.client.conversations.list()).conversations).toEqual([]);
});

test('progress comes as events, and the report at the end', async () => {
  const who = await person();
  const events: ImportEvent[] = [];
  for await (const event of who.client.exchange.importing([
    jsonFile([claudeChat, { ...claudeChat, uuid: 'c-2' }]),
  ]))
    events.push(event);
  expect(events.map(({ type }) => type)).toEqual(['item', 'item', 'done']);
  const last = events.at(-1);
  expect(last?.type === 'done' && last.report.imported).toBe(2);
});

test('the same file sent at once by many is imported once', async () => {
  const who = await person();
  const chats = Array.from({ length: 20 }, (_, at) => ({ ...claudeChat, uuid: `many-${at}` }));
  const reports = await Promise.all(Array.from({ length: 4 }, () => send(who, [jsonFile(chats)])));
  for (const { status } of reports) expect(status).toBe(200);
  expect((await who.client.conversations.list({ limit: 200 })).conversations).toHaveLength(20);
  expect((await who.client.conversations.overview()).total_messages).toBe(60);
});

test('what is unchanged is looked up together, however many conversations a file has', async () => {
  const who = await person();
  const { logs } = await app();
  const chats = Array.from({ length: 60 }, (_, at) => ({ ...claudeChat, uuid: `again-${at}` }));
  expect((await send(who, [jsonFile(chats)])).body.imported).toBe(60);
  const before = logs.length;
  expect((await send(who, [jsonFile(chats)])).body).toMatchObject({ imported: 0, unchanged: 60 });
  const asked = logs
    .slice(before)
    .filter((line) =>
      /imported_items|parent_id AS|'owns_conversation'|SELECT 1 FROM conversations/.test(line),
    );
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.length).toBeLessThan(15);
});

test('an item that a file holds twice is imported once, and extended by the second', async () => {
  const who = await person();
  const [first, ...rest] = claudeChat.chat_messages;
  const short = { ...claudeChat, chat_messages: [first] };
  const { body } = await send(who, [jsonFile([short, claudeChat, claudeChat])]);
  expect(body.items.map(({ outcome, messages }) => [outcome, messages])).toEqual([
    ['imported', 1],
    ['extended', rest.length],
    ['unchanged', 3],
  ]);
  expect((await who.client.conversations.overview()).total_messages).toBe(3);
});

test('what was deleted can be imported again', async () => {
  const who = await person();
  const first = await send(who, [jsonFile([claudeChat])]);
  await who.client.conversations.delete(first.body.items[0]?.conversation_id ?? '');
  expect((await send(who, [jsonFile([claudeChat])])).body.imported).toBe(1);
});

test('what is no export is refused, or reported', async () => {
  const who = await person();
  expect((await send(who, [new File(['PK\u0003\u0004 nothing'], 'x.zip')])).status).toBe(400);
  expect((await send(who, [])).status).toBe(400);
  expect((await who.json('POST', '/import', {})).status).toBe(415);
  expect((await send(who, [new File(['no JSON'], 'x.json')])).body).toMatchObject({ imported: 0, failed: 1 });
});

describe('a conversation that has grown in a later export', () => {
  const told = (uuid: string, parent: string | null, text: string, minute: number) => ({
    uuid,
    ...(parent === null ? {} : { parent_message_uuid: parent }),
    sender: text.endsWith('?') ? 'human' : 'assistant',
    text,
    created_at: `2025-03-01T11:0${minute}:00Z`,
  });
  const begin = [told('g1', null, 'How long is it?', 0), told('g2', 'g1', 'Ten miles.', 1)];
  const later = [
    told('g3', 'g2', 'And how wide?', 2),
    told('g4', 'g3', 'A mile.', 3),
    told('g5', 'g1', 'Some ten miles.', 4),
  ];
  const chat = (messages: object[], more: object = {}) => ({
    uuid: 'grown',
    name: 'A river',
    created_at: '2025-03-01T11:00:00Z',
    chat_messages: messages,
    ...more,
  });
  const wordsOf = async (who: Person, id: string) =>
    (await who.client.conversations.get(id)).messages.map(({ content }) => content);

  test('gets what is new, in its branches, and once', async () => {
    const who = await person();
    const id = (await send(who, [jsonFile([chat(begin)])])).body.items[0]?.conversation_id ?? '';
    const grown = jsonFile([chat([...begin, ...later], { current_leaf_message_uuid: 'g4' })]);
    const added = { outcome: 'extended', conversation_id: id, messages: 3, branches: 2 };
    const dry = await send(who, [grown], '?dry_run=true');
    expect(dry.body).toMatchObject({ imported: 0, extended: 1, unchanged: 0, messages: 3, items: [added] });
    expect(await wordsOf(who, id)).toEqual(['How long is it?', 'Ten miles.']);
    const { body } = await send(who, [grown]);
    expect(body).toMatchObject({ imported: 0, extended: 1, unchanged: 0, messages: 3, items: [added] });
    const { messages } = await who.client.conversations.get(id);
    expect(messages.map(({ content, created_at: at }) => [content, at.slice(14, 16)])).toEqual([
      ['How long is it?', '00'],
      ['Ten miles.', '01'],
      ['And how wide?', '02'],
      ['A mile.', '03'],
    ]);
    expect(messages[1]?.sibling_ids).toHaveLength(2);
    expect((await send(who, [grown])).body).toMatchObject({ extended: 0, unchanged: 1, messages: 0 });
    // An older export says nothing new.
    expect((await send(who, [jsonFile([chat(begin)])])).body).toMatchObject({ extended: 0, unchanged: 1 });
    const { total_conversations: total, total_messages: all } = await who.client.conversations.overview();
    expect([total, all]).toEqual([1, 5]);
  });

  test('keeps what was written, renamed and deleted here', async () => {
    const who = await person();
    const whole = [...begin, later[0]!, later[1]!];
    const id = (await send(who, [jsonFile([chat(whole)])])).body.items[0]?.conversation_id ?? '';
    const { messages } = await who.client.conversations.get(id);
    await who.json('PATCH', `/conversations/${id}`, { title: 'My river', tags: ['mine'] });
    await who.json('DELETE', `/messages/${messages[2]?.id}`);
    await who.json('POST', `/conversations/${id}/messages`, { role: 'user', content: 'My own words' });
    const below = told('g6', 'g4', 'And how deep?', 5);
    const { body } = await send(who, [jsonFile([chat([...whole, later[2]!, below], { name: 'Renamed' })])]);
    expect(body.items[0]).toMatchObject({ outcome: 'extended', messages: 1 });
    expect(body.items[0]?.error).toBe('Messages of branches that were deleted here stay deleted: 3.');
    const after = await who.client.conversations.get(id);
    expect(after).toMatchObject({ title: 'My river', tags: ['mine'], message_count: 4 });
    expect(after.messages.map(({ content }) => content)).toEqual([
      'How long is it?',
      'Ten miles.',
      'My own words',
    ]);
    expect(after.messages[1]?.sibling_ids).toHaveLength(2);
  });

  test('goes on where an earlier version has imported it, whose messages have ids by chance', async () => {
    const who = await person();
    const { id } = await who.client.conversations.create({ title: 'Of old' });
    for (const { sender, text } of begin)
      await who.json('POST', `/conversations/${id}/messages`, {
        role: sender === 'human' ? 'user' : 'assistant',
        content: text,
      });
    await (
      await app()
    ).app.db.write({ userId: who.id }, [
      // Each by itself: Citus takes no cast of a time that looks at a column.
      ...begin.map(({ sender, created_at: at }) => ({
        name: '',
        text: 'UPDATE messages SET created_at = $4 WHERE user_id = $1 AND conversation_id = $2 AND role = $3',
        values: [who.id, id, sender === 'human' ? 'user' : 'assistant', at],
      })),
      {
        name: '',
        text: `INSERT INTO imported_items (user_id, source, external_id, conversation_id, created_at)
          VALUES ($1, 'claude', 'grown', $2, now())`,
        values: [who.id, id],
      },
    ]);
    expect((await send(who, [jsonFile([chat(begin)])])).body).toMatchObject({ extended: 0, unchanged: 1 });
    for (const [length, messages] of [
      [4, 2],
      [5, 1],
      [5, 0],
    ] as const) {
      const { body } = await send(who, [jsonFile([chat([...begin, ...later].slice(0, length))])]);
      expect(body).toMatchObject({ extended: messages > 0 ? 1 : 0, messages });
    }
    expect((await who.client.conversations.overview()).total_messages).toBe(5);
  });

  test('is continued once, by as many as send it at once', async () => {
    const who = await person();
    await send(who, [jsonFile([chat(begin)])]);
    const reports = await Promise.all(
      Array.from({ length: 4 }, () => send(who, [jsonFile([chat([...begin, ...later])])])),
    );
    expect(reports.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(reports.reduce((sum, { body }) => sum + body.messages, 0)).toBe(3);
    expect((await who.client.conversations.overview()).total_messages).toBe(5);
  });

  test('of a product that gives its messages no ids: what was asked anew is another branch', async () => {
    const who = await person();
    const said = (...contents: string[]) => ({
      version: 4,
      folders: [],
      prompts: [],
      history: [
        {
          id: 'by-words',
          name: 'By words',
          prompt: '',
          temperature: 1,
          messages: contents.map((content, at) => ({ role: at % 2 === 0 ? 'user' : 'assistant', content })),
        },
      ],
    });
    const first = await send(who, [jsonFile(said('Hi', 'Hello', 'Bye', 'Goodbye'), 'chat-export.json')]);
    const id = first.body.items[0]?.conversation_id ?? '';
    const grown = jsonFile(said('Hi', 'Hello', 'Stay', 'Gladly', 'Thanks', 'Welcome'), 'chat-export.json');
    expect((await send(who, [grown])).body.items[0]).toMatchObject({ outcome: 'extended', messages: 4 });
    const { messages } = await who.client.conversations.get(id);
    expect(messages.map(({ content }) => content)).toEqual(['Hi', 'Hello', 'Bye', 'Goodbye']);
    await who.json('PUT', `/conversations/${id}/branch`, { leaf_id: messages[2]?.sibling_ids[1] });
    expect(await wordsOf(who, id)).toEqual(['Hi', 'Hello', 'Stay', 'Gladly', 'Thanks', 'Welcome']);
    expect((await send(who, [grown])).body.unchanged).toBe(1);
  });
});
