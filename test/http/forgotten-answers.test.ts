import type { Answer, Conversation, Document, ImportReport, Share, Uploaded } from '@alcove/contract';
import type pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { newPerson, type Person, sharedApp } from '../support/app.ts';
import { routesOf } from './route-table.ts';

// What is kept for repeats tells nothing of what is gone since.

const word = 'Zebrafinch';

interface Deed {
  path: string;
  body: object | (() => FormData);
  /** Who sends it; the owner of everything when left out. */
  sender?: Person;
  /** Deletes what the request has made, by the answer to it. */
  remove(answer: { id: string }): Promise<{ status: number }>;
  /** What a repeat gets then, where it is not 404: without a word of it. */
  repeated?: number;
}

/** For every POST that takes an Idempotency-Key: a request whose answer says the word. */
const deeds: Record<string, () => Promise<Deed>> = {
  '/conversations': async () => ({
    path: '/conversations',
    body: { title: word },
    remove: ({ id }) => owner.json('DELETE', `/conversations/${id}`),
  }),
  '/conversations/:id/messages': async () => {
    const id = await newConversation();
    const body = { role: 'user', content: word };
    return {
      path: `/conversations/${id}/messages`,
      body,
      remove: (made) => owner.json('DELETE', `/messages/${made.id}`),
    };
  },
  '/conversations/:id/documents': async () => {
    const path = `/conversations/${await newConversation()}/documents`;
    return { path, body: { name: `${word}.txt`, text: word }, remove: removeUploaded };
  },
  '/api/upload': async () => {
    const id = await newConversation();
    const body = () => formOf(new File([word], `${word}.txt`), id);
    return { path: '/api/upload?wait=ready', body, remove: removeUploaded };
  },
  '/documents/:id/replace': async () => {
    const id = await newDocument();
    const body = { name: `${word}.txt`, text: 'New.' };
    return { path: `/documents/${id}/replace`, body, remove: () => owner.json('DELETE', `/documents/${id}`) };
  },
  '/documents/:id/questions': async () => {
    const id = await newDocument();
    const remove = () => owner.json('DELETE', `/documents/${id}`);
    return { path: `/documents/${id}/questions`, body: {}, remove };
  },
  '/documents/:id/cancel': async () => afterStatus('queued', 'cancel'),
  '/documents/:id/retry': async () => afterStatus('failed', 'retry'),
  '/documents/:id/restore': async () => {
    const id = await newDocument();
    await owner.json('DELETE', `/documents/${id}?restorable=true`);
    const remove = () => owner.json('DELETE', `/documents/${id}`);
    return { path: `/documents/${id}/restore`, body: {}, remove };
  },
  '/documents/copy': async () => transferOf('copy'),
  '/documents/move': async () => transferOf('move'),
  '/documents/delete': async () => {
    const id = await newDocument();
    const path = '/documents/delete';
    return { path, body: { document_ids: [id] }, remove: async () => ({ status: 200 }), repeated: 200 };
  },
  '/rag/query': async () => ({ path: '/rag/query', body: { query: word }, remove: removeAnswer }),
  '/rag/conversation/:id/query': async () => {
    const path = `/rag/conversation/${await newConversation()}/query`;
    return { path, body: { query: word }, remove: removeAnswer };
  },
  '/api/chat': async () => {
    const messages = [{ id: 'm', role: 'user', parts: [{ type: 'text', text: word }] }];
    return { path: '/api/chat', body: { messages }, remove: removeEverything };
  },
  '/v1/chat/completions': async () => {
    const model = `conv:${await newConversation()}`;
    const body = { model, messages: [{ role: 'user', content: word }] };
    return { path: '/v1/chat/completions', body, remove: removeEverything };
  },
  '/messages/:id/edit': async () => {
    const path = `/messages/${(await newAnswer()).message_id}/edit`;
    return { path, body: { content: word }, remove: ({ id }) => owner.json('DELETE', `/messages/${id}`) };
  },
  '/messages/:id/regenerate': async () => {
    const { message_id: id } = await newAnswer();
    return { path: `/messages/${id}/regenerate`, body: {}, remove: removeAnswer };
  },
  '/messages/:id/stop': async () => {
    const { message_id: id } = await newAnswer();
    const remove = () => owner.json('DELETE', `/messages/${id}`);
    return { path: `/messages/${id}/stop`, body: {}, remove };
  },
  '/conversations/:id/restore': async () => {
    const id = await newConversation(word);
    const remove = () => owner.json('DELETE', `/conversations/${id}`);
    await remove();
    return { path: `/conversations/${id}/restore`, body: {}, remove };
  },
  '/conversations/:id/fork': async () => ({
    path: `/conversations/${await newConversation(word)}/fork`,
    body: {},
    remove: ({ id }) => owner.json('DELETE', `/conversations/${id}`),
  }),
  '/conversations/:id/shares': async () => ({
    path: `/conversations/${(await newAnswer(word)).conversation_id}/shares`,
    body: {},
    remove: ({ id }) => owner.json('DELETE', `/shares/${id}`),
  }),
  '/s/:token/continue': async () => {
    const path = `/conversations/${(await newAnswer(word)).conversation_id}/shares`;
    const { body } = await owner.json<Share>('POST', path, {});
    return {
      path: `/s/${body.url.split('/s/')[1]}/continue`,
      body: {},
      remove: ({ id }) => owner.json('DELETE', `/conversations/${id}`),
    };
  },
  '/s/:token/messages': async () => inShare('messages', { content: word }),
  '/s/:token/query': async () => inShare('query', { query: word }),
  '/s/:token/messages/:message/stop': async () => inShare('messages/:message/stop', {}),
  '/projects': async () => ({
    path: '/projects',
    body: { name: word, prompt: `Speak as a ${word}.` },
    remove: ({ id }) => owner.json('DELETE', `/projects/${id}`),
  }),
  '/templates': async () => ({
    path: '/templates',
    body: { name: word },
    remove: ({ id }) => owner.json('DELETE', `/templates/${id}`),
  }),
  '/admin/users': async () => ({
    path: '/admin/users',
    body: { email: `${word}-${crypto.randomUUID()}@example.org`, password: owner.password, name: word },
    remove: ({ id }) => owner.json('DELETE', `/admin/users/${id}`),
  }),
  '/import': async () => ({
    path: '/import',
    body: () => formOf(exported()),
    repeated: 200,
    remove: async (report) => {
      const id = (report as unknown as ImportReport).items[0]?.conversation_id;
      return owner.json('DELETE', `/conversations/${id}`);
    },
  }),
};

