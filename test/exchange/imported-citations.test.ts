import { expect, test } from 'vitest';
import type { ImportReport } from '@alcove/contract';
import { makeZip } from '../formats/make-zip.ts';
import { newPerson, sharedApp } from '../support/app.ts';

const app = sharedApp();

/** Imports the file, and the messages of its first conversation. */
async function imported(file: File) {
  const who = await newPerson((await app()).baseUrl);
  const form = new FormData();
  form.append('file', file);
  const response = await who.fetch('/import', { method: 'POST', body: form });
  const report = (await response.json()) as ImportReport;
  const { messages } = await who.client.conversations.get(report.items[0]?.conversation_id ?? '');
  return { report, messages };
}

const jsonFile = (value: unknown): File => new File([JSON.stringify(value)], 'conversations.json');
const zipOf = (files: Record<string, unknown>): File => {
  const entries = Object.entries(files).map(([name, value]) => [name, JSON.stringify(value)]);
  return new File([Uint8Array.from(makeZip(Object.fromEntries(entries)))], 'export.zip');
};

const mark = (...refs: string[]): string => `\uE200cite\uE202${refs.join('\uE202')}\uE201`;
const [first, second] = [mark('turn0search0', 'turn0search1'), mark('turn0search2')];
const chatgpt = (id: string) => ({
  id,
  title: id,
  current_node: 'answer',
  mapping: {
    question: {
      id: 'question',
      parent: null,
      children: ['answer'],
      message: { author: { role: 'user' }, content: { content_type: 'text', parts: ['How long is it?'] } },
    },
    answer: {
      id: 'answer',
      parent: 'question',
      children: [],
      message: {
        author: { role: 'assistant' },
        content: {
          content_type: 'text',
          parts: [`Ten miles ${first}, or more ${second}. \uE200entity\uE202["river","Lynn"]\uE201`],
        },
        metadata: {
          content_references: [
            {
              matched_text: first,
              type: 'grouped_webpages',
              items: [
                {
                  title: 'The river',
                  url: 'https://river.example/length',
                  supporting_websites: [{ title: 'Maps', url: 'https://maps.example/' }],
                },
              ],
            },
            {
              matched_text: second,
              type: 'grouped_webpages',
              items: [{ title: 'Not for links', url: 'javascript:alert(1)' }],
            },
            { type: 'sources_footnote', sources: [{ title: 'Maps', url: 'https://maps.example/' }] },
          ],
        },
      },
    },
  },
});

test('an archive of ChatGPT: several files, pages with their numbers in the text', async () => {
  const { report, messages } = await imported(
    zipOf({
      'conversations-000.json': [chatgpt('a'), chatgpt('b')],
      'conversations-001.json': [chatgpt('c')],
      'user.json': { id: 'user-1' },
      'message_feedback.json': [],
      'shared_conversations.json': [{ id: 'x', conversation_id: 'a', title: 'a' }],
    }),
  );
  expect(report).toMatchObject({ imported: 3, failed: 0, messages: 6 });
  expect(report.items.map(({ source, title }) => `${source} ${title}`)).toEqual([
    'chatgpt a',
    'chatgpt b',
    'chatgpt c',
  ]);
  expect(messages[1]?.content).toBe('Ten miles [1][2], or more [3]. ');
  expect(messages[1]?.metadata).toEqual({
    cited: [
      { title: 'The river', url: 'https://river.example/length', start: 10, end: null },
      { title: 'Maps', url: 'https://maps.example/', start: 10, end: null },
      { title: 'Not for links', url: null, start: 26, end: null },
    ],
  });
});

test('several files of ChatGPT at once', async () => {
  const who = await newPerson((await app()).baseUrl);
  const form = new FormData();
  for (const [at, id] of ['a', 'b', 'c'].entries())
    form.append('file', new File([JSON.stringify([chatgpt(id)])], `conversations-00${at}.json`));
  const response = await who.fetch('/import', { method: 'POST', body: form });
  expect(await response.json()).toMatchObject({ imported: 3, failed: 0, messages: 6 });
});

test('Claude: what a search found, with the title that it had', async () => {
  const { messages } = await imported(
    jsonFile([
      {
        uuid: 'cited',
        name: 'Rivers',
        chat_messages: [
          { uuid: 'q', sender: 'human', text: 'How long?' },
          {
            uuid: 'a',
            sender: 'assistant',
            text: 'Searching.\n\nTen miles.',
            content: [
              { type: 'text', text: 'Searching.', citations: [] },
              { type: 'tool_use', name: 'web_search' },
              {
                type: 'tool_result',
                content: [{ type: 'knowledge', title: 'The river', url: 'https://river.example/' }],
              },
              {
                type: 'text',
                text: 'Ten miles.',
                citations: [
                  {
                    uuid: 'c',
                    start_index: 0,
                    end_index: 10,
                    details: { type: 'web_search_citation', url: 'https://river.example/' },
                  },
                ],
              },
            ],
          },
        ],
      },
    ]),
  );
  expect(messages[1]?.metadata).toEqual({
    cited: [{ title: 'The river', url: 'https://river.example/', start: 12, end: 22 }],
  });
});

test('Open WebUI: files and pages', async () => {
  const source = (name: string, ...metadata: object[]) => ({ source: { name }, document: ['…'], metadata });
  const { messages } = await imported(
    jsonFile([
      {
        id: 'cited',
        title: 'Rivers',
        chat: {
          history: {
            currentId: 'a',
            messages: {
              q: { id: 'q', parentId: null, childrenIds: ['a'], role: 'user', content: 'How long?' },
              a: {
                id: 'a',
                parentId: 'q',
                childrenIds: [],
                role: 'assistant',
                content: 'Ten miles [1].',
                sources: [
                  source('report.pdf', { source: 'report.pdf', name: 'report.pdf', page: 3 }),
                  source('The river', { source: 'https://river.example/', title: 'The river' }),
                ],
              },
            },
          },
        },
      },
    ]),
  );
  expect(messages[1]?.metadata).toEqual({
    cited: [
      { title: 'report.pdf', url: null, start: null, end: null },
      { title: 'The river', url: 'https://river.example/', start: null, end: null },
    ],
  });
});

test('LibreChat: pages by its marks, and files', async () => {
  const { messages } = await imported(
    jsonFile({
      conversationId: 'cited',
      title: 'Rivers',
      messages: [
        { messageId: 'q', parentMessageId: null, isCreatedByUser: true, text: 'How long?' },
        {
          messageId: 'a',
          parentMessageId: 'q',
          isCreatedByUser: false,
          text: 'Ten miles \\ue202turn0search1 says \uE202turn1file0.',
          attachments: [
            {
              type: 'web_search',
              web_search: {
                turn: 0,
                organic: [
                  { title: 'Not cited', link: 'https://other.example/' },
                  { title: 'The river', link: 'https://river.example/' },
                ],
              },
            },
            {
              type: 'file_search',
              file_search: { turn: 1, sources: [{ fileName: 'report.pdf', pages: [3] }] },
            },
          ],
        },
      ],
    }),
  );
  expect(messages[1]?.content).toBe('Ten miles [1] says [2].');
  expect(messages[1]?.metadata).toEqual({
    cited: [
      { title: 'The river', url: 'https://river.example/', start: null, end: null },
      { title: 'report.pdf', url: null, start: null, end: null },
    ],
  });
});
