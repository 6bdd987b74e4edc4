import type { AllDocuments, Answer, Problem, Uploaded } from '@alcove/contract';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAddressGuard } from '../../src/documents/web/forbidden-addresses.ts';
import { answeringApp } from '../answers/support/answering-app.ts';
import {
  addText,
  askJson,
  conversationAbout,
  historyOf,
  newConversation,
} from '../answers/support/asking.ts';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { behave } from '../support/provider.ts';
import { filesOf } from './support/uploading.ts';
import { until } from '../answers/support/until.ts';

const { provider, app } = await answeringApp({}, { embeddings: true });
const fact = 'The heron colony at Lake Sorrow held 412 nests in 2025.';

async function somebody(): Promise<Person> {
  return newPerson((await app()).baseUrl);
}

/** Requests to the embedding model. */
function embeddingsSoFar(): number {
  return provider.requests.filter(({ path }) => path.endsWith('/embeddings')).length;
}

async function askAbout(person: Person, conversation: string): Promise<Answer> {
  provider.script(behave.answer('It held 412 nests [1].'));
  return (await askJson(person, conversation, 'How many nests did the colony hold?')).body;
}

describe('a fork', () => {
  test('has the branch up to a message and its own documents, without a word to the embedding model', async () => {
    const person = await somebody();
    const conversation = await conversationAbout(person, fact, 'herons.txt');
    const first = await askAbout(person, conversation);
    await askAbout(person, conversation);
    const embedded = embeddingsSoFar();
    const fork = await person.client.conversations.fork(conversation, first.message_id);
    expect(fork).toMatchObject({ message_count: 2, document_count: 1 });
    const messages = await historyOf(person, fork.id);
    expect(messages.map(({ content }) => content)).toEqual([
      'How many nests did the colony hold?',
      'It held 412 nests [1].',
    ]);
    const [document] = (await person.client.documents.list(fork.id)).documents;
    expect(document).toMatchObject({ name: 'herons.txt', status: 'ready', vectors_ready: true });
    expect(document?.id).not.toBe(first.sources[0]?.document_id);
    // Its answers name its own documents and passages.
    const source = messages[1]?.metadata.search_results[0];
    expect(source?.document_id).toBe(document?.id);
    const { chunks } = await person.client.documents.chunks(document?.id ?? '');
    expect(source?.chunk_id).toBe(chunks[0]?.id);
    expect(embeddingsSoFar()).toBe(embedded);
    expect((await askAbout(person, fork.id)).sources[0]?.document_id).toBe(document?.id);
  });

  test('is whole when the other is deleted, either way round', { timeout: 60_000 }, async () => {
    const person = await somebody();
    const [one, two] = [
      await conversationAbout(person, fact),
      await conversationAbout(person, `${fact} Twice.`),
    ];
    const forks = [await person.client.conversations.fork(one), await person.client.conversations.fork(two)];
    await person.client.conversations.delete(one, { permanently: true });
    await person.client.conversations.delete(forks[1]?.id ?? '', { permanently: true });
    for (const id of [forks[0]?.id ?? '', two]) {
      const [document] = (await person.client.documents.list(id)).documents;
      const original = await person.client.documents.content(document?.id ?? '');
      expect(await original.text()).toContain(fact);
      expect((await askAbout(person, id)).sources[0]?.excerpt).toContain('412');
    }
    const totals = await person.client.conversations.overview();
    expect(totals).toMatchObject({ total_conversations: 2, total_documents: 2, total_chunks: 2 });
    const server = await app();
    for (const id of [forks[0]?.id ?? '', two])
      await person.client.conversations.delete(id, { permanently: true });
    await until('both originals are gone', async () => (await filesOf(server, person)).length === 0, 30_000);
  });

  test('of nothing is empty; of a foreign message is none', async () => {
    const person = await somebody();
    const [one, two] = [await newConversation(person), await newConversation(person)];
    const note = await person.client.messages.add(two, { role: 'user', content: 'Note.' });
    expect(await person.client.conversations.fork(one)).toMatchObject({ message_count: 0 });
    const { status } = await person.json('POST', `/conversations/${one}/fork`, { message_id: note.id });
    expect(status).toBe(404);
    await person.client.messages.add(one, { role: 'user', content: 'Goes on.' });
    const fork = await person.client.conversations.fork(two);
    const more = await person.client.messages.add(fork.id, { role: 'user', content: 'Goes on.' });
    expect(more.parent_id).not.toBe(note.id);
    expect(await historyOf(person, fork.id)).toHaveLength(2);
  });
});

