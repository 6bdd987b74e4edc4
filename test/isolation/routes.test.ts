import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApiKey, Uploaded } from '@alcove/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rawRequest } from '../http/raw-request.ts';
import { routesOf } from '../http/route-table.ts';
import { personOf, startTestApp, type TestApp } from '../support/app.ts';
import { isFullRun } from '../support/full-run.ts';
import { behave, type Provider, startProvider } from '../support/provider.ts';
import { attemptAll, send } from './attempt.ts';
import { cases, staticRoutes } from './cases.ts';
import {
  addText,
  ask,
  buildWorld,
  newConversation,
  secretQuestion,
  snapshotOfA,
  type World,
} from './world.ts';

let app: TestApp;
let provider: Provider;
let w: World;
let untouched: string;

beforeAll(async () => {
  provider = await startProvider();
  const models = { baseUrl: provider.baseUrl, chat: 'test-chat', embedding: 'test-embedding' };
  app = await startTestApp({
    env: {
      LLM_BASE_URL: models.baseUrl,
      LLM_MODEL: models.chat,
      EMBEDDING_BASE_URL: models.baseUrl,
      EMBEDDING_MODEL: models.embedding,
    },
  });
  w = await buildWorld(app);
  untouched = await snapshotOfA(w);
});

afterAll(async () => {
  await app?.close();
  await provider?.close();
});

/** Frozen by test/http/surface.test.ts: what comes with them is the credential. */
const openPosts = new Set([
  '/auth/register',
  '/auth/login',
  '/auth/refresh',
  '/auth/accept-invite',
  '/auth/reset-password',
  '/auth/forgot-password',
]);

/** What a key for reading may call; MCP gives it the tools that read (test/http/mcp.test.ts). */
const readingPosts = new Set(['/conversations/:id/retrieve', '/mcp']);

/** Everything that the model provider has received since a mark, as text. */
function receivedSince(mark: number): string {
  return JSON.stringify(provider.requests.slice(mark).map(({ path, body }) => ({ path, body })));
}

describe('every route', () => {
  test('has an isolation case, and every case a route', () => {
    const routes = routesOf(app.app).filter((route) => !staticRoutes.has(route));
    expect(routes).toEqual(Object.keys(cases).toSorted());
  });

  test('the inventory sees a route that somebody adds', () => {
    const routes = routesOf(app.app);
    expect(routes.length).toBeGreaterThan(40);
    expect(routes).toContain('POST /rag/conversation/:id/query');
    const described = app.app.http.swagger().paths ?? {};
    for (const [path, methods] of Object.entries(described)) {
      const name = path.replaceAll(/\{(\w+)\}/g, ':$1');
      for (const method of Object.keys(methods ?? {}))
        expect(routes).toContain(`${method.toUpperCase()} ${name}`);
    }
  });

  // A full run looks at all of A's after each of them, and so names the one that changed something.
  test.each(Object.entries(cases))('%s shows and changes nothing of A', async (route, attempts) => {
    const mark = provider.requests.length;
    await attemptAll(route, attempts(w), w);
    expect(receivedSince(mark)).not.toContain(w.canary);
    if (isFullRun && !route.startsWith('GET ')) expect(await snapshotOfA(w)).toBe(untouched);
  });

  test('all of them together have changed nothing of A', async () => {
    expect(await snapshotOfA(w)).toBe(untouched);
  });

  test('a refused request touches neither storage nor model', async () => {
    const kept = await originals();
    const mark = provider.requests.length;
    const documents = await count('documents');
    for (const [route, attempts] of Object.entries(cases)) {
      await attemptAll(
        route,
        attempts(w).filter(({ status }) => status === 403 || status === 404),
        w,
      );
    }
    expect(provider.requests.length).toBe(mark);
    expect(await originals()).toEqual(kept);
    expect(await count('documents')).toBe(documents);
  });

  test('HEAD says as much as GET', async () => {
    for (const [route, attempts] of Object.entries(cases)) {
      if (!route.startsWith('GET ')) continue;
      for (const { path, status } of attempts(w).filter((one) => one.status >= 400)) {
        const answer = await w.b.fetch(path, { method: 'HEAD' });
        expect(answer.status, path).toBe(status);
      }
    }
  });

  test('an answer carries nothing that would make it comparable between users', async () => {
    for (const path of [`/conversations/${w.a1}`, `/documents/${w.a1Document}/content`]) {
      const mine = await w.a.fetch(path);
      expect(mine.status).toBe(200);
      for (const name of ['etag', 'last-modified', 'age']) expect(mine.headers.get(name)).toBeNull();
      const theirs = await w.b.fetch(path, {
        headers: { 'if-none-match': '*', 'if-modified-since': new Date().toUTCString() },
      });
      expect([403, 404]).toContain(theirs.status);
    }
  });
});

