import { describe, expect, test } from 'vitest';
import type { ImportReport } from '@alcove/contract';
import { importFormats } from '../../src/exchange/import/formats.ts';
import type { ImportedConversation } from '../../src/exchange/import/imported.ts';
import { migrateSessions } from '../../src/exchange/redis/migrate-sessions.ts';
import { readSession } from '../../src/exchange/redis/read-session.ts';
import { newPerson, type Person, sharedApp } from '../support/app.ts';

// What would go through one text, or one list, for each of many: at these sizes it takes hours, and a test never ends.

const app = sharedApp();
const many = 100_000;
const list = <T>(length: number, make: (at: number) => T): T[] => Array.from({ length }, (_, at) => make(at));
const long = 'a title '.repeat(125_000);

function read(item: Record<string, unknown>): ImportedConversation {
  // As it comes out of a file.
  const given = JSON.parse(JSON.stringify(item)) as Record<string, unknown>;
  const format = importFormats.find((one) => one.recognises(given));
  if (format === undefined) throw new Error('nobody reads it');
  return format.read(given);
}

const citedIn = ({ messages }: ImportedConversation) =>
  (messages[0]?.metadata as { cited?: object[] } | undefined)?.cited;

describe('an item is read by one look at each of its parts:', () => {
  test('marks of ChatGPT that do not stand in a long text', () => {
    const references = list(many, (at) => ({
      matched_text: `\uE200cite\uE202turn${at}search0\uE201`,
      items: [{ title: `Page ${at}`, url: `https://river.example/${at}` }],
    }));
    const content = { content_type: 'text', parts: [`${'\uE200 '.repeat(1_000_000)}Ten miles.`] };
    const message = { author: { role: 'assistant' }, content, metadata: { content_references: references } };
    expect(citedIn(read({ mapping: { a: { message } } }))).toHaveLength(200);
  });

  test('a long title of a page that Claude cites again and again', () => {
    const url = 'https://river.example/';
    const citations = list(many, () => ({ details: { url } }));
    const content = [
      { type: 'tool_result', content: [{ title: long, url }] },
      { type: 'text', text: 'Ten miles.', citations },
    ];
    const told = read({ chat_messages: [{ uuid: 'a', sender: 'assistant', content }] });
    expect(citedIn(told)).toEqual([expect.objectContaining({ url, title: long.slice(0, 300).trim() })]);
  });

  test('a long name of a source of Open WebUI that has many passages', () => {
    const sources = [{ source: { name: long }, metadata: list(many, () => ({})) }];
    const messages = [{ id: 'a', role: 'assistant', content: 'Ten miles.', sources }];
    expect(citedIn(read({ chat: { messages } }))).toHaveLength(1);
  });

  test('a long title of a page that marks of LibreChat name again and again', () => {
    const organic = [{ title: long, link: 'nowhere' }];
    const attachments = [{ type: 'web_search', web_search: { turn: 0, organic } }];
    const text = '\uE202turn0search0'.repeat(many);
    const { messages } = read({
      conversationId: 'a',
      messages: [{ messageId: 'a', text, attachments }],
    });
    expect(messages[0]?.content).toBe('[1]'.repeat(many));
  });

  test('a tree with a way down to each of many leaves', () => {
    const message = { author: { role: 'user' }, content: { parts: ['a'] } };
    const way = list(many, (at) => [`n${at}`, { parent: `n${at - 1}`, children: [`n${at + 1}`] }]);
    const leaves = list(many / 10, (at) => [`m${at}`, { parent: `n${many - 1}`, message }]);
    const { messages } = read({ mapping: Object.fromEntries([...way, ...leaves]) as object });
    expect(new Set(messages.map(({ parentKey }) => parentKey))).toEqual(new Set([null]));
    expect(messages).toHaveLength(many / 10);
  });
});