describe('documents of several conversations', () => {
  test('are copied to another one together, or none of them', async () => {
    const person = await somebody();
    const [one, two, to] = [
      await newConversation(person),
      await newConversation(person),
      await newConversation(person),
    ];
    const ids = [(await addText(person, one, fact)).id, (await addText(person, two, 'Storks too.')).id];
    const embedded = embeddingsSoFar();
    const { documents } = await person.client.documents.copy(ids, to);
    expect(documents.map(({ conversation_id: id }) => id)).toEqual([to, to]);
    expect(documents.filter(({ id }) => ids.includes(id))).toEqual([]);
    expect(embeddingsSoFar()).toBe(embedded);
    expect((await askAbout(person, to)).sources[0]?.excerpt).toContain('412');
    const missing = { document_ids: [ids[0], crypto.randomUUID()], conversation_id: to };
    expect((await person.json('POST', '/documents/copy', missing)).status).toBe(404);
    expect((await person.client.documents.list(to)).documents).toHaveLength(2);
  });

  test('are moved with their ids; what is there already stays', async () => {
    const person = await somebody();
    const [one, two] = [await newConversation(person), await newConversation(person)];
    const [there, here] = [await addText(person, one, fact), await addText(person, two, 'Storks too.')];
    await person.client.documents.move([there.id, here.id], two);
    expect((await person.client.documents.list(one)).documents).toEqual([]);
    const found = (await person.client.documents.list(two)).documents.map(({ id }) => id);
    expect(found.toSorted()).toEqual([there.id, here.id].toSorted());
    expect((await askAbout(person, two)).sources[0]?.document_id).toBe(there.id);
  });

  test('are listed with their conversation, size, last citation and duplicates, and what the account may hold', async () => {
    const person = await somebody();
    const [one, two] = [await conversationAbout(person, fact, 'a.txt'), await newConversation(person)];
    await person.client.conversations.rename(one, 'Herons');
    await addText(person, two, fact, 'b.txt');
    await addText(person, two, 'Storks nest on chimneys, and they come back every spring.', 'c.txt');
    await askAbout(person, one);
    const all = async (query: object = {}): Promise<string[]> =>
      (await person.client.documents.listAll(query)).documents.map(({ name }) => name);
    await until('the citation is noted', async () => (await all({ never_cited: false })).length === 1);
    const listed: AllDocuments = await person.client.documents.listAll({ order: 'name' });
    expect(listed.documents).toMatchObject([
      { name: 'a.txt', conversation_title: 'Herons', duplicates: 1, last_cited_at: expect.any(String) },
      { name: 'b.txt', duplicates: 1, last_cited_at: null },
      { name: 'c.txt', duplicates: 0, last_cited_at: null },
    ]);
    expect(listed.quota).toMatchObject({ documents: 3, deleted_bytes: 0 });
    expect(listed.quota.bytes).toBe(listed.documents.reduce((sum, { size_bytes: bytes }) => sum + bytes, 0));
    expect(await all()).toEqual(['c.txt', 'b.txt', 'a.txt']);
    expect(await all({ duplicates: true, order: 'name' })).toEqual(['a.txt', 'b.txt']);
    expect(await all({ conversation_id: one })).toEqual(['a.txt']);
    expect(await all({ name: 'C.T' })).toEqual(['c.txt']);
    expect(await all({ name: '%' })).toEqual([]);
    for (const order of ['created', 'size', 'name'] as const) {
      const names: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await person.client.documents.listAll({
          order,
          limit: 1,
          ...(cursor ? { cursor } : {}),
        });
        names.push(...page.documents.map(({ name }) => name));
        cursor = page.next_cursor ?? undefined;
      } while (cursor !== undefined);
      expect(names).toEqual(await all({ order }));
    }
    const ids = listed.documents.map(({ id }) => id);
    const refused = await person.json('POST', '/documents/delete', {
      document_ids: [...ids, crypto.randomUUID()],
    });
    expect(refused.status).toBe(404);
    expect((await person.client.documents.deleteMany(ids.slice(0, 2))).deleted.documents).toBe(2);
    expect(await all()).toEqual(['c.txt']);
  });
});