describe('inside one user, conversation a2', () => {
  test('finds nothing of a1, and its model is shown nothing of it', async () => {
    const mark = provider.requests.length;
    const answers: unknown[] = [];
    for (const strategy of ['vector', 'keyword', 'rrf_fusion']) {
      answers.push(await ask(w.a, w.a2, secretQuestion, { strategy, top_k: 50 }));
      answers.push(
        await w.a.json('POST', `/conversations/${w.a2}/retrieve`, {
          query: secretQuestion,
          strategy,
          top_k: 50,
        }),
      );
    }
    for (const ids of [[w.a1Document], [w.a2Document, w.a1Document]]) {
      const body = { query: secretQuestion, document_ids: ids };
      answers.push(await w.a.json('POST', `/rag/conversation/${w.a2}/query`, body));
    }
    answers.push(await w.a.json('POST', '/rag/query', { query: secretQuestion }));
    const messages = [{ id: 'm', role: 'user', parts: [{ type: 'text', text: secretQuestion }] }];
    const chat = await w.a.fetch('/api/chat', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ messages, conversationId: w.a2, id: w.a1 }),
    });
    answers.push(await chat.text());
    for (const path of ['', '/stats', '/documents'])
      answers.push(await w.a.json('GET', `/conversations/${w.a2}${path}`));
    expect(JSON.stringify(answers)).not.toContain(w.canary);
    expect(JSON.stringify(answers)).toContain('penguins.txt');
    expect(receivedSince(mark)).not.toContain(w.canary);
  });

  test('refuses messages of a1 as parent, page or branch', async () => {
    const parent = await w.a.json('POST', `/rag/conversation/${w.a2}/query`, {
      query: 'Why?',
      parent_id: w.a1Answer,
    });
    const appended = await w.a.json('POST', `/conversations/${w.a2}/messages`, {
      role: 'user',
      content: 'x',
      parent_id: w.a1Answer,
    });
    const branch = await w.a.json('GET', `/conversations/${w.a2}?branch=${w.a1Answer}`);
    const before = await w.a.json('GET', `/conversations/${w.a2}?before=${w.a1Message}`);
    expect([parent, appended, branch, before].map(({ status }) => status)).toEqual([404, 404, 404, 404]);
  });

  test('an upload that names both conversations is refused whole', async () => {
    const form = new FormData();
    form.append('conversationId', w.a2);
    form.append('file', new File(['one'], 'one.txt'));
    form.append('conversationId', w.a1);
    form.append('file', new File(['two'], 'two.txt'));
    const before = await snapshotOfA(w);
    const kept = await originals();
    expect((await w.a.fetch('/api/upload', { method: 'POST', body: form })).status).toBe(400);
    expect(await snapshotOfA(w)).toBe(before);
    expect(await originals()).toEqual(kept);
  });

  test('sees a1 only where the user asks for all of their own conversations', async () => {
    const mark = provider.requests.length;
    const { body } = await w.a.json<{ sources: { document_id: string; conversation_id: string }[] }>(
      'POST',
      '/rag/query',
      {
        query: secretQuestion,
        scope: 'all',
      },
    );
    expect(body.sources).toContainEqual(
      expect.objectContaining({ document_id: w.a1Document, conversation_id: w.a1 }),
    );
    expect(receivedSince(mark)).toContain(w.canary);
    expect(JSON.stringify(await ask(w.a, w.a1, secretQuestion))).toContain(w.canary);
  });
});

describe('while A is being answered', () => {
  test('B can neither follow nor stop it, and A gets all of it', async () => {
    let finish = (): void => {};
    provider.script(
      behave.answer('One two three four five [1].', {
        until: new Promise<void>((resolve) => (finish = resolve)),
      }),
    );
    const next = provider.chats.length + 1;
    const conversation = await newConversation(w.a, 'A stream');
    const response = await w.a.fetch(`/rag/conversation/${conversation}/query`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'Count to five', stream: true }),
    });
    await provider.chat(next);
    const { body: history } = await w.a.json<{ messages: { id: string; status: string }[] }>(
      'GET',
      `/conversations/${conversation}`,
    );
    const running = history.messages.at(-1);
    expect(running?.status).toBe('streaming');
    expect((await w.b.fetch(`/messages/${running?.id}/stream`)).status).toBe(404);
    expect((await w.b.fetch(`/messages/${running?.id}/stop`, { method: 'POST' })).status).toBe(404);
    expect((await w.b.fetch(`/api/chat/${conversation}/stream`)).status).toBe(403);
    finish();
    expect(await response.text()).toContain('"status":"complete"');
    const { body: after } = await w.a.json<{ messages: { content: string }[] }>(
      'GET',
      `/conversations/${conversation}`,
    );
    expect(after.messages.at(-1)?.content).toMatch(/^One two three four five/);
  });
});

