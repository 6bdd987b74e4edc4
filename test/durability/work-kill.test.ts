import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeEach, expect, test } from 'vitest';
import type { Chunk, Document } from '@alcove/contract';
import { addText, askJson, askStream, historyOf, newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import {
  answerOf,
  expectNumbered,
  messageIdOf,
  readAll,
  readUntil,
  textOf,
  wireEvents,
} from '../answers/support/wire-events.ts';
import { reportFile, textFile } from '../documents/support/files.ts';
import { documentOf, filesOf, upload, uploadAndWait } from '../documents/support/uploading.ts';
import { newPerson, type Person, personOf } from '../support/app.ts';
import { isFullRun } from '../support/full-run.ts';
import { behave, startProvider } from '../support/provider.ts';
import { createHome, type ServerProcess } from './support/server-process.ts';

/** What a dead worker was at is taken up when its lease is over; the usual 15 seconds are torture's. */
const leaseMs = 3_000;
const slack = 30_000;

const provider = await startProvider();
afterAll(() => provider.close());
beforeEach(() => provider.reset());
const home = await createHome({
  LLM_BASE_URL: provider.baseUrl,
  LLM_MODEL: 'test-chat',
  EMBEDDING_BASE_URL: provider.baseUrl,
  EMBEDDING_MODEL: 'test-embedding',
  LEASE_S: String(leaseMs / 1000),
});
afterAll(() => home.close());
let server: ServerProcess | undefined;

async function running(): Promise<ServerProcess> {
  return (server ??= await home.start());
}

async function killAndRestart(person: Person): Promise<Person> {
  await (await running()).end('SIGKILL');
  server = undefined;
  return personOf((await running()).baseUrl, person.token, person);
}

async function chunksOf(person: Person, id: string): Promise<Chunk[]> {
  return (await person.client.documents.chunks(id, { limit: 200 })).chunks;
}

/** Ready with as many passages as declared, each once and in order. */
async function expectWhole(person: Person, document: Document): Promise<void> {
  expect(document).toMatchObject({ status: 'ready', error: null });
  const chunks = await chunksOf(person, document.id);
  expect(chunks).toHaveLength(document.chunk_count);
  expect(chunks.map(({ ordinal }) => ordinal)).toEqual(chunks.map((_, at) => at));
  const { text } = await person.client.documents.text(document.id);
  for (const chunk of chunks) expect(chunk.content).toBe(text.slice(chunk.char_start, chunk.char_end));
}

test(
  'documents whose worker is killed at any moment become ready, with every passage once',
  { timeout: 240_000 },
  async () => {
    let person = await newPerson((await running()).baseUrl);
    const conversation = await newConversation(person);
    const report = await reportFile();
    const [reference] = await uploadAndWait(person, conversation, report);
    const ids: string[] = [];

    /** Uploads, waits for a moment of the reading and kills the server there. */
    async function killWhen(
      moment: (id: string) => Promise<unknown>,
      file = textFile(`${ids.length}.txt`, `Text ${ids.length} of its own. `.repeat(60)),
    ): Promise<void> {
      const [document] = await upload(person, conversation, file);
      ids.push(document?.id ?? '');
      await moment(document?.id ?? '');
      person = await killAndRestart(person);
    }
    const reached =
      (...statuses: string[]) =>
      (id: string) =>
        until(statuses.join(' or '), async () => statuses.includes((await documentOf(person, id)).status));

    /** A document may lose three workers: none meets more kills than that, however slow the machine. */
    const everyDocument = () =>
      until(
        'every document is ready',
        async () => {
          const all = await Promise.all(ids.map((id) => documentOf(person, id)));
          expect(all.map(({ status }) => status)).not.toContain('failed');
          return all.every(({ vectors_ready: isWhole }) => isWhole) && all;
        },
        leaseMs + slack + 30_000,
      );

    // While it is read and while it is embedded; before, between and after in a full run.
    if (isFullRun) await killWhen(() => Promise.resolve());
    await killWhen(reached('extracting', 'chunking', 'embedding', 'ready'), { ...report, name: 'again.pdf' });
    await everyDocument();
    const before = provider.requests.length;
    provider.scriptEmbeddings(behave.hang());
    await killWhen(() => until('its passages are being embedded', () => provider.requests.length > before));
    if (isFullRun) {
      const then = provider.requests.length;
      // Right behind the answer of the provider comes the transaction that writes everything.
      await killWhen(() => until('its passages are embedded', () => provider.requests.length > then));
      await everyDocument();
      await killWhen(async (id) => {
        await reached('chunking', 'embedding', 'ready')(id);
        await pause(Math.random() * 200);
      });
    }

    const documents = await everyDocument();
    for (const document of documents) await expectWhole(person, document);
    const again = documents.find(({ name }) => name === 'again.pdf');
    expect(again?.chunk_count).toBe(reference?.chunk_count);
    const overview = await person.client.conversations.overview();
    expect(overview.total_documents).toBe(ids.length + 1);
    expect(overview.total_chunks).toBe(
      [reference, ...documents].reduce((sum, document) => sum + (document?.chunk_count ?? 0), 0),
    );
    // One original for each document, and nothing left of what was on its way in.
    expect(await filesOf(home, person)).toHaveLength(ids.length + 1);
  },
);

test(
  'an upload that the kill cuts off leaves no document, bytes that nobody names go, and originals of documents stay',
  { timeout: 120_000 },
  async () => {
    let person = await newPerson((await running()).baseUrl);
    const conversation = await newConversation(person);
    const { promise, resolve } = Promise.withResolvers<void>();
    const endless = new ReadableStream<Uint8Array>({
      async pull(controller) {
        controller.enqueue(
          new TextEncoder().encode(
            '--b\r\nContent-Disposition: form-data; name="file"; filename="x.txt"\r\n\r\n',
          ),
        );
        controller.enqueue(new Uint8Array(300_000).fill(120));
        await promise;
        controller.close();
      },
    });
    const sending = person.fetch(`/conversations/${conversation}/documents`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
      body: endless,
      duplex: 'half',
    } as RequestInit);
    sending.catch(() => {});
    await until('the file is on its way', async () => (await filesOf(home, person)).length > 0);
    const [kept] = await uploadAndWait(person, conversation, textFile('kept.txt', 'This one is kept.'));
    // A kill between the last byte and the row leaves a whole file that no document names.
    await writeFile(join(home.dataDir, 'blobs', person.id, crypto.randomUUID()), 'nobody knows me');
    await (await running()).end('SIGKILL');
    server = undefined;
    resolve();
    // What is left is told from an upload under way by its age.
    const longAgo = new Date(Date.now() - 2 * 3_600_000);
    const left = await filesOf(home, person);
    expect(left).toHaveLength(3);
    for (const path of left) await utimes(join(home.dataDir, path), longAgo, longAgo);
    person = personOf((await running()).baseUrl, person.token, person);
    expect((await person.client.documents.list(conversation)).documents).toEqual([kept]);
    // What had not arrived goes at the second pass, an hour later: test/files/reconcile.test.ts.
    await until('what nobody names is gone', async () => (await filesOf(home, person)).length === 2);
    expect(await (await person.client.documents.content(kept?.id ?? '')).text()).toBe('This one is kept.');
  },
);

