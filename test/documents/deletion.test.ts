import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DocumentStatus } from '@alcove/contract';
import { newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { newPerson, type Person, sharedApp, type TestApp } from '../support/app.ts';
import { startProvider } from '../support/provider.ts';
import { reportFile, textFile } from './support/files.ts';
import { uploadHeld } from './support/upload-held.ts';
import {
  countersOf,
  documentOf,
  filesOf,
  formOf,
  noRows,
  rowsOfOne,
  rowsOf,
  send,
  upload,
  uploadAndWait,
} from './support/uploading.ts';

const provider = await startProvider();
afterAll(() => provider.close());
beforeEach(() => provider.reset());
const app = sharedApp({ env: { EMBEDDING_BASE_URL: provider.baseUrl, EMBEDDING_MODEL: 'test-embedding' } });
let server: TestApp;
let somebody: Person;
let theirs: string;
beforeAll(async () => {
  server = await app();
  somebody = await newPerson(server.baseUrl);
  theirs = await newConversation(somebody);
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
    await owner.json('DELETE', `/conversations/${id}?permanently=true`);
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
    expect(await rowsOf(server, document?.id ?? '')).toEqual(rowsOfOne);
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
    expect((await owner.json('DELETE', `/conversations/${from}?keep_documents_in=${theirs}`)).status).toBe(
      403,
    );
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
