import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Conversation, Document, Message, Share, Template } from '@alcove/contract';
import { until } from '../../test/answers/support/until.ts';
import type { Person } from '../../test/support/person.ts';
import type { Random } from '../random.ts';
import { mustBe, mustEqual } from './claims.ts';
import { randomAddress } from './deeds/deed.ts';
import type { Ledger } from './ledger.ts';
import { historyOf, newConversation } from './people.ts';
import { untilGone } from './until-gone.ts';

/** What changes are made of: a conversation that nobody else touches, with messages and a document. */
export interface Ground {
  conversation: string;
  messages: string[];
  document: Document;
}

type Verify = (person: Person) => Promise<void>;
/** Makes one change and, once it was acknowledged, says how it is found again. */
type ChangeKind = (person: Person, ground: Ground) => Promise<Verify>;

const settledWithinMs = 120_000;
const password = 'a password for changes only';

export async function prepareGround(person: Person): Promise<Ground> {
  const conversation = await newConversation(person);
  const messages: string[] = [];
  for (const content of ['Where does it stand?', 'On the cliff of Marsk.', 'Since when?'])
    messages.push(
      (await call<Message>(person, 201, `/conversations/${conversation}/messages`, { role: 'user', content }))
        .id,
    );
  const { document } = await call<{ document: Document }>(
    person,
    202,
    `/conversations/${conversation}/documents?wait=ready`,
    { name: 'ground.txt', text: 'The lighthouse stands on the cliff of Marsk.' },
  );
  return { conversation, messages, document };
}

/** Makes one change of this kind. @returns how it is found again */
export function change(kind: keyof typeof kinds, person: Person, ground: Ground): Promise<Verify> {
  return kinds[kind](person, ground);
}

/** Makes one change after another until the server is gone; what was acknowledged is in the ledger. */
export function changeAll(person: Person, ground: Ground, ledger: Ledger, random: Random): Promise<void> {
  return untilGone(async () => {
    const what = random.oneOf(kindsOfChange);
    const verify = await change(what, person, ground);
    ledger.changes.push({ what, verify });
    await pause(random.between(20, 150));
  });
}

/** @returns of each kind how many were made and are there */
export async function verifyChanges(person: Person, ledger: Ledger): Promise<number> {
  for (const { what, verify } of ledger.changes)
    await verify(person).catch((cause: unknown) => {
      throw new Error(`an acknowledged change is lost: ${what}`, { cause });
    });
  return ledger.changes.length;
}

