import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Answer, Message, Uploaded } from '@alcove/contract';
import { askJson, historyOf, newConversation } from '../answers/support/asking.ts';
import { closedGate } from '../answers/support/gate.ts';
import { until } from '../answers/support/until.ts';
import { textFile } from '../documents/support/files.ts';
import { documentOf, formOf, upload, whenEmbedded, whenSettled } from '../documents/support/uploading.ts';
import { databaseKind, newPerson, type Person, personOf } from '../support/app.ts';
import { behave, type Provider, startProvider } from '../support/provider.ts';
import { createHome, type Home, type ServerProcess } from './support/server-process.ts';

const leaseMs = 3_000;
const skewedClock = fileURLToPath(new URL('../../torture/support/skewed-clock.ts', import.meta.url));

describe.skipIf(databaseKind === 'pglite')('two servers on one database (needs PostgreSQL)', () => {
  let provider: Provider;
  let home: Home;
  let servers: ServerProcess[];
  /** The same person at each of the servers. */
  let here: Person;
  let there: Person;
  beforeAll(async () => {
    provider = await startProvider();
    const env = {
      LLM_BASE_URL: provider.baseUrl,
      LLM_MODEL: 'test-chat',
      EMBEDDING_BASE_URL: provider.baseUrl,
      EMBEDDING_MODEL: 'test-embedding',
      LEASE_S: String(leaseMs / 1000),
    };
    home = await createHome(env, { isNew: true });
    // At once, on an empty database: only one may migrate it.
    servers = await Promise.all([home.start(), home.start()]);
    here = await newPerson(servers[0]?.baseUrl ?? '');
    there = personOf(servers[1]?.baseUrl ?? '', here.token, here);
  }, 120_000);
  afterAll(async () => {
    await home?.close();
    await provider?.close();
  });
  beforeEach(() => provider.reset());

  const withKey = (person: Person, key: string, path: string, body: unknown) =>
    person.fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
    });

  test('twenty times the same message with one key is one message', async () => {
    const conversation = await newConversation(here);
    const message = { role: 'user', content: 'Once only.' };
    const sent = Array.from({ length: 20 }, (_, at) =>
      withKey(at % 2 === 0 ? here : there, 'key-1', `/conversations/${conversation}/messages`, message),
    );
    const answers = await Promise.all(
      (await Promise.all(sent)).map(async (response) => ({
        status: response.status,
        body: (await response.json()) as Message,
      })),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(await historyOf(there, conversation)).toHaveLength(1);
    const other = await withKey(there, 'key-1', `/conversations/${conversation}/messages`, {
      role: 'user',
      content: 'Something else.',
    });
    expect(other.status).toBe(422);
    expect(await other.json()).toMatchObject({ code: 'idempotency_mismatch' });
  });

  test('twenty times the same question with one key is one answer and one call of the model', async () => {
    const conversation = await newConversation(here);
    const sent = Array.from({ length: 20 }, (_, at) =>
      withKey(at % 2 === 0 ? here : there, 'key-2', `/rag/conversation/${conversation}/query`, {
        query: 'Once only?',
      }),
    );
    const answers = await Promise.all(
      (await Promise.all(sent)).map(async (response) => ({
        status: response.status,
        body: (await response.json()) as Answer,
      })),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(new Set(answers.map(({ body }) => body.message_id)).size).toBe(1);
    expect(provider.chats).toHaveLength(1);
    expect(await historyOf(here, conversation)).toHaveLength(2);
  });

  test('ten times the same upload with one key is one document', async () => {
    const conversation = await newConversation(here);
    const sent = Array.from({ length: 10 }, (_, at) =>
      (at % 2 === 0 ? here : there).fetch(`/conversations/${conversation}/documents`, {
        method: 'POST',
        headers: { 'idempotency-key': 'key-3' },
        body: formOf(textFile('once.txt', 'Once only.')),
      }),
    );
    const answers = await Promise.all(
      (await Promise.all(sent)).map(async (response) => ({
        status: response.status,
        body: (await response.json()) as Uploaded,
      })),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
    expect(new Set(answers.map(({ body }) => body.document.id)).size).toBe(1);
    expect((await there.client.documents.list(conversation)).documents).toHaveLength(1);
  });

  test('each document is read once, whichever server takes it', async () => {
    const conversation = await newConversation(here);
    const files = Array.from({ length: 8 }, (_, at) => textFile(`${at}.txt`, `Shared text number ${at}.`));
    const documents = [
      ...(await upload(here, conversation, ...files.slice(0, 4))),
      ...(await upload(there, conversation, ...files.slice(4))),
    ];
    for (const { id } of documents)
      expect(await whenEmbedded(there, id)).toMatchObject({ status: 'ready', chunk_count: 1 });
    // Each text was embedded by one request of one server.
    const embedded = provider.requests
      .filter(({ path }) => path.endsWith('/embeddings'))
      .flatMap(({ body }) => [body['input']].flat().map(String));
    expect(embedded.toSorted()).toEqual([...new Set(embedded)].toSorted());
  });

  test('what one server has deleted or changed, the other does not find any more', async () => {
    const conversation = await newConversation(here);
    const [document] = await upload(here, conversation, textFile('gone.txt', 'The canary is KESTREL.'));
    await whenSettled(here, document?.id ?? '');
    for (const person of [here, there])
      expect((await person.client.retrieve(conversation, { query: 'canary' })).results).toHaveLength(1);
    await here.client.documents.delete(document?.id ?? '');
    for (const person of [here, there])
      expect((await person.client.retrieve(conversation, { query: 'canary' })).results).toEqual([]);
  });

  test('deleting a conversation at one server ends its answer at the other', async () => {
    const conversation = await newConversation(here);
    provider.script(behave.hang());
    const asked = askJson(here, conversation, 'Hello?');
    const request = await provider.chat(1);
    await there.json('DELETE', `/conversations/${conversation}`);
    expect(await request.ended).toBe('aborted');
    expect((await asked).status).toBeGreaterThanOrEqual(400);
  });

  test('a third whose clock is 20 seconds ahead ends no answer of the others', async () => {
    const conversation = await newConversation(here);
    const gate = closedGate();
    provider.script(behave.answer('Slow, and whole.', { until: gate.opened }));
    const asked = askJson(here, conversation, 'How long?');
    await provider.chat(1);
    const ahead = await home.start({ NODE_OPTIONS: `--import=${skewedClock}`, CLOCK_SKEW_MS: '20000' });
    try {
      // It looks for answers that nobody writes any more at every turn, and leases are shorter than this.
      await pause(2 * leaseMs);
      gate.open();
      expect((await asked).body).toMatchObject({ status: 'complete', answer: 'Slow, and whole.' });
      expect(await historyOf(personOf(ahead.baseUrl, here.token, here), conversation)).toHaveLength(2);
    } finally {
      await ahead.end('SIGTERM');
    }
  });

  test(
    'a document whose server is killed in the middle is finished by the other',
    { timeout: 120_000 },
    async () => {
      const conversation = await newConversation(here);
      provider.scriptEmbeddings(behave.hang());
      const before = provider.requests.length;
      const [document] = await upload(
        here,
        conversation,
        textFile('orphan.txt', 'A text whose reader dies.'),
      );
      await until('its passages are being embedded', () => provider.requests.length > before);
      // Either server may have taken it: the one that is not working on it must finish it.
      const holder = await holderOf(document?.id ?? '');
      const [dead, alive] = holder === servers[0]?.pid ? [servers[0], there] : [servers[1], here];
      const killedAt = performance.now();
      await dead?.end('SIGKILL');
      expect(await whenEmbedded(alive, document?.id ?? '', leaseMs + 30_000)).toMatchObject({
        status: 'ready',
        chunk_count: 1,
      });
      expect(performance.now() - killedAt).toBeLessThan(leaseMs + 15_000);
      expect((await alive.client.documents.chunks(document?.id ?? '')).chunks).toHaveLength(1);
      expect((await documentOf(alive, document?.id ?? '')).error).toBeNull();
    },
  );

  /** Process id of the server that works on the document, by the name in its lease. */
  async function holderOf(documentId: string): Promise<number> {
    const client = new pg.Client({ connectionString: home.databaseUrl ?? '' });
    await client.connect();
    const { rows } = await client.query<{ owner: string }>('SELECT owner FROM work WHERE item_id = $1', [
      documentId,
    ]);
    await client.end();
    return Number(rows[0]?.owner.split('/')[1]);
  }
});