describe('a new version of a document', () => {
  test('takes its place; old citations stay readable and say that they are of an earlier one', async () => {
    const server = await app();
    const person = await somebody();
    const conversation = await newConversation(person);
    const document = await addText(person, conversation, fact, 'herons.txt');
    await askAbout(person, conversation);
    const newer = new File(['The heron colony at Lake Sorrow held 530 nests in 2026.'], 'herons-2026.txt');
    const replaced = await person.client.documents.replace(document.id, newer);
    expect(replaced).toMatchObject({ id: document.id, replacement: { name: 'herons-2026.txt' } });
    const settled = await person.client.documents.wait(document.id);
    expect(settled).toMatchObject({
      status: 'ready',
      name: 'herons-2026.txt',
      version: 2,
      replacement: null,
    });
    const source = (await historyOf(person, conversation))[1]?.metadata.search_results[0];
    expect(source).toMatchObject({ excerpt: fact, document_version: 1, from_earlier_version: true });
    provider.script(behave.answer('It held 530 nests [1].'));
    const again = (await askJson(person, conversation, 'How many nests in 2026?')).body;
    expect(again.sources[0]).toMatchObject({ document_version: 2 });
    expect(again.sources[0]?.excerpt).toContain('530');
    const last = (await historyOf(person, conversation)).at(-1)?.metadata.search_results[0];
    expect(last).not.toHaveProperty('from_earlier_version');
    await until('the old original is gone', async () => (await filesOf(server, person)).length === 1, 30_000);
    expect((await person.client.conversations.overview()).total_documents).toBe(1);
  });
});