describe('documents', () => {
  test('of the same content are apart: A deletes, B keeps', async () => {
    const text = 'The same words in two accounts, about a comet that returns every 76 years.';
    const a3 = await newConversation(w.a, 'Comets');
    const b3 = await newConversation(w.b, 'Comets');
    const mine = await addText(w.a, a3, 'comet.txt', text);
    const theirs = await addText(w.b, b3, 'comet.txt', text);
    expect((await w.a.json('DELETE', `/documents/${mine}`)).status).toBe(200);
    expect((await w.a.fetch(`/documents/${mine}`)).status).toBe(404);
    expect(await (await w.b.fetch(`/documents/${theirs}/content`)).text()).toBe(text);
    expect((await ask(w.b, b3, 'When does the comet return?')).sources[0]?.document_id).toBe(theirs);
  });

  test('are gone from retrieval, cached answers and their own paths as soon as they are deleted', async () => {
    const a3 = await newConversation(w.a, 'Rivers');
    const id = await addText(w.a, a3, 'river.txt', 'The river Tolvik is 412 kilometres long.');
    const query = { query: 'How long is the river?' };
    const retrieve = () => w.a.json<{ results: unknown[] }>('POST', `/conversations/${a3}/retrieve`, query);
    expect((await retrieve()).body.results).toHaveLength(1);
    expect((await retrieve()).body).toMatchObject({ cache_hit: true });
    await w.a.json('DELETE', `/documents/${id}`);
    expect((await retrieve()).body.results).toEqual([]);
    for (const part of ['', '/content', '/text', '/chunks', '/events'])
      expect((await w.a.fetch(`/documents/${id}${part}`)).status).toBe(404);
    const mark = provider.requests.length;
    expect((await ask(w.a, a3, query.query)).mode).toBe('llm');
    expect(receivedSince(mark)).not.toContain('412');
  });

  test('that are kept when their conversation goes are found in the other one only', async () => {
    const from = await newConversation(w.a, 'From');
    const to = await newConversation(w.a, 'To');
    const id = await addText(w.a, from, 'tower.txt', 'The tower of Alvast is 93 metres high.');
    const query = { query: 'How high is the tower?' };
    expect(
      (await w.a.json<{ results: unknown[] }>('POST', `/conversations/${to}/retrieve`, query)).body.results,
    ).toEqual([]);
    expect((await w.a.json('DELETE', `/conversations/${from}?keep_documents_in=${to}`)).status).toBe(200);
    expect((await w.a.fetch(`/conversations/${from}`)).status).toBe(404);
    const found = await w.a.json<{ results: { document_id: string }[] }>(
      'POST',
      `/conversations/${to}/retrieve`,
      query,
    );
    expect(found.body.results.map(({ document_id: found }) => found)).toEqual([id]);
  });
});

