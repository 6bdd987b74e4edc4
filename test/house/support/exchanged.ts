import { toHtml } from '../../../src/exchange/formats/html.ts';
import { toMarkdown } from '../../../src/exchange/formats/markdown.ts';
import { citedPagesOf, notesOf } from '../../../src/exchange/notes.ts';
import type { Transcript } from '../../../src/exchange/transcript.ts';
import { librechat } from '../../../src/exchange/import/chains.ts';
import { chatgpt } from '../../../src/exchange/import/chatgpt.ts';
import { importFormats } from '../../../src/exchange/import/formats.ts';
import { splitJson } from '../../../src/exchange/import/split-json.ts';
import { readMessage } from '../../../src/exchange/redis/read-message.ts';
import { cutSnippet, placeWords } from '../../../src/search/marks.ts';
import { parseQuery } from '../../../src/search/parse-query.ts';

/** What is searched for, exported and imported: each takes a text from outside wherever it takes one. */
export const inExchange: Record<string, (text: string) => unknown> = {
  'what is searched for': (text) => {
    try {
      return parseQuery(text);
    } catch {
      // A filter of no known value: it was read to here.
      return null;
    }
  },
  'marks in what is found': (text) => {
    const groups = [{ word: 'herons', forms: ['heron', 'a'], isPrefix: true }];
    return cutSnippet(text, placeWords(text, groups));
  },
  'export as Markdown': (text) => readAll(toMarkdown(transcriptOf(text))),
  'export as a page': (text) => readAll(toHtml(transcriptOf(text))),
  'items of an imported file': (text) => readAll(splitJson(bytesOf(JSON.stringify([{ text }, text])))),
  'a damaged imported file': (text) => readAll(splitJson(bytesOf(`[${text}`))),
  'imported conversations': (text) => {
    for (const item of itemsWith(text)) {
      const format = importFormats.find((one) => one.recognises(item));
      if (format === undefined) throw new Error(`no format reads ${Object.keys(item).join()}`);
      format.read(item);
    }
  },
  'a tree of imported messages': ({ length }) =>
    chatgpt.read({ mapping: treeOf(length / 128), current_node: '0' }),
  'many answers to one imported message': ({ length }) =>
    librechat.read({
      conversationId: 'a',
      messages: [{ messageId: 'a', children: Array.from({ length: length / 32 }, () => ({ text: '' })) }],
    }),
  'sessions of a store': (text) =>
    readMessage({ role: 'user', content: [{ text }], timestamp: text, metadata: { note: text } }),
};

function transcriptOf(text: string): Transcript {
  const createdAt = new Date(0);
  const metadata = {
    search_results: [{ n: 1, document_name: text, page: 1, excerpt: text, verified: true }],
    cited: [{ title: text, url: text }],
  };
  const said = { content: text, createdAt, notes: notesOf(metadata), pages: citedPagesOf(metadata) };
  async function* turns() {
    yield { role: 'user' as const, ...said };
    yield { role: 'assistant' as const, ...said };
  }
  return { title: text, createdAt, turns: turns() };
}

/** One item of each product, the text wherever a text stands in it. */
function itemsWith(text: string): Record<string, unknown>[] {
  const message = { message: { author: { role: 'user' }, content: { parts: [text] }, create_time: text } };
  return [
    {
      format: 'alcove.conversation',
      version: 1,
      conversation: { title: text, created_at: text },
      messages: [{ content: text }],
    },
    {
      mapping: { a: message, b: { message: { content: { content_type: text, title: text } } } },
      title: text,
    },
    { chat_messages: [{ text, sender: 'human', created_at: text }], name: text },
    { chat: { title: text, messages: [{ content: text, role: 'user' }] } },
    { conversationId: text, title: text, messages: [{ text, createdAt: text }] },
    { name: text, prompt: text, temperature: 1, messages: [{ content: text }] },
    { title: text, conversations: [{ from: text, value: text }] },
  ];
}

/** A long way of nodes without a message, and as many messages at its end. */
function treeOf(length: number): Record<string, unknown> {
  const way = Array.from({ length }, (_, at) => [String(at), { parent: at === 0 ? null : String(at - 1) }]);
  const message = { author: { role: 'user' }, content: { parts: ['a'] } };
  const ends = Array.from({ length }, (_, at) => [`m${at}`, { parent: String(length - 1), message }]);
  return Object.fromEntries([...way, ...ends]) as Record<string, unknown>;
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

async function readAll(parts: AsyncIterable<unknown>): Promise<void> {
  for await (const part of parts) void part;
}