test(
  'an answer whose writer is killed keeps question and text, ends as incomplete, and can be asked again',
  { timeout: 120_000 },
  async () => {
    let person = await newPerson((await running()).baseUrl);
    const conversation = await newConversation(person);
    await addText(person, conversation, 'The lighthouse of Marsk was built in 1871.');
    provider.script(behave.stall('It was built in the year', 60_000));
    const seen = await readUntil(
      await askStream(person, conversation, 'When was it built?'),
      ({ type }) => type === 'delta',
    );
    const messageId = messageIdOf(seen);
    const begun = textOf(seen);
    expect(begun).not.toBe('');
    const killedAt = performance.now();
    person = await killAndRestart(person);

    // A reader that comes back at once follows until the answer is ended for its dead writer.
    const rest = await readAll(
      wireEvents(
        await person.fetch(`/messages/${messageId}/stream`, {
          headers: { 'last-event-id': String(seen.length) },
        }),
      ),
    );
    expect(performance.now() - killedAt).toBeLessThan(leaseMs + slack);
    expectNumbered(rest, seen.length + 1);
    expect(rest.at(-1)?.data).toMatchObject({ type: 'failed', status: 'incomplete', code: 'unavailable' });
    const [question, answer] = await historyOf(person, conversation);
    expect(question).toMatchObject({ content: 'When was it built?', status: 'complete' });
    expect(answer).toMatchObject({
      id: messageId,
      status: 'incomplete',
      content: textOf([...seen, ...rest]),
    });
    expect(answer?.content.startsWith(begun)).toBe(true);
    expect(answer?.metadata.search_results).toHaveLength(1);
    provider.script(behave.answer('["When was the lighthouse built?"]'), behave.answer('In 1871 [1].'));
    const again = await askJson(person, conversation, 'Once more: when?');
    expect(again).toMatchObject({ status: 200, body: { status: 'complete', answer: 'In 1871 [1].' } });
  },
);

