import { beforeAll, expect, test } from 'vitest';
import type { ImportReport } from '@alcove/contract';
import { openZip } from '../../src/formats/zip.ts';
import { until } from '../answers/support/until.ts';
import { makeZip } from '../formats/make-zip.ts';
import { newPerson, type Person, sharedApp, startTestApp } from '../support/app.ts';

const app = sharedApp();
let person: Person;

beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
});

interface Answered {
  search_results?: { document_id: string; excerpt: string }[];
}

async function bundleOf(conversation: string): Promise<Buffer> {
  return Buffer.from(await (await person.client.exchange.export(conversation, 'zip')).arrayBuffer());
}

function importZip(who: Person, bytes: Buffer): Promise<ImportReport> {
  return who.client.exchange.import([new File([new Uint8Array(bytes)], 'bundle.zip')]);
}

async function contentHash(who: Person, conversation: string): Promise<string> {
  const bundle = await (await who.client.exchange.export(conversation, 'json')).json();
  return (bundle as { content_sha256: string }).content_sha256;
}

/** What answers were given, each with whether the document that it names says so. */
async function givenIn(who: Person, conversation: string): Promise<{ excerpt: string; isSaid: boolean }[]> {
  const { messages } = await who.client.conversations.get(conversation);
  const sources = messages.flatMap(({ metadata }) => (metadata as Answered).search_results ?? []);
  return Promise.all(
    sources.map(async ({ document_id: id, excerpt }) => {
      const content = await (await who.fetch(`/documents/${id}/content`)).text();
      return { excerpt, isSaid: content.includes(excerpt.trim()) };
    }),
  );
}

test('documents of the same name are cited each by its own, also by what is said later', async () => {
  const { id } = await person.client.conversations.create({ title: 'Two of a name' });
  for (const text of ['The weir of Aldmouth is 31 metres long.', 'The weir of Barrow is 44 metres long.'])
    await person.json('POST', `/conversations/${id}/documents?wait=ready`, { name: 'weir.txt', text });
  const ask = (query: string) => person.json('POST', `/rag/conversation/${id}/query`, { query });
  await ask('How long is the weir of Aldmouth?');
  const heir = await newPerson(person.baseUrl);
  const first = await importZip(heir, await bundleOf(id));
  expect(first).toMatchObject({ imported: 1, documents: 2, failed: 0 });
  const copy = first.items[0]?.conversation_id ?? '';
  await ask('How long is the weir of Barrow, and that of Aldmouth?');
  const grown = await bundleOf(id);
  expect(await importZip(heir, grown)).toMatchObject({ extended: 1, documents: 0, messages: 2, failed: 0 });
  const given = await givenIn(heir, copy);
  expect(given.some(({ excerpt }) => excerpt.includes('Barrow'))).toBe(true);
  expect(given.some(({ excerpt }) => excerpt.includes('Aldmouth'))).toBe(true);
  expect(given.filter(({ isSaid }) => !isSaid)).toEqual([]);
  expect(await contentHash(heir, copy)).toBe(await contentHash(person, id));
  expect(await importZip(heir, grown)).toMatchObject({ extended: 0, unchanged: 1 });

  // One of them is deleted there: it comes again, and is cited again.
  const { documents } = await heir.client.documents.list(copy);
  await heir.json('DELETE', `/documents/${documents[0]?.id}?restorable=true`);
  expect(await importZip(heir, grown)).toMatchObject({ extended: 1, documents: 1, failed: 0 });
  expect(await importZip(heir, grown)).toMatchObject({ extended: 0, unchanged: 1 });
  expect((await heir.client.documents.list(copy)).documents).toHaveLength(2);
});

test('a document whose content is not what was exported is left out and named', async () => {
  const { id } = await person.client.conversations.create({ title: 'Damaged' });
  for (const [name, text] of [
    ['true.txt', 'The weir is 31 metres long.'],
    ['other.txt', 'The weir is 44 metres long.'],
  ])
    await person.json('POST', `/conversations/${id}/documents?wait=ready`, { name, text });
  await person.json('POST', `/conversations/${id}/messages`, { role: 'user', content: 'Hello' });
  const zip = openZip(await bundleOf(id));
  const files = Object.fromEntries(
    zip.names.map((name) => [
      name,
      name.endsWith('true.txt') ? 'The weir is 99 metres long.' : (zip.read(name) ?? ''),
    ]),
  );
  const heir = await newPerson(person.baseUrl);
  const report = await importZip(heir, makeZip(files));
  expect(report.items).toMatchObject([
    {
      outcome: 'imported',
      error: 'Documents were left out: true.txt: Its content is not what was exported.',
    },
  ]);
  const copy = report.items[0]?.conversation_id ?? '';
  expect((await heir.client.documents.list(copy)).documents.map(({ name }) => name)).toEqual(['other.txt']);
  // The archive as it was brings what is missing.
  expect(await importZip(heir, await bundleOf(id))).toMatchObject({ extended: 1, documents: 1 });
});

test('content_sha256 is the same after an import, in whatever order branches and documents came', async () => {
  const { id } = await person.client.conversations.create({ title: 'Branches' });
  const say = async (content: string, parent: string | null): Promise<string> => {
    const body = { role: 'user', content, ...(parent === null ? {} : { parent_id: parent }) };
    return (await person.json<{ id: string }>('POST', `/conversations/${id}/messages`, body)).body.id;
  };
  const root = await say('Root', null);
  const [left, right] = [await say('Left', root), await say('Right', root)];
  // The tree is gone through branch by branch; these came in turns.
  await say('Right again', right);
  await say('Left again', left);
  for (const name of ['b.txt', 'a.txt', 'b.txt'])
    await person.json('POST', `/conversations/${id}/documents?wait=ready`, { name, text: `In ${name}` });
  const heir = await newPerson(person.baseUrl);
  const report = await importZip(heir, await bundleOf(id));
  expect(report.items).toMatchObject([{ outcome: 'imported', branches: 2, error: null }]);
  const copy = report.items[0]?.conversation_id ?? '';
  expect(await contentHash(heir, copy)).toBe(await contentHash(person, id));
  await person.json('POST', `/conversations/${id}/messages`, { role: 'user', content: 'More' });
  expect(await contentHash(person, id)).not.toBe(await contentHash(heir, copy));
});

