import { createHash } from 'node:crypto';
import { afterAll, expect, test } from 'vitest';
import type { ConversationHistory, Message } from '@alcove/contract';
import { newPerson, type Person, personOf } from '../support/app.ts';
import { isFullRun } from '../support/full-run.ts';
import { createHome } from './support/server-process.ts';

/** Some hundred of them are torture's. */
const kills = isFullRun ? 4 : 1;
const home = await createHome();
afterAll(() => home.close());

interface Acknowledged {
  id: string;
  hash: string;
}

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

/** Appends until the server is gone; what was acknowledged is noted after the answer, as a client would. */
async function appendUntilGone(
  person: Person,
  conversation: string,
  notes: Acknowledged[],
  enough: () => void,
): Promise<void> {
  for (;;) {
    const content = `${notes.length} ${'ü🗼x'.repeat(Math.floor(Math.random() * 400))} ${Math.random()}`;
    try {
      const { status, body } = await person.json<Message>('POST', `/conversations/${conversation}/messages`, {
        role: 'user',
        content,
      });
      if (status !== 201) return;
      notes.push({ id: body.id, hash: hashOf(content) });
    } catch {
      // The connection broke: this message was not acknowledged.
      return;
    }
    enough();
  }
}

async function wholeHistory(person: Person, conversation: string): Promise<Message[]> {
  const messages: Message[] = [];
  let before: string | null = null;
  for (;;) {
    const path = `/conversations/${conversation}?limit=200${before === null ? '' : `&before=${before}`}`;
    const { status, body } = await person.json<ConversationHistory>('GET', path);
    expect(status).toBe(200);
    messages.unshift(...body.messages);
    if (!body.has_more) return messages;
    before = messages[0]?.id ?? null;
  }
}

test('no acknowledged message is lost when the server is killed', { timeout: 240_000 }, async () => {
  let server = await home.start();
  let person = await newPerson(server.baseUrl);
  const writers = 3;
  const conversations: string[] = [];
  for (let at = 0; at < writers; at += 1) conversations.push((await person.client.conversations.create()).id);
  const notes: Acknowledged[][] = conversations.map(() => []);

  for (let time = 0; time < kills; time += 1) {
    const killAfter = 20 + Math.floor(Math.random() * 130);
    let acknowledged = 0;
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    const enough = () => {
      acknowledged += 1;
      if (acknowledged === killAfter) reach();
    };
    const writing = conversations.map((id, at) => appendUntilGone(person, id, notes[at] ?? [], enough));
    await reached;
    await server.end('SIGKILL');
    await Promise.all(writing);
    server = await home.start();
    person = personOf(server.baseUrl, person.token, person);
  }

  for (const [at, id] of conversations.entries()) {
    const stored = await wholeHistory(person, id);
    const wanted = notes[at] ?? [];
    expect(wanted.length).toBeGreaterThan(kills);
    const places = new Map(stored.map((message, place) => [message.id, place]));
    expect(wanted.filter(({ id: message }) => !places.has(message))).toEqual([]);
    expect(
      wanted.filter(
        ({ id: message, hash }) => hashOf(stored[places.get(message) ?? -1]?.content ?? '') !== hash,
      ),
    ).toEqual([]);
    const order = wanted.map(({ id: message }) => places.get(message) ?? -1);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    // Each hangs on the one before: no gap, no fork.
    expect(stored.map(({ parent_id: parent }) => parent)).toEqual([
      null,
      ...stored.slice(0, -1).map(({ id: message }) => message),
    ]);
    // Of what was under way at a kill, at most that one message is there without having been acknowledged.
    expect(stored.length - wanted.length).toBeLessThanOrEqual(kills);
    expect((await person.client.conversations.get(id)).message_count).toBe(stored.length);
  }
  const counted = await person.client.conversations.overview();
  const total = await Promise.all(conversations.map(async (id) => (await wholeHistory(person, id)).length));
  expect(counted.total_messages).toBe(total.reduce((sum, n) => sum + n, 0));
});
