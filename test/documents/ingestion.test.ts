import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Chunk, Document, DocumentStatus, ErrorCode } from '@alcove/contract';
import { newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { newPerson, type Person, personOf, sharedApp, startTestApp, type TestApp } from '../support/app.ts';
import { sampled } from '../support/full-run.ts';
import { behave, startProvider } from '../support/provider.ts';
import { encryptedPdf, pdfFile, reportFile, textFile, type TestFile } from './support/files.ts';
import { holdParser } from './support/hold-parser.ts';
import { uploadHeld } from './support/upload-held.ts';
import {
  documentOf,
  noRows,
  rowsOfOne,
  rowsOf,
  upload,
  uploadAndWait,
  whenEmbedded,
  whenSettled,
} from './support/uploading.ts';

// With embeddings from a provider that the test can hold, so that a document can be met while it is being read.
const provider = await startProvider();
afterAll(() => provider.close());
beforeEach(() => provider.reset());
const app = sharedApp({ env: { EMBEDDING_BASE_URL: provider.baseUrl, EMBEDDING_MODEL: 'test-embedding' } });
let server: TestApp;
let person: Person;
let conversation: string;
beforeAll(async () => {
  server = await app();
  person = await newPerson(server.baseUrl);
  conversation = await newConversation(person);
});

const uploadHeldHere = () => uploadHeld(person, conversation);

async function chunksOf(id: string): Promise<Chunk[]> {
  const all: Chunk[] = [];
  let cursor: string | null = null;
  do {
    const page: { chunks: Chunk[]; next_cursor: string | null } = await person.client.documents.chunks(id, {
      limit: 7,
      ...(cursor === null ? {} : { cursor }),
    });
    all.push(...page.chunks);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return all;
}

describe('progress', () => {
  const order: DocumentStatus[] = ['queued', 'extracting', 'chunking', 'ready'];

  test('is told as events, in order and up to the end', async () => {
    const [document] = await upload(person, conversation, await reportFile());
    const states: Document[] = [];
    for await (const state of person.client.documents.events(document?.id ?? '')) states.push(state);
    const places = states.map(({ status }) => order.indexOf(status));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(states.map(({ progress }) => progress)).toEqual(
      states.map(({ progress }) => progress).toSorted((a, b) => a - b),
    );
    expect(states.length).toBeGreaterThan(1);
    expect(states.at(-1)).toMatchObject({
      status: 'ready',
      progress: 1,
      pages: 10,
      error: null,
      stage_message: null,
    });
    expect(states.slice(0, -1).every(({ stage_message: said }) => (said ?? '') !== '')).toBe(true);
  });

  test('of a finished document is one event', async () => {
    const [document] = await uploadAndWait(person, conversation, textFile('done.txt', 'done'));
    const states: Document[] = [];
    for await (const state of person.client.documents.events(document?.id ?? '')) states.push(state);
    expect(states).toEqual([document]);
  });

  test('is seen by asking while it is being read', async () => {
    const { document: held } = await uploadHeldHere();
    const seen = await until('the stage is told', async () => {
      const document = await documentOf(person, held.id);
      return document.status === 'extracting' && document;
    });
    expect(seen).toMatchObject({ stage_message: 'reading the file', vectors_ready: false });
    expect(seen.progress).toBeLessThan(1);
    await person.client.documents.cancel(held.id);
  });
});

describe('the text and its passages', () => {
  const texts: [string, () => Promise<TestFile> | TestFile][] = [
    ['a report with tables', reportFile],
    [
      'Markdown',
      () =>
        textFile(
          'a.md',
          `# One\n\nText of one. More of it.\n\n## Two\n\n| a | b |\n| - | - |\n${'| 1 | 2 |\n'.repeat(300)}\n\n- item\n- item`,
        ),
    ],
    ['a long text in Chinese', () => textFile('zh.txt', '第一季度营业收入增长百分之十五。'.repeat(400))],
    ['emoji and combining marks', () => textFile('marks.txt', `${'👩‍👩‍👧 cafe\u0301 '.repeat(800)}end`)],
    [
      'a table',
      () =>
        textFile(
          't.csv',
          `name,value\n${Array.from({ length: 800 }, (_, at) => `row ${at},${at * 3}`).join('\n')}`,
        ),
    ],
  ];

  // Every other of them; each in a full run.
  test.each(sampled(texts, 2))('agree character by character: %s', async (_what, make) => {
    const [document] = await uploadAndWait(person, conversation, await make());
    expect(document?.status).toBe('ready');
    const { text } = await person.client.documents.text(document?.id ?? '');
    const chunks = await chunksOf(document?.id ?? '');
    expect(chunks).toHaveLength(document?.chunk_count ?? Number.NaN);
    expect(chunks.map(({ ordinal }) => ordinal)).toEqual(chunks.map((_, at) => at));
    for (const chunk of chunks) expect(chunk.content).toBe(text.slice(chunk.char_start, chunk.char_end));
    expect(chunks.every(({ content }) => content.isWellFormed() && content.trim() !== '')).toBe(true);
    if (document?.pages !== null)
      expect(chunks.every(({ page }) => page !== null && page >= 1 && page <= (document?.pages ?? 0))).toBe(
        true,
      );
  });

  test('are not there before the document is ready', async () => {
    const { document: held } = await uploadHeldHere();
    expect((await person.fetch(`/documents/${held.id}/text`)).status).toBe(409);
    expect((await person.client.documents.chunks(held.id)).chunks).toEqual([]);
    expect(await rowsOf(server, held.id)).toEqual(noRows);
    await person.client.documents.cancel(held.id);
  });
});

describe('a file that cannot be read', () => {
  test.each<[string, TestFile, ErrorCode]>([
    ['encrypted', encryptedPdf('locked.pdf'), 'document_encrypted'],
    ['empty', textFile('empty.txt', ''), 'document_empty'],
    ['nothing but white space', textFile('blank.txt', ' \n\t\n'), 'document_empty'],
    ['an empty PDF', textFile('empty.pdf', ''), 'document_empty'],
    [
      'cut off',
      { name: 'cut.pdf', bytes: pdfFile('cut.pdf', ['text']).bytes.slice(0, 200) },
      'document_malformed',
    ],
    ['blank pages', pdfFile('blank.pdf', ['', '']), 'document_empty'],
  ])('because it is %s fails with a reason', async (_what, file, code) => {
    const [failed] = await uploadAndWait(person, conversation, file);
    expect(failed).toMatchObject({
      status: 'failed',
      chunk_count: 0,
      error: { code, error: expect.stringMatching(/^[A-Z].+\.$/) },
    });
    expect(await rowsOf(server, failed?.id ?? '')).toEqual(noRows);
  });

  test('can be tried again, and fails again with the same reason', async () => {
    const [failed] = await uploadAndWait(person, conversation, encryptedPdf('locked-again.pdf'));
    const queued = await person.client.documents.retry(failed?.id ?? '');
    expect(queued).toMatchObject({ status: 'queued', error: null, progress: 0 });
    expect(await whenSettled(person, queued.id)).toMatchObject({ status: 'failed', error: failed?.error });
  });
});

describe('vectors', () => {
  test('follow when their provider is back; the document is found by its words meanwhile', async () => {
    provider.scriptEmbeddings(behave.serverError(), behave.serverError(), behave.serverError());
    const where = await newConversation(person);
    const [document] = await upload(person, where, textFile('later.txt', 'a text for later'));
    const ready = await whenSettled(person, document?.id ?? '');
    expect(ready).toMatchObject({ status: 'ready', chunk_count: 1, error: null, vectors_ready: false });
    const found = await person.client.retrieve(where, { query: 'text for later', strategy: 'keyword' });
    expect(found.results).toHaveLength(1);
    expect(await whenEmbedded(person, ready.id, 60_000)).toMatchObject({ status: 'ready', error: null });
    const { results } = await person.client.retrieve(where, { query: 'text for later', strategy: 'vector' });
    expect(results).toHaveLength(1);
  });
});

describe('cancel', () => {
  test('while it is being read stops the work and leaves nothing', async () => {
    const { document: held, parser } = await uploadHeldHere();
    const cancelled = await person.client.documents.cancel(held.id);
    expect(cancelled.status).toBe('cancelled');
    await parser.ended();
    expect(await documentOf(person, held.id)).toMatchObject({
      status: 'cancelled',
      chunk_count: 0,
      error: null,
    });
    expect(await rowsOf(server, held.id)).toEqual(noRows);
  });

  test('can be taken back', async () => {
    const { document: held } = await uploadHeldHere();
    await person.client.documents.cancel(held.id);
    await person.client.documents.retry(held.id);
    const ready = await whenEmbedded(person, held.id);
    expect(ready).toMatchObject({ status: 'ready', chunk_count: 1 });
    expect(await rowsOf(server, held.id)).toEqual(rowsOfOne);
  });

  test('and retry at once, again and again, end in one reading', async () => {
    const { document: held } = await uploadHeldHere();
    for (let time = 0; time < 5; time += 1) {
      await person.client.documents.cancel(held.id);
      await person.client.documents.retry(held.id);
    }
    expect(await whenEmbedded(person, held.id)).toMatchObject({ status: 'ready', chunk_count: 1 });
    expect(await rowsOf(server, held.id)).toEqual(rowsOfOne);
  });

  test('of a document that is ready is refused, as is trying it again', async () => {
    const [document] = await uploadAndWait(person, conversation, textFile('ready.txt', 'ready'));
    for (const verb of ['cancel', 'retry']) {
      const { status, body } = await person.json('POST', `/documents/${document?.id}/${verb}`, {});
      expect(status).toBe(409);
      expect(body).toMatchObject({ code: 'conflict' });
    }
  });
});

test('graceful stops while it is read do not count against a document', { timeout: 120_000 }, async () => {
  const first = await startTestApp();
  try {
    const owner = await newPerson(first.baseUrl);
    const where = await newConversation(owner);
    let at = first;
    let id = '';
    let parser = holdParser();
    id = (await upload(owner, where, textFile('r.txt', 'Restarted.')))[0]?.id ?? '';
    for (let stop = 1; stop <= 4; stop += 1) {
      await parser;
      await at.stop();
      if (stop < 4) parser = holdParser();
      at = await startTestApp({ like: first });
    }
    expect(await whenSettled(personOf(at.baseUrl, owner.token, owner), id)).toMatchObject({
      status: 'ready',
      error: null,
    });
    await at.close();
  } finally {
    await first.close();
  }
});

test('many documents of one person do not hold up the one of another', async () => {
  const [slow, quick] = [await newPerson(server.baseUrl), await newPerson(server.baseUrl)];
  const where = await newConversation(slow);
  const files = Array.from({ length: 40 }, (_, at) => textFile(`${at}.txt`, `Text ${at} of many.`));
  const waiting = await upload(slow, where, ...files);
  const [document] = await upload(quick, await newConversation(quick), textFile('quick.txt', 'quick text'));
  expect((await whenSettled(quick, document?.id ?? '')).status).toBe('ready');
  const last = await Promise.all(waiting.map(({ id }) => documentOf(slow, id)));
  expect(last.filter(({ status }) => status === 'queued').length).toBeGreaterThan(20);
  await slow.json('DELETE', `/conversations/${where}?permanently=true`);
});
