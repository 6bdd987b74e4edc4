import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Chunk, Document, DocumentStatus, ErrorCode } from '@alcove/contract';
import { newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { newPerson, type Person, personOf, sharedApp, startTestApp, type TestApp } from '../support/app.ts';
import { behave, startProvider } from '../support/provider.ts';
import { encryptedPdf, pdfFile, reportFile, textFile, type TestFile } from './support/files.ts';
import { type HeldParser, holdParser } from './support/hold-parser.ts';
import {
  countersOf,
  documentOf,
  filesOf,
  formOf,
  noRows,
  rowsOf,
  send,
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

let held = 0;

/** A document whose parser stands still. */
async function uploadHeld(
  who = person,
  where = conversation,
): Promise<{ document: Document; parser: HeldParser }> {
  held += 1;
  // Each text is another one: what has been embedded before is not embedded again.
  const file = textFile('held.txt', `Text number ${held} that is held.`);
  const parser = holdParser();
  const [document] = await upload(who, where, file);
  return { parser: await parser, document: await documentOf(who, document?.id ?? '') };
}

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
    const { document: held } = await uploadHeld();
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
  test.each<[string, () => Promise<TestFile> | TestFile]>([
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
  ])('agree character by character: %s', async (_what, make) => {
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
    const { document: held } = await uploadHeld();
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
    ['pictures of pages', pdfFile('scan.pdf', ['', '']), 'document_needs_ocr'],
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
    const { document: held, parser } = await uploadHeld();
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
    const { document: held } = await uploadHeld();
    await person.client.documents.cancel(held.id);
    await person.client.documents.retry(held.id);
    const ready = await whenEmbedded(person, held.id);
    expect(ready).toMatchObject({ status: 'ready', chunk_count: 1 });
    expect(await rowsOf(server, held.id)).toEqual({
      document_texts: 1,
      chunks: 1,
      chunk_vectors: 1,
      segments: 2,
    });
  });

  test('and retry at once, again and again, end in one reading', async () => {
    const { document: held } = await uploadHeld();
    for (let time = 0; time < 5; time += 1) {
      await person.client.documents.cancel(held.id);
      await person.client.documents.retry(held.id);
    }
    expect(await whenEmbedded(person, held.id)).toMatchObject({ status: 'ready', chunk_count: 1 });
    expect(await rowsOf(server, held.id)).toEqual({
      document_texts: 1,
      chunks: 1,
      chunk_vectors: 1,
      segments: 2,
    });
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

describe('delete', () => {
  /** Everything of theirs is deleted: their originals must go too, which the collector does a little later. */
  const emptied: Person[] = [];

  async function expectEmptied(): Promise<void> {
    expect(emptied.length).toBeGreaterThan(3);
    await until(
      'the originals are gone',
      async () => (await Promise.all(emptied.map((who) => filesOf(server, who)))).flat().length === 0,
    );
  }

  test('takes rows, original and counters along', async () => {
    const owner = await newPerson(server.baseUrl);
    const [document] = await uploadAndWait(owner, await newConversation(owner), await reportFile());
    expect(await countersOf(owner)).toMatchObject({
      documents: 1,
      chunks: document?.chunk_count,
      bytes: document?.size_bytes,
    });
    const { deleted } = await owner.client.documents.delete(document?.id ?? '');
    expect(deleted).toEqual({ documents: 1, chunks: document?.chunk_count, bytes: document?.size_bytes });
    expect((await owner.fetch(`/documents/${document?.id}`)).status).toBe(404);
    expect(await rowsOf(server, document?.id ?? '')).toEqual(noRows);
    expect(await countersOf(owner)).toEqual({ documents: 0, chunks: 0, bytes: 0 });
    emptied.push(owner);
  });

  test('while it is being read leaves no passage', async () => {
    const owner = await newPerson(server.baseUrl);
    const { document: held, parser } = await uploadHeld(owner, await newConversation(owner));
    await owner.client.documents.delete(held.id);
    await parser.ended();
    emptied.push(owner);
    expect(await rowsOf(server, held.id)).toEqual(noRows);
    expect(await countersOf(owner)).toEqual({ documents: 0, chunks: 0, bytes: 0 });
  });

  test('at any moment of the reading leaves no passage', async () => {
    const owner = await newPerson(server.baseUrl);
    const id = await newConversation(owner);
    const files = Array.from({ length: 6 }, (_, at) =>
      textFile(`${at}.txt`, `Text number ${at}. `.repeat(50)),
    );
    const documents = await upload(owner, id, ...files);
    // Each is deleted at the first sight of another stage.
    const stages: DocumentStatus[] = ['queued', 'extracting', 'extracting', 'chunking', 'ready', 'ready'];
    const deletions = documents.map(async (document, at) => {
      for await (const state of owner.client.documents.events(document.id)) {
        if (state.status === stages[at] || state.status === 'ready') break;
      }
      expect((await owner.fetch(`/documents/${document.id}`, { method: 'DELETE' })).status).toBe(200);
    });
    await Promise.all(deletions);
    emptied.push(owner);
    for (const { id: gone } of documents) expect(await rowsOf(server, gone)).toEqual(noRows);
    expect(await countersOf(owner)).toEqual({ documents: 0, chunks: 0, bytes: 0 });
  });

  test('of a conversation while its document is being read leaves nothing', async () => {
    const owner = await newPerson(server.baseUrl);
    const id = await newConversation(owner);
    const { document: held, parser } = await uploadHeld(owner, id);
    await owner.json('DELETE', `/conversations/${id}`);
    await parser.ended();
    emptied.push(owner);
    expect(await rowsOf(server, held.id)).toEqual(noRows);
    expect(await countersOf(owner)).toEqual({ documents: 0, chunks: 0, bytes: 0 });
  });

  test('of a conversation can keep its documents in another one', async () => {
    const owner = await newPerson(server.baseUrl);
    const [from, to] = [await newConversation(owner), await newConversation(owner)];
    const [document] = await uploadAndWait(owner, from, textFile('kept.txt', 'The kept text.'));
    const { body } = await owner.json('DELETE', `/conversations/${from}?keep_documents_in=${to}`);
    expect(body).toMatchObject({ deleted: { documents: 0, chunks: 0, bytes: 0 } });
    expect(await documentOf(owner, document?.id ?? '')).toMatchObject({
      conversation_id: to,
      status: 'ready',
      chunk_count: 1,
    });
    expect((await owner.client.documents.text(document?.id ?? '')).text).toBe('The kept text.');
    expect(await rowsOf(server, document?.id ?? '')).toEqual({
      document_texts: 1,
      chunks: 1,
      chunk_vectors: 1,
      segments: 2,
    });
    expect(await countersOf(owner)).toMatchObject({ documents: 1, chunks: 1 });
    expect(await owner.client.conversations.get(to)).toMatchObject({ document_count: 1 });
    expect((await owner.client.retrieve(to, { query: 'kept text' })).results).toHaveLength(1);
  });

  test('of a conversation cannot keep its documents in itself', async () => {
    const owner = await newPerson(server.baseUrl);
    const from = await newConversation(owner);
    const [document] = await uploadAndWait(owner, from, textFile('kept.txt', 'The kept text.'));
    for (const spelling of [from, from.toUpperCase()]) {
      const { status, body } = await owner.json(
        'DELETE',
        `/conversations/${from}?keep_documents_in=${spelling}`,
      );
      expect(status).toBe(400);
      expect(body).toMatchObject({ code: 'invalid_request', issues: [{ path: 'keep_documents_in' }] });
    }
    expect(await documentOf(owner, document?.id ?? '')).toMatchObject({
      conversation_id: from,
      status: 'ready',
    });
  });

  test('of a conversation keeps every document that was accepted until then', async () => {
    const owner = await newPerson(server.baseUrl);
    const to = await newConversation(owner);
    let accepted = 0;
    for (let round = 0; round < 5; round += 1) {
      const from = await newConversation(owner);
      const sent = Array.from({ length: 6 }, async (_, at) => {
        await pause(at * 4);
        const response = await send(owner, from, formOf(textFile(`${round}-${at}.txt`, `${round} ${at}`)));
        if (response.status === 202) accepted += 1;
        else expect(response.status).toBe(404);
      });
      await pause(round * 4);
      const { status } = await owner.json('DELETE', `/conversations/${from}?keep_documents_in=${to}`);
      expect(status).toBe(200);
      await Promise.all(sent);
    }
    expect(await owner.client.conversations.get(to)).toMatchObject({ document_count: accepted });
    expect(await countersOf(owner)).toMatchObject({ documents: accepted });
  });

  test('of a conversation cannot keep its documents with somebody else', async () => {
    const owner = await newPerson(server.baseUrl);
    const from = await newConversation(owner);
    const [document] = await uploadAndWait(owner, from, textFile('kept.txt', 'The kept text.'));
    expect(
      (await owner.json('DELETE', `/conversations/${from}?keep_documents_in=${conversation}`)).status,
    ).toBe(403);
    expect(await documentOf(owner, document?.id ?? '')).toMatchObject({
      conversation_id: from,
      status: 'ready',
    });
  });

  test('of one of two equal files of two people leaves the other', async () => {
    const [anna, bert] = [await newPerson(server.baseUrl), await newPerson(server.baseUrl)];
    const file = textFile('same.txt', 'The same text of two people.');
    const [hers] = await uploadAndWait(anna, await newConversation(anna), file);
    const [his] = await uploadAndWait(bert, await newConversation(bert), file);
    expect(his?.sha256).toBe(hers?.sha256);
    await anna.client.documents.delete(hers?.id ?? '');
    emptied.push(anna);
    await expectEmptied();
    expect(await (await bert.client.documents.content(his?.id ?? '')).text()).toBe(
      'The same text of two people.',
    );
    expect((await bert.client.documents.text(his?.id ?? '')).text).toBe('The same text of two people.');
    expect(await countersOf(bert)).toMatchObject({ documents: 1, chunks: 1 });
  });
});

test("changes and deletions while documents become ready are never in each other's way", async () => {
  const owner = await newPerson(server.baseUrl);
  const where = await newConversation(owner);
  const documents = await upload(
    owner,
    where,
    ...Array.from({ length: 6 }, (_, at) => textFile(`${at}.txt`, `Busy text number ${at}.`)),
  );
  let changes = 0;
  const busy = documents.map(async ({ id }, at) => {
    for (;;) {
      const { status } = await owner.json('PATCH', `/documents/${id}`, { name: `${changes}.txt` });
      expect(status).toBe(200);
      changes += 1;
      if ((await documentOf(owner, id)).status !== 'ready') continue;
      if (at % 2 === 0)
        expect((await owner.fetch(`/documents/${id}`, { method: 'DELETE' })).status).toBe(200);
      return;
    }
  });
  await Promise.all(busy);
  expect(changes).toBeGreaterThan(documents.length);
  expect(await countersOf(owner)).toMatchObject({ documents: 3, chunks: 3 });
  expect((await owner.client.conversations.get(where)).document_count).toBe(3);
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
  await slow.json('DELETE', `/conversations/${where}`);
});
