import { createClient, type NumberedChange } from '@alcove/client';
import { expect, test } from 'vitest';
import { newConversation } from '../answers/support/asking.ts';
import { databaseKind, newPerson, type Person, sharedApp, startTestApp } from '../support/app.ts';

const app = sharedApp();
const withinMs = 10_000;

async function someone(): Promise<Person> {
  return newPerson((await app()).baseUrl);
}

/** Follows a person's changes; `until` resolves with the first event that fits, at once when it came already. */
function follow(person: Person, baseUrl: string, after?: number) {
  const ending = new AbortController();
  const seen: NumberedChange[] = [];
  const token = person.token;
  const stream = createClient({ baseUrl, token: () => token }).changes({ signal: ending.signal, after });
  const ended = (async () => {
    for await (const change of stream) seen.push(change);
  })().catch((error: unknown) => error);
  return {
    seen,
    ended,
    async until(fits: (change: NumberedChange) => boolean): Promise<NumberedChange> {
      for (const end = Date.now() + withinMs; Date.now() < end;) {
        const found = seen.find(fits);
        if (found) return found;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      throw new Error(`did not come: ${JSON.stringify(seen)}`);
    },
    stop: () => ending.abort(),
  };
}

test('whatever changes is told: conversations, documents, messages, answers, deletions', async () => {
  const person = await someone();
  const stream = follow(person, person.baseUrl);
  await stream.until(({ type }) => type === 'open');
  const id = await newConversation(person);
  await stream.until((one) => one.type === 'conversation' && one.conversation.id === id);
  await person.json('PATCH', `/conversations/${id}`, { title: 'After' });
  await stream.until((one) => one.type === 'conversation' && one.conversation.title === 'After');
  const added = await person.json<{ document: { id: string } }>('POST', `/conversations/${id}/documents`, {
    name: 'nests.txt',
    text: 'The colony at Lake Sorrow held 412 nests in 2025.',
  });
  const documentId = added.body.document.id;
  await stream.until((one) => one.type === 'document' && one.document.status === 'ready');
  const asked = await person.json<{ message_id: string }>('POST', `/rag/conversation/${id}/query`, {
    query: 'How many nests did the colony hold in 2025?',
  });
  await stream.until(
    (one) =>
      one.type === 'message' && one.message.id === asked.body.message_id && one.message.status === 'complete',
  );
  await person.json('DELETE', `/documents/${documentId}`);
  await stream.until((one) => one.type === 'deleted' && one.kind === 'document' && one.id === documentId);
  await person.json('DELETE', `/conversations/${id}`);
  await stream.until((one) => one.type === 'deleted' && one.kind === 'conversation' && one.id === id);
  stream.stop();
  const numbers = stream.seen.map(({ seq }) => seq);
  expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
});

test('who comes again is told what changed meanwhile, deletions included, and nothing of anybody else', async () => {
  const person = await someone();
  const other = await someone();
  const first = follow(person, person.baseUrl);
  const { seq } = await first.until(({ type }) => type === 'open');
  first.stop();
  const [kept, gone, foreign] = await Promise.all([
    newConversation(person),
    newConversation(person),
    newConversation(other),
  ]);
  await person.json('DELETE', `/conversations/${gone}`);
  const again = follow(person, person.baseUrl, seq);
  await again.until((one) => one.type === 'conversation' && one.conversation.id === kept);
  await again.until((one) => one.type === 'deleted' && one.id === gone);
  const later = await newConversation(person);
  await again.until((one) => one.type === 'conversation' && one.conversation.id === later);
  again.stop();
  expect(JSON.stringify(again.seen)).not.toContain(foreign);
  const late = follow(person, person.baseUrl, 1);
  await late.until(({ type }) => type === 'reset');
  late.stop();
});

test('another branch and a message that is deleted are told', async () => {
  const person = await someone();
  const id = await newConversation(person);
  const { client } = person;
  const first = await client.messages.add(id, { role: 'user', content: 'first' });
  const second = await client.messages.add(id, { role: 'user', content: 'second', parent_id: null });
  const stream = follow(person, person.baseUrl);
  await stream.until(({ type }) => type === 'open');
  await client.conversations.switchBranch(id, first.id);
  const leaf = (wanted: string) => (one: NumberedChange) =>
    one.type === 'conversation' && one.conversation.active_leaf_id === wanted;
  await stream.until(leaf(first.id));
  await client.messages.delete(first.id);
  await stream.until((one) => one.type === 'deleted' && one.kind === 'message' && one.id === first.id);
  await stream.until(leaf(second.id));
  stream.stop();
});

test('a stream ends with its session', async () => {
  const person = await someone();
  const stream = follow(person, person.baseUrl);
  await stream.until(({ type }) => type === 'open');
  await person.json('POST', '/auth/logout', {});
  expect(await stream.ended).toMatchObject({ code: 'unauthenticated' });
});

test.skipIf(databaseKind === 'pglite')('a change made through another process is told', async () => {
  const here = await app();
  const there = await startTestApp({ like: here });
  try {
    const person = await newPerson(here.baseUrl);
    const stream = follow(person, there.baseUrl);
    await stream.until(({ type }) => type === 'open');
    const id = await newConversation(person);
    await stream.until((one) => one.type === 'conversation' && one.conversation.id === id);
    stream.stop();
  } finally {
    await there.close();
  }
});

test('a deletion that was undone is not told as one', async () => {
  const person = await someone();
  const first = follow(person, person.baseUrl);
  const { seq } = await first.until(({ type }) => type === 'open');
  first.stop();
  const id = await newConversation(person);
  await person.json('DELETE', `/conversations/${id}`);
  expect((await person.json('POST', `/conversations/${id}/restore`)).status).toBe(200);
  const later = follow(person, person.baseUrl, seq);
  await later.until((one) => one.type === 'conversation' && one.conversation.id === id);
  await person.json('PATCH', `/conversations/${id}`, { title: 'Still here' });
  await later.until((one) => one.type === 'conversation' && one.conversation.title === 'Still here');
  expect(later.seen.filter(({ type }) => type === 'deleted')).toEqual([]);
  later.stop();
});