describe('a store of sessions is read by one look at each of its keys:', () => {
  const tool = JSON.stringify({ role: 'tool', content: 'Found.' });

  test('many tools after one message', () => {
    const items = [
      JSON.stringify({ role: 'assistant', content: 'Hello', tool_messages: 5 }),
      ...list(many * 3, () => tool),
    ];
    const value = { type: 'list', items } as const;
    const read = readSession({ key: 'a', value, ttlMs: null }, null);
    if (read.kind !== 'session') throw new Error(read.kind);
    expect(read.session.messages).toHaveLength(1);
    expect(read.session.messages[0]?.extra['tool_messages']).toHaveLength(many * 3);
  });

  test('many keys of one session', async () => {
    const keys = list(many * 3, (at) => {
      const fields = { role: 'user', content: `Number ${at}`, session_id: 'one' };
      return { key: `k${at}`, value: { type: 'hash', fields } as const, ttlMs: null };
    });
    const store = {
      async *read() {
        yield keys;
      },
      size: async () => keys.length,
      close: async () => {},
    };
    const options = { pattern: '*', layoutFor: () => null, owner: null, issuer: null };
    const on = { report: () => {}, progress: () => {} };
    expect(await migrateSessions(store, null, options, on)).toMatchObject({
      keys: many * 3,
      sessions: { created: 1 },
      messages: many * 3,
    });
  });
});

async function send(who: Person, value: unknown): Promise<ImportReport> {
  const form = new FormData();
  form.append('file', new File([JSON.stringify(value)], 'conversations.json'));
  return (await (await who.fetch('/import', { method: 'POST', body: form })).json()) as ImportReport;
}

test('messages that are not known by their ids are looked up once each, however many stand side by side', async () => {
  const who = await newPerson((await app()).baseUrl);
  const length = 10_000;
  const chat = (prefix: string) => ({
    uuid: 'wide',
    name: 'Wide',
    chat_messages: list(length, (at) => ({
      uuid: `${prefix}${at}`,
      parent_message_uuid: 'none',
      sender: 'human',
      text: `${prefix} ${at}`,
    })),
  });
  expect(await send(who, [chat('first')])).toMatchObject({ imported: 1, messages: length });
  expect(await send(who, [chat('second')])).toMatchObject({ extended: 1, messages: length });
}, 120_000);

test('an item that a file holds again and again is looked up a few times, and the others are read', async () => {
  const who = await newPerson((await app()).baseUrl);
  const { logs } = await app();
  const chat = (uuid: string, message: string) => ({
    uuid,
    name: uuid,
    chat_messages: [{ uuid: message, sender: 'human', text: message }],
  });
  const chats = [...list(250, (at) => chat('again', `message ${at}`)), chat('other', 'message')];
  for (const imported of [2, 0]) {
    const before = logs.length;
    const report = await send(who, chats);
    expect(report).toMatchObject({ imported, failed: expect.any(Number) as number });
    expect(report.items.at(-1)).toMatchObject({ outcome: imported === 0 ? 'unchanged' : 'imported' });
    expect(report.items.at(-2)).toMatchObject({
      outcome: 'failed',
      error: 'The file holds it too often: once is enough.',
    });
    const looks = logs.slice(before).filter((line) => line.includes('parent_id AS'));
    expect(looks.length).toBeGreaterThan(0);
    expect(looks.length).toBeLessThan(60);
  }
});

test('a conversation of as many messages as are kept, one below the other, finds the parent of each at once', async () => {
  const who = await newPerson((await app()).baseUrl);
  const chat = (length: number) => ({
    uuid: 'long',
    name: 'Long',
    chat_messages: list(length, (at) => ({ uuid: `m${at}`, sender: 'human', text: `Number ${at}` })),
  });
  expect(await send(who, [chat(40_000)])).toMatchObject({ imported: 1, messages: 40_000 });
  expect(await send(who, [chat(50_000)])).toMatchObject({ extended: 1, messages: 10_000 });
}, 120_000);