const kinds = {
  'a fork': async (person, { conversation, messages }) => {
    const { id } = await call<Conversation>(person, 201, `/conversations/${conversation}/fork`, {});
    return async (later) => {
      mustEqual('messages of a fork', (await historyOf(later, id)).length, messages.length);
      await expectReady(later, id);
    };
  },
  'a copy of a document': async (person, { document }) => {
    const to = await newConversation(person);
    await call(person, 201, '/documents/copy', { document_ids: [document.id], conversation_id: to });
    return (later) => expectReady(later, to);
  },
  'a link': async (person, { conversation }) => {
    const { id } = await call<Share>(person, 201, `/conversations/${conversation}/shares`, {});
    return async (later) => {
      await call(later, 200, `/shares/${id}`, { refresh: false }, 'PUT');
    };
  },
  'a link revoked': async (person, { conversation }) => {
    const { id, url } = await call<Share>(person, 201, `/conversations/${conversation}/shares`, {});
    await call(person, 204, `/shares/${id}`, undefined, 'DELETE');
    return async (later) =>
      mustEqual('a revoked link', (await later.fetch(`/s/${url.split('/s/')[1]}`)).status, 404);
  },
  'a template': async (person, { conversation }) => {
    const name = randomUUID();
    const { id } = await call<Template>(person, 201, '/templates', {
      name,
      from_conversation_id: conversation,
    });
    return async (later) => {
      await call(later, 200, `/templates/${id}`, { name }, 'PATCH');
    };
  },
  'a project': async (person) => {
    const { id } = await call<{ id: string }>(person, 201, '/projects', { name: randomUUID() });
    return async (later) => {
      await call(later, 200, `/projects/${id}`, { prompt: 'Be brief.' }, 'PATCH');
    };
  },
  'a deletion taken back': async (person) => {
    const id = await newConversation(person);
    await call(person, 201, `/conversations/${id}/messages`, { role: 'user', content: 'Still here.' });
    await call(person, 200, `/conversations/${id}`, undefined, 'DELETE');
    await call(person, 200, `/conversations/${id}/restore`, {});
    return async (later) =>
      mustEqual(
        'messages',
        (await historyOf(later, id)).map(({ content }) => content),
        ['Still here.'],
      );
  },
  'tags and a pin': async (person) => {
    const id = await newConversation(person);
    const tag = randomUUID();
    await call(person, 200, `/conversations/${id}`, { tags: [tag], pinned: true }, 'PATCH');
    return async (later) => {
      const { tags, pinned } = await later.client.conversations.get(id);
      mustEqual('tags and a pin', [tags, pinned], [[tag], true]);
    };
  },
  'a conversation brought along': async (person) => {
    const form = new FormData();
    const bundle = {
      format: 'alcove.conversation',
      version: 1,
      conversation: { id: randomUUID(), title: 'Brought along' },
      messages: [{ id: randomUUID(), role: 'user', content: 'Brought along.', metadata: {} }],
      documents: [],
    };
    form.append('file', new File([JSON.stringify(bundle)], 'conversation.json'));
    const response = await person.fetch('/import', { method: 'POST', body: form });
    const report = (await response.json()) as { items: { conversation_id: string }[] };
    mustBe(
      response.status === 200,
      `an import is answered with ${response.status}: ${JSON.stringify(report)}`,
    );
    const id = report.items[0]?.conversation_id ?? '';
    return async (later) =>
      mustEqual(
        'messages',
        (await historyOf(later, id)).map(({ content }) => content),
        ['Brought along.'],
      );
  },
  'a message sent twice under one key': async (person) => {
    const id = await newConversation(person);
    const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
    const body = JSON.stringify({ role: 'user', content: 'Once.' });
    for (let at = 0; at < 2; at += 1) {
      const { status } = await person.fetch(`/conversations/${id}/messages`, {
        method: 'POST',
        headers,
        body,
      });
      mustBe(status === 201, `a message under a key is answered with ${status}`);
    }
    return async (later) =>
      mustEqual(
        'messages',
        (await historyOf(later, id)).map(({ content }) => content),
        ['Once.'],
      );
  },
  'an account made': async (person) => {
    const { email } = await newAccount(person);
    return async (later) => mustEqual('signing in', await signIn(later, email), 200);
  },
  'an account suspended': async (person) => {
    const { id, email } = await newAccount(person);
    await call(person, 200, `/admin/users/${id}`, { status: 'suspended' }, 'PATCH');
    return async (later) => mustBe((await signIn(later, email)) >= 400, 'a suspended account signs in');
  },
  'an account deleted': async (person) => {
    const { id, email } = await newAccount(person);
    const { status } = await person.json('DELETE', `/admin/users/${id}`);
    mustBe(status < 300, `deleting an account is answered with ${status}`);
    return async (later) => mustBe((await signIn(later, email)) >= 400, 'a deleted account signs in');
  },
} satisfies Record<string, ChangeKind>;

export const kindsOfChange = Object.keys(kinds) as (keyof typeof kinds)[];

async function newAccount(person: Person): Promise<{ id: string; email: string }> {
  const email = `${randomUUID()}@example.org`;
  const { id } = await call<{ id: string }>(person, 201, '/admin/users', { email, password });
  return { id, email };
}

async function signIn(person: Person, email: string): Promise<number> {
  const { status } = await person.fetch('/auth/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': randomAddress() },
    body: JSON.stringify({ email, password }),
  });
  return status;
}

/** One document, ready, with all of its passages. */
async function expectReady(person: Person, conversationId: string): Promise<void> {
  const documents = await until(
    `the copy in ${conversationId} is ready`,
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

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller says what it expects
async function call<T>(
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