describe('a page on the web', () => {
  let site: Server;
  let open: TestApp;
  let base: string;

  beforeAll(async () => {
    site = createServer((request, response) => {
      const { url = '' } = request;
      if (url.startsWith('/to/')) {
        response.writeHead(302, { location: decodeURIComponent(url.slice(4)) }).end();
      } else if (url === '/packed.html') {
        response.writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'gzip' });
        response.end(gzipSync(`<h1>Herons</h1><p>${fact}</p>`));
      } else if (url === '/endless') {
        response.writeHead(200, { 'content-type': 'text/plain' });
        const more = (): boolean => response.write('x'.repeat(65_536));
        response.on('drain', () => void more());
        while (more());
      } else if (url === '/silent') {
        response.writeHead(200, { 'content-type': 'text/plain' }).write('One word and then nothing');
      } else if (url === '/bomb') {
        response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' });
        response.end(gzipSync(Buffer.alloc(8_000_000, 'a')));
      } else if (url === '/') {
        response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(`<p>${fact}</p>`);
      } else response.writeHead(404).end('not here');
    });
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
    const env = { FETCH_PRIVATE_NETWORKS: '127.0.0.1/32', FETCH_TIMEOUT_S: '3', MAX_UPLOAD_MB: '1' };
    open = await startTestApp({ env });
  });

  afterAll(async () => {
    await open?.close();
    site?.closeAllConnections();
    site?.close();
  });

  async function add(person: Person, url: string): Promise<{ status: number; body: Uploaded & Problem }> {
    const conversation = await newConversation(person);
    return person.json('POST', `/conversations/${conversation}/documents?wait=ready`, { url });
  }

  test('becomes a document, unpacked, also behind a redirect', async () => {
    const person = await newPerson(open.baseUrl);
    for (const [path, name] of [
      ['/packed.html', 'packed.html'],
      ['/', '127.0.0.1.html'],
      [`/to/${encodeURIComponent('/packed.html')}`, 'packed.html'],
    ] as const) {
      const { status, body } = await add(person, `${base}${path}`);
      expect(status, JSON.stringify(body)).toBe(202);
      expect(body.document).toMatchObject({ name, status: 'ready', media_type: 'text/html' });
      const { text } = await person.client.documents.text(body.document.id);
      expect(text).toContain('412 nests');
    }
  });

  test('that is not there, has no end, is silent, or unpacks to more than a file may be is told as such', async () => {
    const person = await newPerson(open.baseUrl);
    const outcomes: [string, number, string][] = [
      ['/missing', 422, 'url_failed'],
      ['/endless', 413, 'too_large'],
      ['/bomb', 413, 'too_large'],
      ['/silent', 422, 'url_failed'],
    ];
    for (const [path, status, code] of outcomes) {
      const answer = await add(person, `${base}${path}`);
      expect([path, answer.status, answer.body.code]).toEqual([path, status, code]);
    }
    expect(await filesOf(open, person)).toEqual([]);
  });

  test.each([
    'http://127.0.0.1:1/',
    'http://localhost:1/',
    'http://[::1]:1/',
    'http://[::ffff:127.0.0.1]:1/',
    'http://[::ffff:7f00:1]:1/',
    'http://2130706433:1/',
    'http://0x7f.1:1/',
    'http://0:1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://10.0.0.1/',
    'http://user:password@example.org/',
    'file:///etc/passwd',
    'gopher://example.org/',
    'not an address',
    'http://127.1:1/',
    'http://017700000001:1/',
    'http://0x7f000001:1/',
    'http://0177.0.0.1:1/',
    'http://127.0.0.1.:1/',
    'http://127.255.255.254:1/',
    'http://LOCALHOST:1/',
    'http://①②⑦.⓪.⓪.①:1/',
    'http://[::]:1/',
    'http://[::127.0.0.1]:1/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[64:ff9b::7f00:1]:1/',
    'http://[2002:7f00:1::]:1/',
    'http://[fe80::1]:1/',
    'http://[fec0::1]:1/',
    'http://[fd00::1]:1/',
    'http://[ff02::1]:1/',
    'http://0.0.0.0:1/',
    'http://172.16.0.1/',
    'http://172.31.255.255/',
    'http://192.168.0.1/',
    'http://100.64.0.1/',
    'http://192.0.0.1/',
    'http://198.18.0.1/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    'http://example.org@127.0.0.1:1/',
    'http://127.0.0.1:1\\@example.org/',
    'http://127.0.0.1:1#@example.org/',
    'http://127.0.0.1:1?@example.org/',
    '//127.0.0.1:1/',
    'ftp://example.org/',
    'data:text/plain,hello',
    'javascript:alert(1)',
    'blob:http://127.0.0.1:1/x',
  ])('%s is refused before anything is sent', async (url) => {
    const person = await somebody();
    const { status, body } = await add(person, url);
    expect([status, body.code]).toEqual([400, 'invalid_request']);
    expect(body.issues?.[0]?.path).toBe('url');
  });

  test('that leads to a private address is refused there too', async () => {
    const person = await newPerson(open.baseUrl);
    for (const target of [
      'http://127.0.0.2:1/',
      'http://[::1]:1/',
      'file:///etc/passwd',
      'http://169.254.169.254/',
    ]) {
      const { status, body } = await add(person, `${base}/to/${encodeURIComponent(target)}`);
      expect([target, status, body.code]).toEqual([target, 400, 'invalid_request']);
    }
    const loop = await add(person, `${base}/to/${encodeURIComponent(`${base}/to/x`)}`);
    expect([loop.status, loop.body.code]).toEqual([422, 'url_failed']);
  });

  test.each([
    ['8.8.8.8', true],
    ['2606:4700:4700::1111', true],
    ['100.64.0.1', false],
    ['192.0.2.1', false],
    ['198.18.0.1', false],
    ['224.0.0.1', false],
    ['255.255.255.255', false],
    ['fe80::1', false],
    ['fe80::1%eth0', false],
    ['fd00::1', false],
    ['64:ff9b::7f00:1', false],
    ['2002:7f00:1::', false],
    ['2001:0:7f00:1::', false],
    ['2001:db8::1', false],
    ['::', false],
    ['', false],
    ['example.org', false],
  ])('an address as %s is public: %s', (address, isPublic) => {
    expect(createAddressGuard([]).allows(address)).toBe(isPublic);
    expect(createAddressGuard(null).allows(address)).toBe(false);
  });

  test('of a network that the operator names is not refused', () => {
    const guard = createAddressGuard(['10.1.0.0/16', 'fd00::/8', '192.168.7.7']);
    expect(['10.1.2.3', 'fd00::5', '192.168.7.7'].map(guard.allows)).toEqual([true, true, true]);
    expect(['10.2.2.3', 'fc00::5', '192.168.7.8'].map(guard.allows)).toEqual([false, false, false]);
  });
});
