import type { Document, Message } from '@alcove/contract';
import { until } from '../../../test/answers/support/until.ts';
import type { Person } from '../../../test/support/person.ts';
import { mustBe, mustEqual } from '../claims.ts';
import { historyOf, newConversation } from '../people.ts';

/** What changes are made of: a conversation that nobody else touches, with messages and a document. */
export interface Ground {
  conversation: string;
  messages: string[];
  document: Document;
  /** Address of a page that the server may fetch. */
  page: string;
}

export type Verify = (person: Person) => Promise<void>;

export interface ChangeKind {
  /** What acknowledges it, as the server names the route: `POST /messages/:id/edit`. */
  route: string;
  /** Makes one change and, once it was acknowledged, says how it is found again. */
  make(person: Person, ground: Ground): Promise<Verify>;
}

const settledWithinMs = 120_000;

/** A conversation in which these were said, each below the one before. @returns its messages, oldest first */
export async function conversationSaying(
  person: Person,
  contents: readonly string[],
  role: Message['role'] = 'user',
): Promise<{ id: string; messages: Message[] }> {
  const id = await newConversation(person);
  const messages: Message[] = [];
  for (const content of contents)
    messages.push(await call<Message>(person, 201, `/conversations/${id}/messages`, { role, content }));
  return { id, messages };
}

/** @throws BrokenPromise unless the active branch says just this */
export async function expectSaid(person: Person, id: string, contents: readonly string[]): Promise<void> {
  mustEqual(
    'messages',
    (await historyOf(person, id)).map(({ content }) => content),
    [...contents],
  );
}

/** One document, ready, with all of its passages. */
export async function expectReady(person: Person, conversationId: string): Promise<void> {
  const documents = await until(
    `the document in ${conversationId} is ready`,
    async () => {
      const all = (await person.client.documents.list(conversationId)).documents;
      return all.every(({ status }) => status === 'ready') && all;
    },
    settledWithinMs,
  );
  mustEqual(
    'documents',
    documents.map(({ chunk_count: n }) => n),
    [1],
  );
  mustEqual('passages', (await person.client.documents.chunks(documents[0]?.id ?? '')).chunks.length, 1);
}

export async function expectGone(person: Person, path: string): Promise<void> {
  mustEqual(path, (await person.json('GET', path)).status, 404);
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller says what it expects
export async function call<T>(
  person: Person,
  wanted: number,
  path: string,
  body?: unknown,
  method = 'POST',
): Promise<T> {
  const reply = await person.json<T>(method, path, body);
  mustBe(
    reply.status === wanted,
    `${method} ${path} is answered with ${reply.status}: ${JSON.stringify(reply.body)}`,
  );
  return reply.body;
}