/** What takes no key, and why. A new POST stands here or above. */
const without: Record<string, string> = {
  '/auth/register': 'nobody is signed in',
  '/auth/login': 'nobody is signed in',
  '/auth/refresh': 'nobody is signed in',
  '/auth/accept-invite': 'nobody is signed in',
  '/auth/reset-password': 'nobody is signed in',
  '/auth/forgot-password': 'nobody is signed in',
  '/auth/logout': 'the session of a repeat is gone',
  '/auth/password': 'its answer is a secret',
  '/auth/keys': 'its answer is a secret',
  '/admin/invites': 'its answer is a secret',
  '/admin/users/:id/reset': 'its answer is a secret',
  '/conversations/:id/retrieve': 'only reads',
  '/mcp': 'only reads',
};

const app = sharedApp();
let owner: Person;
let pool: pg.Pool;

beforeAll(async () => {
  const started = await app();
  pool = started.app.db.pool;
  // The first account is the administrator's.
  owner = await newPerson(started.baseUrl);
});

test('every POST is here', async () => {
  const posts = routesOf((await app()).app).filter((route) => route.startsWith('POST '));
  const known = [...Object.keys(deeds), ...Object.keys(without)];
  expect(posts.map((route) => route.slice('POST '.length))).toEqual(known.toSorted());
});