const conversation = (messages: object[], documents: object[]) => ({
  format: 'alcove.conversation',
  version: 1,
  conversation: { id: crypto.randomUUID(), title: 'Made by hand' },
  messages,
  documents,
});

test('ids of documents may be anything', async () => {
  const ids = [': ', ', ', '"', '\\', '{', 'document_id', '', '1', '\ud800', '__proto__'];
  const sources = ids.map((one, at) => ({ n: at + 1, document_id: one, excerpt: 'x' }));
  const search_results = [...sources, null, 7, 'text', { document_id: 5 }, { document_id: 'of nobody' }];
  const answers = [{ search_results }, { search_results: 'none' }, { search_results: {} }, [': '], ': '];
  const item = conversation(
    answers.map((metadata, at) => ({
      id: `m${at}`,
      parent_id: at === 0 ? null : `m${at - 1}`,
      role: 'assistant',
      content: 'Yes',
      metadata,
    })),
    ids.map((one, at) => ({ id: one, name: 'same.txt', path: `documents/${at}` })),
  );
  const files = Object.fromEntries(ids.map((_, at) => [`documents/${at}`, `This is number ${at}.`]));
  const heir = await newPerson(person.baseUrl);
  const bytes = makeZip({ ...files, 'conversation.json': JSON.stringify(item) });
  const report = await importZip(heir, bytes);
  expect(report.items).toMatchObject([{ outcome: 'imported', error: null, documents: ids.length }]);
  const copy = report.items[0]?.conversation_id ?? '';
  const { messages } = await heir.client.conversations.get(copy);
  const { documents } = await heir.client.documents.list(copy, { limit: 50 });
  const sourcesThere = (messages[0]?.metadata as Answered | undefined)?.search_results ?? [];
  const sourcesNow = sourcesThere.slice(0, ids.length);
  expect(sourcesNow.map(({ document_id: one }) => one).toSorted()).toEqual(
    documents.map(({ id }) => id).toSorted(),
  );
  const contents = await Promise.all(
    sourcesNow.map(async ({ document_id: one }) => (await heir.fetch(`/documents/${one}/content`)).text()),
  );
  expect(contents).toEqual(ids.map((_, at) => `This is number ${at}.`));
  expect(sourcesThere.slice(ids.length)).toEqual(search_results.slice(ids.length));
  expect(await importZip(heir, bytes)).toMatchObject({ unchanged: 1, failed: 0 });
});

test(
  'many documents and many answers are brought together by one look at each',
  { timeout: 120_000 },
  async () => {
    const many = 15_000;
    const item = conversation(
      Array.from({ length: many }, (_, at) => ({
        id: `m${at}`,
        role: 'assistant',
        content: 'Yes',
        metadata: { search_results: [{ n: 1, document_id: `gone ${at}`, excerpt: 'word '.repeat(100) }] },
      })),
      Array.from({ length: many }, (_, at) => ({ id: `d${at}`, name: `${at}.txt`, path: 'none' })),
    );
    const file = () => [new File([JSON.stringify([item])], 'conversations.json')];
    const heir = await newPerson(person.baseUrl);
    expect((await heir.client.exchange.import(file())).items).toMatchObject([{ outcome: 'imported' }]);
    expect((await heir.client.exchange.import(file())).items).toMatchObject([{ outcome: 'unchanged' }]);
  },
);

test('an import whose caller has gone brings no further documents', async () => {
  const own = await startTestApp({ env: { UPLOADS_PER_USER: '1' } });
  const who = await newPerson(own.baseUrl);
  const documents = Array.from({ length: 400 }, (_, at) => ({
    id: crypto.randomUUID(),
    name: `${at}.txt`,
    path: `documents/${at}`,
  }));
  const files = Object.fromEntries(documents.map(({ path, name }) => [path, `This is ${name}.`]));
  const item = conversation([{ id: 'a', role: 'user', content: 'Hello' }], documents);
  const bytes = makeZip({ ...files, 'conversation.json': JSON.stringify(item) });
  const form = new FormData();
  form.append('file', new File([new Uint8Array(bytes)], 'bundle.zip'));
  const leaving = new AbortController();
  const left = who.fetch('/import', { method: 'POST', body: form, signal: leaving.signal }).then(
    () => 'answered',
    () => 'left',
  );
  const count = async (): Promise<number> =>
    (await who.client.conversations.list()).conversations[0]?.document_count ?? 0;
  await until('some have come', async () => (await count()) > 3);
  leaving.abort();
  expect(await left).toBe('left');
  // There is room for the next upload when the import has ended.
  const other = await who.client.conversations.create({ title: 'Other' });
  await until('it has ended', async () => {
    const body = { name: 'a.txt', text: 'After it.' };
    return (await who.json('POST', `/conversations/${other.id}/documents`, body)).status < 300;
  });
  const { conversations } = await who.client.conversations.list();
  const before = conversations.find(({ title }) => title === 'Made by hand');
  expect(before?.document_count).toBeLessThan(400);
  await own.close();
});
