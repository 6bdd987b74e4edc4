import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DocumentDeps } from '../../src/documents/deps.ts';
import { copyDocuments } from '../../src/documents/copy-documents.ts';
import { moveDocuments } from '../../src/documents/move-documents.ts';
import { ConversationScope } from '../../src/conversations/scope.ts';
import { UserScope } from '../../src/identity/user-scope.ts';
import { createNotifier } from '../../src/work/notifier.ts';
import { addText, askJson, newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { newPerson, type Person, sharedApp, type TestApp } from '../support/app.ts';
import { startProvider } from '../support/provider.ts';
import { embeddedTexts } from './support/embedded-documents.ts';
import { reportFile, textFile } from './support/files.ts';
import {
  countersOf,
  documentOf,
  filesOf,
  rowsOf,
  upload,
  uploadAndWait,
  whenSettled,
} from './support/uploading.ts';

const provider = await startProvider();
afterAll(() => provider.close());
beforeEach(() => provider.reset());
const app = sharedApp({
  env: {
    EMBEDDING_BASE_URL: provider.baseUrl,
    EMBEDDING_MODEL: 'test-embedding',
    LLM_BASE_URL: provider.baseUrl,
    LLM_MODEL: 'test-chat',
    MAX_DOCUMENTS_PER_CONVERSATION: '3',
  },
});

let server: TestApp;
let person: Person;
let deps: Pick<DocumentDeps, 'db' | 'limits' | 'notifier' | 'now'>;
beforeAll(async () => {
  server = await app();
  person = await newPerson(server.baseUrl);
  deps = {
    db: server.app.db,
    limits: server.config.limits,
    notifier: createNotifier(),
    now: () => new Date(),
  };
});

const scopeOf = (id: string): Promise<ConversationScope> =>
  ConversationScope.open(server.app.db, UserScope.grant(person.id), id);

async function copy(from: string, to: string, wanted: readonly string[] | 'all' = 'all') {
  return copyDocuments(await scopeOf(from), await scopeOf(to), wanted, deps);
}

async function namesIn(conversation: string): Promise<string[]> {
  const { documents } = await person.client.documents.list(conversation);
  return documents.map(({ name }) => name).toSorted();
}

describe('a copied document', () => {
  test('has text, passages, vectors and index of its own, and is found by both legs', async () => {
    const [from, to] = [await newConversation(person), await newConversation(person)];
    const [report] = await uploadAndWait(person, from, await reportFile());
    const before = await countersOf(person);
    const embedded = embeddedTexts(provider, 'test-embedding').length;
    const [copied] = await copy(from, to);
    expect(copied).toMatchObject({ from: report?.id, row: { conversationId: to, status: 'ready' } });
    expect(copied?.row.id).not.toBe(report?.id);
    expect(await rowsOf(server, copied?.row.id ?? '')).toEqual(await rowsOf(server, report?.id ?? ''));
    expect(await countersOf(person)).toEqual({
      documents: before.documents + 1,
      chunks: before.chunks + (report?.chunk_count ?? 0),
      bytes: before.bytes + (report?.size_bytes ?? 0),
    });
    for (const strategy of ['keyword', 'vector'] as const) {
      const { results } = await person.client.retrieve(to, { query: 'revenue of the year', strategy });
      expect(results.length).toBeGreaterThan(0);
      expect(results.every(({ document_id: id }) => id === copied?.row.id)).toBe(true);
    }
    const { body } = await askJson(person, to, 'What was the revenue of the year?');
    expect(body.sources.every(({ document_id: id }) => id === copied?.row.id)).toBe(true);
    // The two questions, and no passage.
    expect(embeddedTexts(provider, 'test-embedding').length - embedded).toBeLessThanOrEqual(2);
  });

  test('and what it was copied from outlive each other, and the original goes with the last', async () => {
    const owner = person;
    const [from, to] = [await newConversation(owner), await newConversation(owner)];
    const first = await addText(owner, from, 'The ferry leaves at noon.', 'ferry.txt');
    const [copied] = await copy(from, to);
    const [again] = await copy(to, to, [copied?.row.id ?? '']);
    const files = await filesOf(server, owner);
    await owner.json('DELETE', `/conversations/${from}?permanently=true`);
    await owner.client.documents.delete(copied?.row.id ?? '');
    await noneIsDue(owner);
    expect(await filesOf(server, owner)).toEqual(files);
    const id = again?.row.id ?? '';
    expect((await owner.client.documents.text(id)).text).toBe('The ferry leaves at noon.');
    expect(await (await owner.client.documents.content(id)).text()).toBe('The ferry leaves at noon.');
    expect((await owner.client.retrieve(to, { query: 'ferry' })).results).toHaveLength(1);
    expect((await owner.fetch(`/documents/${first.id}`)).status).toBe(404);
    await owner.client.documents.delete(id);
    await until(
      'the original is gone',
      async () => (await filesOf(server, owner)).length === files.length - 1,
    );
  });

  test('of a file that is still being read is read for itself', async () => {
    const [from, to] = [await newConversation(person), await newConversation(person)];
    const [file] = await upload(person, from, textFile('early.txt', 'Copied before it was read.'));
    const [copied] = await copy(from, to, [file?.id ?? '']);
    expect(await whenSettled(person, copied?.row.id ?? '')).toMatchObject({
      status: 'ready',
      chunk_count: 1,
    });
    await until('both have vectors', async () => {
      const both = await Promise.all([file?.id, copied?.row.id].map((id) => documentOf(person, id ?? '')));
      return both.every(({ vectors_ready: isReady }) => isReady);
    });
  });

  test('that is not there, or is one too many, leaves nothing behind', async () => {
    const [from, to] = [await newConversation(person), await newConversation(person)];
    const { id } = await addText(person, from, 'One.', 'one.txt');
    const other = await addText(person, to, 'Two.', 'two.txt');
    await expect(copy(from, to, [id, other.id])).rejects.toMatchObject({ code: 'not_found' });
    await copy(from, to);
    await copy(from, to);
    await expect(copy(from, to)).rejects.toMatchObject({ code: 'quota_exceeded' });
    expect(await namesIn(to)).toEqual(['one.txt', 'one.txt', 'two.txt']);
    expect((await person.client.conversations.get(to)).document_count).toBe(3);
  });
});

describe('a moved document', () => {
  test('goes alone, with its id, and is found where it is then', async () => {
    const [from, to] = [await newConversation(person), await newConversation(person)];
    const stays = await addText(person, from, 'The lighthouse stays.', 'stays.txt');
    const goes = await addText(person, from, 'The lightship goes.', 'goes.txt');
    const rows = await rowsOf(server, goes.id);
    const moved = await moveDocuments(await scopeOf(from), await scopeOf(to), [goes.id], deps);
    expect(moved.map(({ id }) => id)).toEqual([goes.id]);
    expect(await rowsOf(server, goes.id)).toEqual(rows);
    expect(await documentOf(person, goes.id)).toMatchObject({ conversation_id: to, vectors_ready: true });
    expect([await namesIn(from), await namesIn(to)]).toEqual([['stays.txt'], ['goes.txt']]);
    const found = async (conversation: string): Promise<string[]> =>
      (await person.client.retrieve(conversation, { query: 'lighthouse lightship' })).results.map(
        ({ document_id: id }) => id,
      );
    expect([await found(from), await found(to)]).toEqual([[stays.id], [goes.id]]);
    await person.client.conversations.delete(from);
    expect((await person.client.documents.text(goes.id)).text).toBe('The lightship goes.');
  });

  test('is read to its end although it goes while it is being read', async () => {
    const [from, to] = [await newConversation(person), await newConversation(person)];
    const files = await upload(person, from, await reportFile(), textFile('b.txt', 'Second.'));
    await moveDocuments(await scopeOf(from), await scopeOf(to), 'all', deps);
    for (const { id } of files)
      expect(await whenSettled(person, id)).toMatchObject({ status: 'ready', conversation_id: to });
  });

  test('in opposite directions at once never waits for ever', async () => {
    const [a, b] = [await newConversation(person), await newConversation(person)];
    const ids = [await addText(person, a, 'Here.', 'a.txt'), await addText(person, b, 'There.', 'b.txt')];
    for (let round = 0; round < 5; round += 1) {
      const [here, there] = [await scopeOf(a), await scopeOf(b)];
      await Promise.all([
        moveDocuments(here, there, 'all', deps).catch(() => []),
        moveDocuments(there, here, 'all', deps).catch(() => []),
        copyDocuments(here, there, 'all', deps).catch(() => []),
      ]);
    }
    for (const { id } of ids) expect((await person.client.documents.text(id)).text).toMatch(/here/i);
  });
});

/** Until the worker has looked at all blobs of which a row went. */
async function noneIsDue(owner: Person): Promise<void> {
  await until('no blob is due', async () => {
    const { rows } = await server.app.db.pool.query('SELECT 1 FROM blob_deletions WHERE user_id = $1', [
      owner.id,
    ]);
    return rows.length === 0;
  });
}
