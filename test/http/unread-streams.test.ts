import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import type { Conversation } from '@alcove/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { historyOf, newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { answerOf, expectNumbered, readAll, wireEvents } from '../answers/support/wire-events.ts';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { behave, type Provider, startProvider } from '../support/provider.ts';

// Who takes nothing of a stream is let go: what is told of goes on, and can be read from where it was left.

/** Longer than a busy machine may hold up the one thread of server and readers. */
const readerMs = 6_000;
/** Open at once for one user. */
const eventStreams = 30;
/** Six bytes in JSON: a few of each thing are more than the 4 MB that lie between two sockets. */
const letter = '\u0001';
const letters = 600_000;

let app: TestApp;
let provider: Provider;
/** Ports of the callers that the server has a connection with. */
const held = new Set<number | undefined>();

beforeAll(async () => {
  provider = await startProvider();
  app = await startTestApp({
    env: { LLM_BASE_URL: provider.baseUrl, LLM_MODEL: 'test-chat', UPLOADS_PER_USER: '1' },
    limits: { readerMs },
  });
  app.app.http.server.on('connection', (socket: Socket) => {
    const { remotePort } = socket;
    held.add(remotePort);
    socket.once('close', () => held.delete(remotePort));
  });
});
afterAll(async () => {
  await app?.close();
  await provider?.close();
});

interface Unread {
  isHeld(): boolean;
  /** What was on its way when the connection ended: whole events. */
  rest(): Promise<string>;
}

/** Calls, and reads no more than the head of the response. */
async function callUnread(person: Person, path: string, body?: object): Promise<Unread> {
  const sent = body === undefined || body instanceof FormData ? new Response(body) : Response.json(body);
  const type = sent.headers.get('content-type');
  const payload = Buffer.from(await sent.arrayBuffer());
  const outgoing = request(new URL(path, app.baseUrl), {
    method: body === undefined ? 'GET' : 'POST',
    agent: false,
    headers: {
      authorization: `Bearer ${person.token}`,
      ...(type === null ? {} : { 'content-type': type, 'content-length': payload.length }),
    },
  });
  // After its response too, of which it says that it ended.
  outgoing.on('error', () => {}).end(payload);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  expect(response.statusCode).toBe(200);
  const port = response.socket.localPort;
  expect(held.has(port)).toBe(true);
  return {
    isHeld: () => held.has(port),
    async rest() {
      let text = '';
      const closed = new Promise((resolve) => response.once('close', resolve));
      response
        .on('error', () => {})
        .setEncoding('utf8')
        .on('data', (part: string) => (text += part));
      await closed;
      expect(response.complete).toBe(false);
      return text.slice(0, text.lastIndexOf('\n\n') + 2);
    },
  };
}

async function letGo(reader: Unread): Promise<void> {
  await until('the reader is let go', () => !reader.isHeld(), 100_000);
}

function lastIdOf(events: string): number {
  return Number(/^id: (\d+)$/m.exec(events.slice(events.lastIndexOf('\nid: ') + 1))?.[1] ?? 0);
}

test('an answer that nobody reads is written to its end, and can be read from where it was left', async () => {
  const person = await newPerson(app.baseUrl);
  const conversation = await newConversation(person);
  provider.script(behave.huge(letters, letter));
  const question = { query: 'Why?', stream: true };
  const reader = await callUnread(person, `/rag/conversation/${conversation}/query`, question);
  await letGo(reader);
  const answer = await until('the answer is stored', async () => {
    const last = (await historyOf(person, conversation)).at(-1);
    return last?.status === 'complete' ? last : false;
  });
  expect(answer.content.length).toBe(letters);
  const after = lastIdOf(await reader.rest());
  expect(after).toBeGreaterThan(0);
  const headers = { 'last-event-id': String(after) };
  const events = await readAll(wireEvents(await person.fetch(`/messages/${answer.id}/stream`, { headers })));
  expectNumbered(events, after + 1);
  expect(answerOf(events).answer.length).toBe(letters);
});

// Who looks for so much takes a rest of twenty times as long.
test(
  'changes that nobody reads make room for another stream, which tells them all',
  { timeout: 180_000 },
  async () => {
    const person = await newPerson(app.baseUrl);
    const ending = new AbortController();
    const follow = (after?: number): Promise<Response> =>
      person.fetch('/events', {
        signal: ending.signal,
        headers: after === undefined ? {} : { 'last-event-id': String(after) },
      });
    const reader = await callUnread(person, '/events');
    let ended = false;
    const read = (await follow()).text().catch(() => {});
    void read.then(() => (ended = true));
    const settings = { prompt: letter.repeat(8_000) };
    const created = await Promise.all(
      Array.from({ length: 110 }, () => person.json<Conversation>('POST', '/conversations', { settings })),
    );
    await letGo(reader);
    expect(ended).toBe(false);

    let told = await reader.rest();
    const again = await follow(lastIdOf(told));
    expect(again.status).toBe(200);
    const decoder = new TextDecoder();
    const isUntold = ({ body }: { body: Conversation }): boolean => !told.includes(`"id":"${body.id}"`);
    const parts = again.body?.getReader();
    while (created.some(isUntold)) {
      const part = await parts?.read();
      expect(part?.done).toBe(false);
      told += decoder.decode(part?.value, { stream: true });
    }

    // Beside the two that are read; as if everything had been told, so that there is nothing to tell before all are open.
    const allTold = (Date.now() + 3_600_000) * 1_000;
    const more = await Promise.all(Array.from({ length: eventStreams - 2 }, () => follow(allTold)));
    expect(more.filter(({ status }) => status !== 200)).toEqual([]);
    expect((await follow(allTold)).status).toBe(429);
    // Who lets go of a response closes its stream: they are here until now.
    expect([...more, again].filter(({ body }) => body === null)).toEqual([]);
    ending.abort();
  },
);

test('an import whose progress nobody reads ends, and another upload can begin', async () => {
  const person = await newPerson(app.baseUrl);
  const conversation = await newConversation(person);
  const chats = Array.from({ length: 2_000 }, (_, at) => ({
    uuid: `c-${at}`,
    name: letter.repeat(500),
    chat_messages: [{ uuid: `m-${at}`, sender: 'human', text: 'Hi', created_at: '2025-03-01T10:00:00Z' }],
  }));
  const form = new FormData();
  form.append('file', new File([JSON.stringify(chats)], 'conversations.json'));
  const reader = await callUnread(person, '/import?stream=true&dry_run=true', form);
  const upload = async (): Promise<number> => {
    const document = { name: 'notes.txt', text: 'Hi' };
    return (await person.json('POST', `/conversations/${conversation}/documents`, document)).status;
  };
  expect(await upload()).toBe(429);
  await letGo(reader);
  await until('another upload is taken', async () => (await upload()) === 202);
  expect(await reader.rest()).not.toContain('event: done');
});