test.each(Object.keys(deeds))('of POST %s nothing is told when it is gone', async (route) => {
  const deed = await deeds[route]?.();
  if (deed === undefined) throw new Error('no such deed');
  const key = crypto.randomUUID();
  const first = await send(deed, key);
  expect(first.status, first.text).toBeLessThan(300);
  const answer = (first.isJson ? JSON.parse(first.text) : {}) as { id: string };
  expect((await deed.remove(answer)).status).toBeLessThan(300);
  const { rows } = await pool.query<{ row: string }>(
    'SELECT a::text AS row FROM idempotency_answers a WHERE user_id = $1 AND key = $2',
    [(deed.sender ?? owner).id, key],
  );
  expect(rows.filter(({ row }) => row.includes(word))).toEqual([]);
  const again = await send(deed, key);
  expect(again.status, again.text).toBe(deed.repeated ?? 404);
  expect(again.text).not.toContain(word);
});

/** What the recipient does in a conversation that is shared to take part in, until it is deleted. */
async function inShare(below: string, body: object): Promise<Deed> {
  const sender = await newPerson(owner.baseUrl);
  const answer = await newAnswer(word);
  const id = answer.conversation_id;
  const made = await owner.json<Share>('POST', `/conversations/${id}/shares`, {
    access: 'take_part',
    recipient: sender.email,
  });
  const path = `/s/${made.body.url.split('/s/')[1]}/${below.replace(':message', answer.message_id)}`;
  return { path, body, sender, remove: () => owner.json('DELETE', `/conversations/${id}`) };
}

async function send({ path, body, sender = owner }: Deed, key: string) {
  const isForm = typeof body === 'function';
  const response = await sender.fetch(path, {
    method: 'POST',
    headers: { 'idempotency-key': key, ...(isForm ? {} : { 'content-type': 'application/json' }) },
    body: isForm ? body() : JSON.stringify(body),
  });
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return { status: response.status, text: await response.text(), isJson };
}

async function newConversation(title = 'Birds'): Promise<string> {
  return (await owner.json<Conversation>('POST', '/conversations', { title })).body.id;
}

async function newDocument(): Promise<string> {
  const path = `/conversations/${await newConversation()}/documents?wait=ready`;
  return (await owner.json<Uploaded>('POST', path, { name: `${word}.txt`, text: word })).body.document.id;
}

async function newAnswer(title?: string): Promise<Answer> {
  const path = `/rag/conversation/${await newConversation(title)}/query`;
  return (await owner.json<Answer>('POST', path, { query: 'Which bird?' })).body;
}

async function afterStatus(status: string, act: string): Promise<Deed> {
  const id = await newDocument();
  await pool.query('UPDATE documents SET status = $2 WHERE id = $1 AND user_id = $3', [id, status, owner.id]);
  const remove = () => owner.json('DELETE', `/documents/${id}`);
  return { path: `/documents/${id}/${act}`, body: {}, remove };
}

async function transferOf(act: 'copy' | 'move'): Promise<Deed> {
  const [id, to] = [await newDocument(), await newConversation()];
  const body = { document_ids: [id], conversation_id: to };
  const remove = (made: object) =>
    owner.json('DELETE', `/documents/${(made as { documents: Document[] }).documents[0]?.id}`);
  return { path: `/documents/${act}`, body, remove };
}

function removeUploaded(made: object) {
  return owner.json('DELETE', `/documents/${(made as Uploaded).document.id}`);
}

function removeAnswer(made: object) {
  return owner.json('DELETE', `/messages/${(made as Answer).message_id}`);
}

/** For answers that do not say where they stand. */
async function removeEverything() {
  const { conversations } = await owner.client.conversations.list();
  for (const { id } of conversations) await owner.json('DELETE', `/conversations/${id}`);
  return { status: 200 };
}

function formOf(file: File, conversationId?: string): FormData {
  const form = new FormData();
  if (conversationId !== undefined) form.append('conversationId', conversationId);
  form.append('file', file);
  return form;
}

function exported(): File {
  const message = {
    uuid: 'm-1',
    sender: 'human',
    text: 'Which bird?',
    created_at: '2025-03-01T10:00:00Z',
  };
  const chat = {
    uuid: 'c-1',
    name: word,
    created_at: '2025-03-01T10:00:00Z',
    updated_at: '2025-03-01T10:00:00Z',
    chat_messages: [message],
  };
  return new File([JSON.stringify([chat])], 'conversations.json');
}