test(
  'SIGTERM ends an answer that takes longer than its grace, keeps its text, and the process exits with 0',
  { timeout: 120_000 },
  async () => {
    let person = await newPerson((await running()).baseUrl);
    const conversation = await newConversation(person);
    provider.script(behave.stall('The beginning of a long', 60_000));
    const response = await askStream(person, conversation, 'Tell me everything.');
    const stream = wireEvents(response);
    const seen = [];
    while (seen.at(-1)?.type !== 'delta') {
      const { value, done } = await stream.next();
      if (done === true) throw new Error('the answer ended early');
      seen.push(value);
    }
    const stopping = (await running()).end('SIGTERM');
    const events = [...seen, ...(await readAll(stream))];
    const { code, ms } = await stopping;
    expect({ code }).toEqual({ code: 0 });
    expect(ms).toBeLessThan(30_000);
    expectNumbered(events);
    const ended = await running().then(({ output }) => output());
    expect(ended).not.toMatch(/"level":"(error|fatal)"/);
    server = undefined;
    person = personOf((await running()).baseUrl, person.token, person);
    const [, answer] = await historyOf(person, conversation);
    expect(answer).toMatchObject({
      status: 'incomplete',
      content: textOf(events),
      metadata: { error: { code: 'unavailable' } },
    });
    expect(events.at(-1)?.data).toMatchObject({ type: 'failed', status: 'incomplete', code: 'unavailable' });
  },
);

test('SIGTERM lets an answer go on to its end', { timeout: 120_000 }, async () => {
  await server?.end('SIGTERM');
  server = await home.start({ ANSWER_GRACE_SECONDS: '60' });
  const { baseUrl } = server;
  const person = await newPerson(baseUrl);
  const conversation = await newConversation(person);
  const gate = Promise.withResolvers<void>();
  provider.script(behave.answer('Nearly there, and done.', { until: gate.promise }));
  const stream = wireEvents(await askStream(person, conversation, 'Are you done?'));
  const first = await stream.next();
  const stopping = server.end('SIGTERM');
  await until('nobody is let in', () =>
    fetch(`${baseUrl}/healthz`).then(
      () => false,
      () => true,
    ),
  );
  gate.resolve();
  const events = [first.value, ...(await readAll(stream))].filter((event) => event !== undefined);
  expect(answerOf(events)).toMatchObject({ status: 'complete', answer: 'Nearly there, and done.' });
  expect((await stopping).code).toBe(0);
  server = undefined;
});