describe('an API key', () => {
  async function keyOf(body: object) {
    const { body: made } = await w.a.json<ApiKey & { key: string }>('POST', '/auth/keys', {
      name: 'limited',
      ...body,
    });
    return { id: made.id, who: personOf(w.baseUrl, made.key, { ...w.a }) };
  }

  test('for reading reads, and is refused on every route that changes something, through either header', async () => {
    const { who } = await keyOf({ scope: 'read' });
    expect((await who.fetch(`/conversations/${w.a1}`)).status).toBe(200);
    expect((await who.json('POST', `/conversations/${w.a2}/retrieve`, { query: 'penguins' })).status).toBe(
      200,
    );
    const before = await snapshotOfA(w);
    for (const route of routesOf(app.app)) {
      const [method = '', pattern = ''] = route.split(' ');
      if (method === 'GET' || openPosts.has(pattern) || readingPosts.has(pattern)) continue;
      const path = pattern.replace(':id', pattern.startsWith('/documents') ? w.a2Document : w.a2);
      const headers = { 'content-type': 'application/json' };
      expect((await who.fetch(path, { method, body: '{}', headers })).status, route).toBe(403);
      const other = await rawRequest(w.baseUrl, {
        method,
        path,
        body: '{}',
        headers: { ...headers, 'x-api-key': who.token },
      });
      expect(other.status, route).toBe(403);
    }
    expect(await snapshotOfA(w)).toBe(before);
  });

  test('for one conversation reaches that one and what is in it, and nothing else of its owner', async () => {
    const { who } = await keyOf({ scope: 'conversation', conversation_id: w.a2 });
    expect((await who.fetch(`/conversations/${w.a2}`)).status).toBe(200);
    expect((await who.fetch(`/documents/${w.a2Document}`)).status).toBe(200);
    expect((await ask(who, w.a2, 'Can penguins fly?')).mode).toBe('documents');
    const list = await who.json<{ conversations: { id: string }[] }>('GET', '/conversations');
    expect(list.body.conversations.map(({ id }) => id)).toEqual([w.a2]);

    const before = await snapshotOfA(w);
    const mark = provider.requests.length;
    const answers: [string, Response][] = [];
    for (const [route, attempts] of Object.entries(cases)) {
      const method = route.split(' ')[0] ?? '';
      if (route.includes('/auth/')) continue;
      const about = attempts(w).filter(({ path }) =>
        [w.a1, w.a1Document, w.a1Answer].some((id) => path.includes(id)),
      );
      for (const { path, body, form } of about) {
        answers.push([
          `${method} ${path} ${JSON.stringify(body)}`,
          await send(method, { path, body, form }, who),
        ]);
      }
    }
    expect(answers.length).toBeGreaterThan(20);
    for (const [what, answer] of answers) {
      // A list that is asked for what is not the key's has nothing of it.
      const isList = /^GET \/(?:conversations|documents)\?/.test(what);
      expect(isList ? [200, 403, 404] : [403, 404], what).toContain(answer.status);
      expect(await answer.text(), what).not.toContain(w.canary);
    }
    for (const path of ['/auth/keys', '/conversations/stats/overview', '/admin/users']) {
      expect((await who.fetch(path)).status, path).toBe(403);
    }
    for (const [path, body] of [
      ['/conversations', { title: 'new' }],
      ['/rag/query', { query: secretQuestion }],
      ['/rag/query', { query: secretQuestion, scope: 'all' }],
      ['/auth/keys', { name: 'more' }],
      ['/auth/password', { current_password: w.a.password, new_password: 'long enough password' }],
      ['/api/chat', { messages: [{ role: 'user', content: 'hello' }] }],
    ] as const) {
      expect((await who.json('POST', path, body)).status, path).toBe(403);
    }
    expect((await who.json('DELETE', '/auth/me', { password: w.a.password })).status).toBe(403);
    expect(receivedSince(mark)).not.toContain(w.canary);
    expect(await snapshotOfA(w)).toBe(before);
  });

  test('that is revoked is refused at once', async () => {
    const { id, who } = await keyOf({});
    expect((await who.fetch('/conversations')).status).toBe(200);
    await w.a.json('DELETE', `/auth/keys/${id}`);
    expect((await who.fetch('/conversations')).status).toBe(401);
  });

  test('is never an administrator', async () => {
    const { body } = await w.admin.json<ApiKey & { key: string }>('POST', '/auth/keys', {
      name: 'of the administrator',
    });
    const who = personOf(w.baseUrl, body.key, { ...w.admin });
    expect((await w.admin.fetch('/admin/users')).status).toBe(200);
    expect((await who.fetch('/admin/users')).status).toBe(403);
  });
});

test('an administrator sees accounts, never what is in them', async () => {
  const { body } = await w.admin.json('GET', '/admin/users?limit=200');
  expect(JSON.stringify(body)).not.toContain(w.a1);
  expect((await w.admin.fetch(`/conversations/${w.a1}`)).status).toBe(403);
  expect((await w.admin.fetch(`/documents/${w.a1Document}`)).status).toBe(404);
});

test('the log at debug level holds no text, password, token or key', async () => {
  const upload = await w.a.json<Uploaded>('POST', `/conversations/${w.a1}/documents?wait=vectors`, {
    name: `${w.canary}.txt`,
    text: w.canary,
  });
  expect(upload.body.document.status).toBe('ready');
  const logs = app.logs.join('\n');
  expect(logs).toContain('insert into \\"documents\\"');
  for (const secret of [
    w.canary,
    w.canary.toLowerCase(),
    w.a.password,
    w.a.token,
    w.b.token,
    w.aKeyText,
    w.a.email,
    secretQuestion,
  ]) {
    expect(logs.includes(secret), `the log holds ${secret}`).toBe(false);
  }
  expect(logs).not.toMatch(/eyJ[\w-]+\.[\w-]+\.|al[rk]_[\w-]{22}_|\$argon2/);
});

async function originals(): Promise<string[]> {
  const folders = ['blobs', 'incoming'].map((name) => join(app.dataDir, name));
  const listed = await Promise.all(
    folders.map((folder) => readdir(folder, { recursive: true, withFileTypes: true })),
  );
  return listed
    .flat()
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .toSorted();
}

async function count(table: string): Promise<number> {
  const { rows } = await app.app.db.pool.query<{ n: string }>(`SELECT count(*) AS n FROM ${table}`);
  return Number(rows[0]?.n);
}
