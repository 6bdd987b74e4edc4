import { crc32, deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { ImportReport } from '@alcove/contract';
import { newPerson, sharedApp } from '../support/app.ts';

const app = sharedApp();

async function dryRun(bytes: Buffer | string, name: string): Promise<{ status: number; body: ImportReport }> {
  const who = await newPerson((await app()).baseUrl);
  const form = new FormData();
  form.append('file', new File([typeof bytes === 'string' ? bytes : Uint8Array.from(bytes)], name));
  const response = await who.fetch('/import?dry_run=true', { method: 'POST', body: form });
  return { status: response.status, body: (await response.json()) as ImportReport };
}

const chat = (uuid: string) =>
  JSON.stringify({ uuid, name: uuid, chat_messages: [{ uuid: 'a', sender: 'human', text: 'Hello' }] });
const parts = (part: string, times: number): string => new Array<string>(times).fill(part).join(',');

test('an item of millions of values is passed over before it is parsed, and the next one is read', async () => {
  const objects = `{"chat_messages":[${parts('{}', 600_000)}]}`;
  const lists = `{"chat_messages":${parts('[[[[]]]]', 300_000).replace(/^/, '[')}]}`;
  const numbers = `{"mapping":{"a":[${parts('0', 1_100_000)}]}}`;
  const text = `[${chat('before')},${objects},${lists},${numbers},${chat('after')}]`;
  const { body } = await dryRun(text, 'conversations.json');
  const fault = 'It is made of more than 1,000,000 values.';
  expect(body.items.map(({ outcome, error }) => [outcome, error])).toEqual([
    ['readable', null],
    ['failed', fault],
    ['failed', fault],
    ['failed', fault],
    ['readable', null],
  ]);
  // As much in several items is as good as before, and so are commas that are said.
  const some = `{"chat_messages":[{"uuid":"a","text":"Hello","files":[${parts('0', 400_000)}]}]}`;
  const commas = JSON.stringify({ uuid: 'c', chat_messages: [{ uuid: 'a', text: ',[{'.repeat(300_000) }] });
  const several = await dryRun(`[${some},${some},${some},${commas}]`, 'conversations.json');
  expect(several.body.items.map(({ error }) => error)).toEqual([null, null, null, null]);
}, 30_000);

const tooMany = (message: object): object[] => Array.from({ length: 60_000 }, () => message);

test.each([
  ['Claude', { chat_messages: tooMany({}) }],
  ['LibreChat', { conversationId: 'a', messages: [{ children: tooMany({}) }] }],
  ['Open WebUI', { chat: { messages: tooMany({}) } }],
  ['ShareGPT', { conversations: tooMany({ from: 'human', value: '' }) }],
  ['Chatbot UI', { prompt: '', temperature: 1, messages: tooMany({}) }],
  ['Alcove', { format: 'alcove.conversation', version: 1, messages: tooMany({}) }],
  [
    'ChatGPT',
    { mapping: Object.fromEntries(Array.from({ length: 60_000 }, (_, at) => [`n${at}`, { message: {} }])) },
  ],
])('an item of %s with more messages than are kept is named so', async (_product, item) => {
  const { body } = await dryRun(`[${JSON.stringify(item)},${chat('after')}]`, 'conversations.json');
  expect(body.items.map(({ error }) => error)).toEqual(['It has more than 50,000 messages.', null]);
});

/** Each entry says its name, and how long it is when it is unpacked; all of them may lie in the same bytes. */
function zipOf(
  text: string,
  names: readonly string[],
  isShared: boolean,
  size = Buffer.byteLength(text),
): Buffer {
  const packed = deflateRawSync(text);
  const entries = names.map((name, at) => {
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(crc32(Buffer.from(text)), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(size, 18);
    fields.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, Buffer.from(name), packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(isShared ? 0 : at * local.length, 10);
    const listed = Buffer.concat([
      Buffer.from('PK\x01\x02\x14\0', 'latin1'),
      fields,
      tail,
      Buffer.from(name),
    ]);
    return { local, listed };
  });
  const content = Buffer.concat(entries.slice(0, isShared ? 1 : entries.length).map(({ local }) => local));
  const directory = Buffer.concat(entries.map(({ listed }) => listed));
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(names.length, 8);
  end.writeUInt16LE(names.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(content.length, 16);
  return Buffer.concat([content, directory, end]);
}

const names = Array.from({ length: 50 }, (_, at) => `conversations-${100 + at}.json`);

test('an archive whose entries share their bytes is refused, and one whose entries have their own is read', async () => {
  const text = `[${chat('one')}]`;
  const bomb = await dryRun(zipOf(text, names, true), 'x.zip');
  expect([bomb.status, bomb.body]).toMatchObject([400, { code: 'invalid_request' }]);
  const { body } = await dryRun(zipOf(text, names, false), 'x.zip');
  expect(body).toMatchObject({ imported: 50, failed: 0 });
});

test('an archive that says it unpacks to more than anybody has is refused before it is unpacked', async () => {
  const { status, body } = await dryRun(zipOf(`[${chat('one')}]`, names, false, 400_000_000), 'x.zip');
  expect([status, body]).toMatchObject([413, { code: 'too_large' }]);
});
