import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Answer, ConversationHistory } from '@alcove/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKind, newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { type Provider, startProvider } from '../support/provider.ts';
import { expectProblem } from './problem.ts';
import { requestsModules, runPython } from './python-examples.ts';

// What the two founding documents describe as existing, with their paths, fields and status codes.

const report = `Annual report

Revenue

Revenue grew by 12 percent to 48.2 million euros, because the northern routes were sold out from May to September.

Key financial metrics

The key financial metrics are revenue of 48.2 million euros, an operating margin of 9.4 percent and net debt of 3.1 million euros.`;

let app: TestApp;
let provider: Provider;
let person: Person;

beforeAll(async () => {
  provider = await startProvider();
  app = await startTestApp({ env: { LLM_BASE_URL: provider.baseUrl, LLM_MODEL: 'test-chat' } });
  person = await newPerson(app.baseUrl);
});

afterAll(async () => {
  await app?.close();
  await provider?.close();
});

/** The document's own calls: a bearer token, and JSON where there is a body. */
const call: Person['json'] = (method, path, body) => person.json(method, path, body);

async function newConversation(title = 'My RAG Conversation', who = person): Promise<string> {
  const { status, body } = await who.json('POST', '/conversations/', {
    title,
    conversation_type: 'rag_query',
  });
  expect(status).toBe(201);
  return String(body['id']);
}

async function upload(
  conversationId: string | null,
  name: string,
  text: string,
  query = '',
): Promise<Response> {
  const form = new FormData();
  if (conversationId !== null) form.append('conversationId', conversationId);
  form.append('file', new File([text], name, { type: 'text/plain' }));
  return person.fetch(`/api/upload${query}`, { method: 'POST', body: form });
}

