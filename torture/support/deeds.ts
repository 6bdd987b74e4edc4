import { randomUUID } from 'node:crypto';
import type { Document } from '@alcove/contract';
import { until } from '../../test/answers/support/until.ts';
import { newPerson, type Person } from '../../test/support/person.ts';
import { mustBe, mustEqual } from './claims.ts';
import { historyOf, newConversation } from './people.ts';

/** One thing that people do, and what it must come to in the end, however often it was tried. */
export interface Deed {
  /** Who does it, where that is not the person of the run. */
  as?: Person;
  name: string;
  request: { method: string; path: string; body?: unknown; key: string | null };
  /** Statuses of a success; a repeat of what can be done once may find it done. */
  isDone(status: number): boolean;
  /** @throws BrokenPromise unless it had its one effect */
  verify(): Promise<void>;
}

export interface DeedKind {
  name: string;
  prepare(person: Person): Promise<Omit<Deed, 'name'>>;
}

const created = (status: number): boolean => status === 201 || status === 202;
const ok = (status: number): boolean => status === 200;
const gone = (status: number): boolean => status === 200 || status === 404;

/** Twelve of them, on rows of their own. */
export const deedKinds: readonly DeedKind[] = [
  kind('register', async (person) => {
    const email = `${randomUUID()}@example.org`;
    const { password } = person;
    return {
      request: { method: 'POST', path: '/auth/register', body: { email, password }, key: null },
      isDone: (status) => status === 201 || status === 409,
      verify: async () => {
        const { status } = await person.fetch('/auth/login', {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-forwarded-for': randomAddress() },
          body: JSON.stringify({ email, password }),
        });
        mustEqual('signing in afterwards', status, 200);
      },
    };
  }),
  kind('sign in', async ({ email, password }) => ({
    request: { method: 'POST', path: '/auth/login', body: { email, password }, key: null },
    isDone: ok,
    verify: async () => {},
  })),
  kind('create a conversation', async (person) => {
    const title = randomUUID();
    return {
      request: { method: 'POST', path: '/conversations', body: { title }, key: randomUUID() },
      isDone: created,
      verify: async () => {
        const { body } = await person.json<{ conversations: { title: string }[] }>(
          'GET',
          '/conversations?limit=200',
        );
        mustEqual(
          'conversations of that title',
          body.conversations.filter((one) => one.title === title).length,
          1,
        );
      },
    };
  }),
  kind('append a message', async (person) => {
    const id = await newConversation(person);
    return {
      request: {
        method: 'POST',
        path: `/conversations/${id}/messages`,
        body: { role: 'user', content: 'Once.' },
        key: randomUUID(),
      },
      isDone: created,
      verify: async () =>
        mustEqual(
          'messages',
          (await historyOf(person, id)).map(({ content }) => content),
          ['Once.'],
        ),
    };
  }),
  kind('upload a document', async (person) => {
    const id = await newConversation(person);
    return {
      request: {
        method: 'POST',
        path: `/conversations/${id}/documents?wait=ready`,
        body: { name: 'once.txt', text: `Once ${id}.` },
        key: randomUUID(),
      },
      isDone: created,
      verify: () => verifyOneDocument(person, id),
    };
  }),
  kind('ask', async (person) => {
    const id = await newConversation(person);
    return {
      request: {
        method: 'POST',
        path: `/rag/conversation/${id}/query`,
        body: { query: 'Once?' },
        key: randomUUID(),
      },
      isDone: (status) => status === 200,
      verify: async () => {
        const messages = await until(
          'no answer is being written',
          async () => {
            const all = await historyOf(person, id);
            return all.every(({ status }) => status !== 'streaming') && all;
          },
          60_000,
        );
        // A failed answer stays as the record of a try; of good ones there is one.
        mustEqual(
          'complete answers',
          messages.filter(({ role, status }) => role === 'assistant' && status === 'complete').length,
          1,
        );
      },
    };
  }),
  kind('retrieve', async (person) => {
    const id = await newConversation(person);
    return {
      request: { method: 'POST', path: `/conversations/${id}/retrieve`, body: { query: 'Once?' }, key: null },
      isDone: ok,
      verify: async () => {},
    };
  }),
  kind('rename', async (person) => {
    const id = await newConversation(person);
    return {
      request: { method: 'PATCH', path: `/conversations/${id}`, body: { title: 'Renamed' }, key: null },
      isDone: ok,
      verify: async () =>
        mustEqual('the title', (await person.client.conversations.get(id)).title, 'Renamed'),
    };
  }),
  kind('move documents', async (person) => {
    const [from, to] = [await withDocument(person), await newConversation(person)];
    return {
      request: { method: 'DELETE', path: `/conversations/${from}?keep_documents_in=${to}`, key: null },
      isDone: gone,
      verify: () => verifyOneDocument(person, to),
    };
  }),
  kind('delete a document', async (person) => {
    const id = await withDocument(person);
    const [document] = (await person.client.documents.list(id)).documents;
    return {
      request: { method: 'DELETE', path: `/documents/${document?.id}`, key: null },
      isDone: gone,
      verify: async () => {
        mustEqual('documents', (await person.client.documents.list(id)).documents, []);
        mustEqual('counted', (await person.client.conversations.get(id)).document_count, 0);
      },
    };
  }),
  kind('delete a conversation', async (person) => {
    const id = await withDocument(person);
    return {
      request: { method: 'DELETE', path: `/conversations/${id}`, key: null },
      isDone: gone,
      verify: async () =>
        mustEqual('the conversation', (await person.json('GET', `/conversations/${id}`)).status, 404),
    };
  }),
  kind('erase an account', async (person) => {
    const other = await newPerson(person.baseUrl, randomAddress());
    return {
      as: other,
      request: { method: 'DELETE', path: '/auth/me', body: { password: other.password }, key: null },
      // Once it is done, its token is worth nothing.
      isDone: (status) => status === 204 || status === 200 || status === 401,
      verify: async () => mustEqual('the account', (await other.json('GET', '/auth/me')).status, 401),
    };
  }),
];

function kind(name: string, prepare: DeedKind['prepare']): DeedKind {
  return { name, prepare };
}

async function withDocument(person: Person): Promise<string> {
  const id = await newConversation(person);
  const { status } = await person.json('POST', `/conversations/${id}/documents?wait=ready`, {
    name: 'one.txt',
    text: `One ${id}.`,
  });
  mustBe(status === 202, `an upload is answered with ${status}`);
  return id;
}

async function verifyOneDocument(person: Person, conversationId: string): Promise<void> {
  const documents = await until(
    'the documents are settled',
    async () => {
      const { documents: all } = await person.client.documents.list(conversationId);
      return all.every(({ status }) => ['ready', 'failed'].includes(status)) && all;
    },
    90_000,
  );
  mustEqual(
    'documents',
    documents.map(({ status, chunk_count: n }: Document) => [status, n]),
    [['ready', 1]],
  );
  const { chunks } = await person.client.documents.chunks(documents[0]?.id ?? '');
  mustEqual('passages', chunks.length, 1);
}

/** Limits of one address are not what is tried here. */
export function randomAddress(): string {
  return `10.${[0, 2, 4].map((at) => Number.parseInt(randomUUID().slice(at, at + 2), 16)).join('.')}`;
}