describe('conversation management', () => {
  test.each(['/conversations/', '/conversations'])('POST %s creates a conversation', async (path) => {
    const { status, body } = await call('POST', path, {
      title: 'My RAG Conversation',
      conversation_type: 'rag_query',
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      title: 'My RAG Conversation',
      conversation_type: 'rag_query',
      status: 'active',
      message_count: 0,
    });
    expect(body['id']).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(body['created_at']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  test('without a body it is a general one', async () => {
    const { status, body } = await call('POST', '/conversations/', {});
    expect(status).toBe(201);
    expect(body['conversation_type']).toBe('general');
  });

  test('the list can be narrowed to one type and shows nothing of other users', async () => {
    const reader = await newPerson(app.baseUrl);
    const asked = await newConversation('mine', reader);
    await reader.json('POST', '/conversations/', { conversation_type: 'general' });
    for (const path of ['/conversations/', '/conversations']) {
      const { status, body } = await reader.json<{ conversations: { id: string }[]; next_cursor: null }>(
        'GET',
        `${path}?conversation_type=rag_query&limit=50`,
      );
      expect(status).toBe(200);
      expect(body.conversations.map(({ id }) => id)).toEqual([asked]);
      expect(body.next_cursor).toBeNull();
    }
  });

  test('message_metadata goes in, metadata comes out, in the history too', async () => {
    const id = await newConversation();
    const metadata = {
      search_results: [
        { document: 'report.txt', page: 3, score: 0.87, excerpt: 'Revenue grew by 12 percent.' },
      ],
      processing_time_ms: 1250,
    };
    const sent = { role: 'user', content: 'What are the key financial metrics?', message_metadata: metadata };
    const added = await call('POST', `/conversations/${id}/messages`, sent);
    expect(added.status).toBe(201);
    expect(added.body).toMatchObject({ role: 'user', content: sent.content, metadata });
    const slashed = await call('POST', `/conversations/${id}/messages/`, {
      role: 'assistant',
      content: 'Revenue and margin.',
    });
    expect(slashed.status).toBe(201);
    for (const path of [`/conversations/${id}`, `/conversations/${id}/`]) {
      const history = await call<ConversationHistory>('GET', path);
      expect(history.status).toBe(200);
      expect(
        history.body.messages.map(({ role, content, metadata: kept }) => ({ role, content, kept })),
      ).toEqual([
        { role: 'user', content: sent.content, kept: metadata },
        { role: 'assistant', content: 'Revenue and margin.', kept: {} },
      ]);
    }
  });

  test.each(['New Title', 'New%20Title', 'New+Title'])('PUT /title?title=%s renames', async (title) => {
    const id = await newConversation();
    for (const path of [`/conversations/${id}/title`, `/conversations/${id}/title/`]) {
      const renamed = await call('PUT', `${path}?title=${title}`);
      expect(renamed.status).toBe(200);
      expect(renamed.body['title']).toBe('New Title');
    }
    expect((await call('GET', `/conversations/${id}`)).body['title']).toBe('New Title');
  });

  test('a deleted conversation is gone from every path', async () => {
    const id = await newConversation();
    await call('POST', `/conversations/${id}/messages`, { role: 'user', content: 'hello' });
    const gone = await call('DELETE', `/conversations/${id}`);
    expect(gone.status).toBe(200);
    expect(gone.body).toEqual({
      deleted: { messages: 1, documents: 0, chunks: 0, bytes: 0 },
      restorable_until: expect.any(String),
    });
    expect((await call('GET', `/conversations/${id}`)).status).toBe(404);
    expect((await call('DELETE', `/conversations/${id}/`)).status).toBe(404);
    const list = await call('GET', '/conversations/?limit=200');
    expect(JSON.stringify(list.body)).not.toContain(id);
  });

  test.each(['/conversations/stats/overview', '/conversations/stats/overview/'])(
    'GET %s counts what the user has',
    async (path) => {
      const counted = await newPerson(app.baseUrl);
      const id = await newConversation('counted', counted);
      await counted.json('POST', '/conversations/', { conversation_type: 'general' });
      await counted.json('POST', `/conversations/${id}/messages`, { role: 'user', content: 'one' });
      await counted.json('POST', `/conversations/${id}/messages`, { role: 'assistant', content: 'two' });
      await counted.json('POST', `/rag/conversation/${id}/query`, { query: 'What is new?' });
      const { status, body } = await counted.json('GET', path);
      expect(status).toBe(200);
      expect(body).toMatchObject({
        total_conversations: 2,
        conversations_by_type: { general: 1, rag_query: 1 },
        total_messages: 4,
        messages_by_role: { user: 2, assistant: 2, system: 0 },
      });
      expect(body['latency_ms']).toMatchObject({ generate: { n: 1 } });
      expect(body['activity']).toMatchObject([{ messages: 4, questions: 2 }]);
    },
  );
});

describe('asking', () => {
  test.each(['/rag/query', '/rag/query/'])('POST %s makes a conversation and answers', async (path) => {
    const { status, body } = await call<Answer>('POST', path, {
      query: 'What are the key financial metrics?',
      strategy: 'rrf_fusion',
      top_k: 10,
      include_sources: true,
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ mode: 'llm', status: 'complete', sources: [] });
    expect(body.answer).toContain('general knowledge');
    const made = await call<ConversationHistory>('GET', `/conversations/${body.conversation_id}`);
    expect(made.body.conversation_type).toBe('rag_query');
    expect(made.body.messages.map(({ id }) => id)).toEqual([body.user_message_id, body.message_id]);
  });

  test('a follow-up in the conversation sees what was said, and its strategy, times and cache hit are kept', async () => {
    const id = await newConversation();
    expect((await upload(id, 'report.txt', report, '?wait=ready')).status).toBe(202);
    const first = await call<Answer>('POST', `/rag/conversation/${id}/query`, {
      query: 'What are the key financial metrics?',
    });
    expect(first.body.answer).toContain('[1]');
    const asked = { query: 'Can you elaborate on the revenue growth?', strategy: 'rrf_fusion', top_k: 10 };
    const { status, body } = await call<Answer>('POST', `/rag/conversation/${id}/query/`, asked);
    expect(status).toBe(200);
    expect(body.mode).toBe('documents');
    expect(body.sources[0]).toMatchObject({ n: 1, document_name: 'report.txt', verified: true });
    const prompt = provider.chats.at(-1)?.prompt?.text ?? '';
    expect(prompt).toContain('What are the key financial metrics?');
    expect(prompt).toContain('Can you elaborate on the revenue growth?');
    const { body: history } = await call<ConversationHistory>('GET', `/conversations/${id}`);
    const kept = history.messages.at(-1)?.metadata as Record<string, unknown>;
    expect(kept).toMatchObject({ strategy: 'rrf_fusion', top_k: 10, cache_hit: false });
    expect(kept['search_results']).toHaveLength(body.sources.length);
    expect(kept['processing_time_ms']).toBeGreaterThan(0);
  });

  test('include_sources: false leaves the sources out of the answer', async () => {
    const id = await newConversation();
    await upload(id, 'report.txt', report, '?wait=ready');
    const { body } = await call<Answer>('POST', `/rag/conversation/${id}/query`, {
      query: 'Revenue?',
      include_sources: false,
    });
    expect(body.mode).toBe('documents');
    expect(body.sources).toEqual([]);
  });
});

describe('errors', () => {
  test('401 without a token, with a wrong one, and for a user who is gone', async () => {
    const path = '/conversations/';
    await expectProblem(await fetch(`${app.baseUrl}${path}`), 'unauthenticated');
    const headers = { authorization: 'Bearer not-a-token' };
    await expectProblem(await fetch(`${app.baseUrl}${path}`, { headers }), 'unauthenticated');
    const leaver = await newPerson(app.baseUrl);
    expect((await leaver.json('DELETE', '/auth/me', { password: leaver.password })).status).toBe(204);
    await expectProblem(await leaver.fetch(path), 'unauthenticated');
  });

  test('401 for a user who is no longer active, and again an answer when they are', async () => {
    const other = await newPerson(app.baseUrl);
    const setStatus = (status: string) => call('PATCH', `/admin/users/${other.id}`, { status });
    expect((await setStatus('suspended')).status).toBe(200);
    await expectProblem(await other.fetch('/conversations/'), 'unauthenticated');
    expect((await setStatus('active')).status).toBe(200);
    const again = await fetch(`${app.baseUrl}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: other.email, password: other.password }),
    });
    expect(again.status).toBe(200);
  });

  test('a title has at most 500 characters', async () => {
    const longest = await call('POST', '/conversations/', { title: 'x'.repeat(500) });
    expect(longest.status).toBe(201);
    const longer = await person.fetch(
      `/conversations/${String(longest.body['id'])}/title?title=${'x'.repeat(501)}`,
      {
        method: 'PUT',
      },
    );
    await expectProblem(longer, 'invalid_request');
  });

  test('403 for a conversation of somebody else, 404 for none, 400 for a bad request', async () => {
    const id = await newConversation();
    const other = await newPerson(app.baseUrl);
    await expectProblem(await other.fetch(`/conversations/${id}`), 'forbidden');
    await expectProblem(
      await other.fetch('/conversations/019a8f5e-7c11-7c3e-9f55-3a1d2e4b5c6d'),
      'not_found',
    );
    const bad = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"role":"robot","content":"x"}',
    };
    await expectProblem(await person.fetch(`/conversations/${id}/messages`, bad), 'invalid_request');
  });
});

describe('documents of one conversation', () => {
  test.each([
    ['no field', (form: FormData) => form],
    ['an empty field', (form: FormData) => (form.append('conversationId', ''), form)],
  ])('an upload with %s conversationId is refused before any byte is kept', async (_name, fill) => {
    const form = fill(new FormData());
    form.append('file', new File([report.repeat(2000)], 'report.txt'));
    const before = await filesIn(app.dataDir);
    const response = await person.fetch('/api/upload', { method: 'POST', body: form });
    const problem = await expectProblem(response, 'no_conversation_id');
    expect(problem.error).toBe('No conversation ID provided');
    expect(await filesIn(app.dataDir)).toEqual(before);
  });

  test('an upload needs a signed-in user and a conversation of theirs', async () => {
    const id = await newConversation();
    const form = new FormData();
    form.append('conversationId', id);
    form.append('file', new File(['text'], 'a.txt'));
    await expectProblem(
      await fetch(`${app.baseUrl}/api/upload`, { method: 'POST', body: form }),
      'unauthenticated',
    );
    const other = await newPerson(app.baseUrl);
    await expectProblem(await other.fetch('/api/upload', { method: 'POST', body: form }), 'forbidden');
  });

  test('the document and its chunks carry the conversation, in answers and in the database', async () => {
    const id = await newConversation();
    const response = await upload(id, 'report.txt', report);
    expect(response.status).toBe(202);
    const { document, documents } = (await response.json()) as Record<string, unknown> as {
      document: { id: string; conversation_id: string };
      documents: unknown[];
    };
    expect(documents).toEqual([document]);
    expect(document).toMatchObject({
      conversation_id: id,
      name: 'report.txt',
      size_bytes: Buffer.byteLength(report),
    });
    await person.client.documents.wait(document.id);
    const { rows } = await app.app.db.pool.query(
      'SELECT DISTINCT d.conversation_id AS document, c.conversation_id AS chunk FROM chunks c JOIN documents d ON c.document_id = d.id WHERE d.id = $1',
      [document.id],
    );
    expect(rows).toEqual([{ document: id, chunk: id }]);
  });

  test('the debug commands run as they are, and count by conversation', async () => {
    const id = await newConversation();
    await upload(id, 'report.txt', report, '?wait=ready');
    const { rows: documents } = await app.app.db.pool.query<{ conversation_id: string; doc_count: number }>(
      `SELECT conversation_id, COUNT(*) as doc_count
FROM documents
GROUP BY conversation_id;`,
    );
    expect(documents.find(({ conversation_id: of }) => of === id)?.doc_count).toBe(1);
    const { rows: chunks } = await app.app.db.pool.query<{ conversation_id: string; name: string }>(
      `SELECT c.conversation_id, d.name, COUNT(c.id) as chunk_count
FROM chunks c
JOIN documents d ON c.document_id = d.id
GROUP BY c.conversation_id, d.name;`,
    );
    expect(chunks.find(({ conversation_id: of }) => of === id)).toMatchObject({ name: 'report.txt' });
  });

  test('the form may name the conversation behind the file', async () => {
    const id = await newConversation();
    const form = new FormData();
    form.append('file', new File([report], 'report.txt'));
    form.append('conversationId', id);
    const response = await person.fetch('/api/upload', { method: 'POST', body: form });
    expect(response.status, await response.clone().text()).toBe(202);
    expect(await response.json()).toMatchObject({ document: { conversation_id: id } });
  });

  test('scenario 1: a new chat without documents is answered by the model alone', async () => {
    const { body } = await call<Answer>('POST', '/rag/query', { query: 'What was the revenue?' });
    expect(body).toMatchObject({ mode: 'llm', sources: [] });
    const prompt = provider.chats.at(-1)?.prompt;
    expect(prompt?.messages[0]).toMatchObject({ role: 'system' });
    expect(prompt?.text).toContain('This conversation has no documents');
    expect(prompt?.text).not.toContain('<source');
  });

  test('scenarios 2 and 3: chat A answers from its document, chat B knows nothing of it', async () => {
    const a = await newConversation('Chat A');
    await upload(a, 'report.txt', report, '?wait=ready');
    const inA = await call<Answer>('POST', `/rag/conversation/${a}/query`, {
      query: 'By how much did revenue grow?',
    });
    expect(inA.body.mode).toBe('documents');
    expect(inA.body.sources.map(({ document_name: name }) => name)).toContain('report.txt');
    expect(provider.chats.at(-1)?.prompt?.text).toContain('48.2 million');

    const b = await newConversation('Chat B');
    const inB = await call<Answer>('POST', `/rag/conversation/${b}/query`, {
      query: 'By how much did revenue grow?',
    });
    expect(inB.body).toMatchObject({ mode: 'llm', sources: [] });
    const prompt = provider.chats.at(-1)?.prompt?.text ?? '';
    expect(prompt).toContain('This conversation has no documents');
    expect(prompt).not.toMatch(/48\.2|report\.txt/);
  });

  test('deleting the conversation for good deletes its documents and chunks', async () => {
    const id = await newConversation();
    await upload(id, 'report.txt', report, '?wait=ready');
    const { body } = await call('DELETE', `/conversations/${id}?permanently=true`);
    expect(body).toMatchObject({ deleted: { documents: 1, bytes: Buffer.byteLength(report) } });
    for (const table of ['documents', 'chunks', 'document_texts', 'segments']) {
      const { rows } = await app.app.db.pool.query(`SELECT 1 FROM ${table} WHERE conversation_id = $1`, [id]);
      expect(rows).toEqual([]);
    }
  });
});

describe.skipIf(requestsModules.length === 0)('the Python examples, unchanged', () => {
  test.each(requestsModules)(
    'run from the first conversation to its history (import requests: %s)',
    async (module) => {
      const examples = ['create-and-ask', 'continue', 'read-history'];
      const printed = await runPython(module, { baseUrl: app.baseUrl, token: person.token, examples });
      const answer = 'I answer from general knowledge, because the prompt holds no source.';
      expect(printed.split('\n')).toEqual([
        answer,
        answer,
        '[user]: What are the key financial metrics?',
        `[assistant]: ${answer}`,
        '[user]: Can you explain the revenue growth in more detail?',
        `[assistant]: ${answer}`,
        '',
      ]);
    },
  );

  test.each(requestsModules)('show how many sources an answer had (import requests: %s)', async (module) => {
    const id = await newConversation('Financial Analysis Discussion');
    await upload(id, 'report.txt', report, '?wait=ready');
    const before = `import requests\nconversation_id = "${id}"`;
    const examples = ['continue', 'read-history'];
    const printed = await runPython(module, { baseUrl: app.baseUrl, token: person.token, before, examples });
    expect(printed).toContain('[user]: Can you explain the revenue growth in more detail?');
    expect(printed).toMatch(/^\[assistant\]: The document says ".+" \[1\]\.$/m);
    expect(printed).toMatch(/^ {2}Sources: \d+ results$/m);
  });
});

test('the interactive reference is at /docs', async () => {
  const response = await fetch(`${app.baseUrl}/docs`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('text/html');
});

/** Originals, also half-written ones; the embedded database's own files change by themselves. */
async function filesIn(dataDir: string): Promise<string[]> {
  const entries = await readdir(dataDir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files
    .filter((path) => databaseKind === 'postgres' || !path.startsWith(join(dataDir, 'database')))
    .toSorted();
}
