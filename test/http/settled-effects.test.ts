import type { Answer, Document, Uploaded } from '@alcove/contract';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { until } from '../answers/support/until.ts';
import {
  databaseKind,
  newPerson,
  type Person,
  sharedApp,
  startTestApp,
  type TestApp,
} from '../support/app.ts';
import { type DatabaseProxy, startDatabaseProxy } from '../support/database-proxy.ts';
import { sampled } from '../support/full-run.ts';

// A request's effect and its Idempotency-Key are written together, or neither of them is.

interface Deed {
  path: string;
  body: object | (() => FormData);
  /** How often it was done. */
  count(): Promise<number>;
}

/** Everything that a POST with a key changes. `what` of a table below it is counted in the database itself. */
const deeds: Record<string, (person: Person, pool: pg.Pool) => Promise<Deed>> = {
  'a new conversation': async (person, pool) => {
    const title = crypto.randomUUID();
    const count = countOf(pool, 'SELECT count(*)::int AS n FROM conversations WHERE title = $1', title);
    return { path: '/conversations', body: { title }, count };
  },
  'a message': async (person, pool) => {
    const id = await newConversation(person);
    const body = { role: 'user', content: 'Once.' };
    return { path: `/conversations/${id}/messages`, body, count: messagesIn(pool, id) };
  },
  'an uploaded text': async (person, pool) => {
    const id = await newConversation(person);
    const body = { name: 'once.txt', text: `Once ${id}.` };
    return { path: `/conversations/${id}/documents`, body, count: documentsIn(pool, id) };
  },
  'an uploaded text that is waited for': async (person, pool) => {
    const id = await newConversation(person);
    const body = { name: 'once.txt', text: `Once ${id}.` };
    return { path: `/conversations/${id}/documents?wait=ready`, body, count: documentsIn(pool, id) };
  },
  'an uploaded form': async (person, pool) => {
    const id = await newConversation(person);
    return { path: '/api/upload', body: () => formOf(id), count: documentsIn(pool, id) };
  },
  'an uploaded form that is waited for': async (person, pool) => {
    const id = await newConversation(person);
    return { path: '/api/upload?wait=ready', body: () => formOf(id), count: documentsIn(pool, id) };
  },
  'a question': async (person, pool) => {
    const id = await newConversation(person);
    return {
      path: `/rag/conversation/${id}/query`,
      body: { query: 'Once?' },
      count: async () => (await messagesIn(pool, id)()) / 2,
    };
  },
  'a question that begins a conversation': async (_person, pool) => {
    const query = `Once? ${crypto.randomUUID()}`;
    const sql = 'SELECT count(*)::int AS n FROM messages WHERE content = $1';
    return { path: '/rag/query', body: { query }, count: countOf(pool, sql, query) };
  },
  'a question of a chat client': async (_person, pool) => {
    const text = `Once? ${crypto.randomUUID()}`;
    const body = { messages: [{ id: 'm', role: 'user', parts: [{ type: 'text', text }] }] };
    const sql = 'SELECT count(*)::int AS n FROM messages WHERE content = $1';
    return { path: '/api/chat', body, count: countOf(pool, sql, text) };
  },
  'an edited question': async (person, pool) => {
    const { id, user_message_id: question } = await answerOf(person);
    return {
      path: `/messages/${question}/edit`,
      body: { content: 'And once more?' },
      count: async () => ((await messagesIn(pool, id)()) - 2) / 2,
    };
  },
  'an edited answer': async (person, pool) => {
    const { id, message_id: answer } = await answerOf(person);
    const count = async (): Promise<number> => (await messagesIn(pool, id)()) - 2;
    return { path: `/messages/${answer}/edit`, body: { content: 'Otherwise.' }, count };
  },
  'a regenerated answer': async (person, pool) => {
    const { id, message_id: answer } = await answerOf(person);
    const count = async (): Promise<number> => (await messagesIn(pool, id)()) - 2;
    return { path: `/messages/${answer}/regenerate`, body: {}, count };
  },
  // The other posts of administrators give out secrets and take no key.
  'an account that an administrator makes': async (_person, pool) => {
    const email = `${crypto.randomUUID()}@example.org`;
    const body = { email, password: 'correct horse battery staple' };
    const sql = 'SELECT count(*)::int AS n FROM users WHERE email = $1';
    return { path: '/admin/users', body, count: countOf(pool, sql, email) };
  },
  'a restored conversation': async (person, pool) => {
    const id = await newConversation(person);
    await person.json('DELETE', `/conversations/${id}`);
    const sql = 'SELECT count(*)::int AS n FROM conversations WHERE id = $1 AND deleted_at IS NULL';
    return { path: `/conversations/${id}/restore`, body: {}, count: countOf(pool, sql, id) };
  },
  'a restored document': async (person, pool) => {
    const id = await documentOf(person);
    await person.json('DELETE', `/documents/${id}?restorable=true`);
    const sql = `SELECT count(*)::int AS n FROM documents d JOIN conversations c ON c.id = d.conversation_id
      WHERE d.id = $1 AND c.deleted_at IS NULL`;
    return { path: `/documents/${id}/restore`, body: {}, count: countOf(pool, sql, id) };
  },
  'a fork': async (person, pool) => {
    const id = await newConversation(person);
    const sql =
      'SELECT count(*)::int - 1 AS n FROM conversations WHERE user_id = $1 AND title LIKE $$%(copy)$$';
    const before = await countOf(pool, sql, person.id)();
    const count = async (): Promise<number> => (await countOf(pool, sql, person.id)()) - before;
    return { path: `/conversations/${id}/fork`, body: {}, count };
  },
  'a copied document': async (person, pool) => {
    const [document, to] = [await documentOf(person), await newConversation(person)];
    const body = { document_ids: [document], conversation_id: to };
    return { path: '/documents/copy', body, count: documentsIn(pool, to) };
  },
  'a moved document': async (person, pool) => {
    const [document, to] = [await documentOf(person), await newConversation(person)];
    const body = { document_ids: [document], conversation_id: to };
    return { path: '/documents/move', body, count: documentsIn(pool, to) };
  },
  'a replaced document': async (person, pool) => {
    const id = await documentOf(person);
    // Served at once where it is read already, else kept beside what is served.
    const sql =
      'SELECT version - 1 + (replacement_blob_key IS NOT NULL)::int AS n FROM documents WHERE id = $1';
    return {
      path: `/documents/${id}/replace`,
      body: { name: 'b.txt', text: 'New.' },
      count: countOf(pool, sql, id),
    };
  },
  'deleted documents': async (person, pool) => {
    const id = await documentOf(person);
    const count = countOf(pool, 'SELECT 1 - count(*)::int AS n FROM documents WHERE id = $1', id);
    return { path: '/documents/delete', body: { document_ids: [id] }, count };
  },
  'a cancelled document': async (person, pool) => {
    const id = await documentOf(person);
    await pool.query("UPDATE documents SET status = 'queued' WHERE id = $1", [id]);
    const sql = "SELECT count(*)::int AS n FROM documents WHERE id = $1 AND status = 'cancelled'";
    return { path: `/documents/${id}/cancel`, body: {}, count: countOf(pool, sql, id) };
  },
  'a retried document': async (person, pool) => {
    const id = await documentOf(person);
    await pool.query("UPDATE documents SET status = 'failed' WHERE id = $1", [id]);
    const sql = "SELECT count(*)::int AS n FROM documents WHERE id = $1 AND status <> 'failed'";
    return { path: `/documents/${id}/retry`, body: {}, count: countOf(pool, sql, id) };
  },
};

/** Every third of them; each in a full run. */
const tried = sampled(Object.keys(deeds), 3);
/** Nothing is broken on purpose there when a test begins. */
const whole = sharedApp();

describe('when the key cannot be settled, nothing is done, and a repeat does it once', () => {
  let app: TestApp;
  let person: Person;

  beforeAll(async () => {
    app = await startTestApp();
    person = await newPerson(app.baseUrl);
    const { pool } = app.app.db;
    await pool.query(`CREATE FUNCTION refuse_to_settle() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'failed on purpose' USING ERRCODE = '40001'; END $$`);
  });

  afterAll(() => app?.close());

  test.each(tried)('%s', async (name) => {
    const { pool } = app.app.db;
    const deed = await deeds[name]?.(person, pool);
    if (deed === undefined) throw new Error('no such deed');
    const key = crypto.randomUUID();
    await pool.query(`CREATE TRIGGER refuse_to_settle BEFORE UPDATE ON idempotency_keys FOR EACH ROW
      WHEN (NEW.status IS NOT NULL) EXECUTE FUNCTION refuse_to_settle()`);
    try {
      const refused = await send(person, deed, key);
      expect(refused).toMatchObject({ status: 503 });
      expect(await deed.count()).toBe(0);
    } finally {
      await pool.query('DROP TRIGGER refuse_to_settle ON idempotency_keys');
    }
    const first = await send(person, deed, key);
    expect(first.status).toBeLessThan(300);
    expect(await deed.count()).toBe(1);
    const again = await send(person, deed, key);
    expect(again.status).toBe(first.status);
    if (first.isJson) expect(again.text).toBe(first.text);
    expect(await deed.count()).toBe(1);
  });
});

test('a chat with a file that broke off half-way goes on in the conversation that it has begun', async () => {
  const app = await whole();
  const person = await newPerson(app.baseUrl);
  const { pool } = app.app.db;
  const fail = `RAISE EXCEPTION 'failed on purpose' USING ERRCODE = '40001'`;
  // As after a crash: the file is there, the question is not, and nobody has taken the conversation back.
  await pool.query(`CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${fail}; END $$;
      CREATE TRIGGER break_off BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION break_off();
      CREATE TRIGGER break_off BEFORE DELETE ON conversations FOR EACH ROW EXECUTE FUNCTION break_off()`);
  const text = `Once? ${crypto.randomUUID()}`;
  const file = {
    type: 'file',
    mediaType: 'text/plain',
    filename: 'once.txt',
    url: 'data:text/plain,Once%20upon%20a%20time.',
  };
  const body = { messages: [{ id: 'm', role: 'user', parts: [{ type: 'text', text }, file] }] };
  const countAll = async (table: string): Promise<number> =>
    countOf(pool, `SELECT count(*)::int AS n FROM ${table} WHERE user_id = $1`, person.id)();
  const deed = { path: '/api/chat', body, count: () => countAll('conversations') };
  expect((await send(person, deed, 'half-way')).status).toBe(503);
  expect([await deed.count(), await countAll('messages'), await countAll('documents')]).toEqual([1, 0, 1]);
  await pool.query(`DROP TRIGGER break_off ON messages; DROP TRIGGER break_off ON conversations`);
  expect((await send(person, deed, 'half-way')).status).toBe(200);
  expect([await deed.count(), await countAll('messages'), await countAll('documents')]).toEqual([1, 2, 1]);
  expect((await send(person, deed, 'another')).status).toBe(200);
  expect(await deed.count()).toBe(2);
});

test('a repeat waits for the documents that the first request was to wait for', async () => {
  const app = await whole();
  const person = await newPerson(app.baseUrl);
  const deed = await deeds['an uploaded text that is waited for']?.(person, app.app.db.pool);
  if (deed === undefined) throw new Error('no such deed');
  const [first, again] = await Promise.all([send(person, deed, 'wait'), send(person, deed, 'wait')]);
  for (const { text } of [first, again]) expect((JSON.parse(text) as Uploaded).document.status).toBe('ready');
  expect(await deed.count()).toBe(1);
});

test('the lock is short, and is renewed as long as the request is sent', { timeout: 30_000 }, async () => {
  const app = await whole();
  const person = await newPerson(app.baseUrl);
  const id = await newConversation(person);
  let end = (): void => {};
  const body = new ReadableStream({
    start(controller) {
      const part = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nslow';
      controller.enqueue(Buffer.from(part));
      end = () => {
        controller.enqueue(Buffer.from('\r\n--b--\r\n'));
        controller.close();
      };
    },
  });
  const sending = person.fetch(`/conversations/${id}/documents`, {
    method: 'POST',
    headers: { 'content-type': 'multipart/form-data; boundary=b', 'idempotency-key': 'slow' },
    body,
    duplex: 'half',
  } as RequestInit);
  const left = async (): Promise<{ until: number; seconds: number } | undefined> => {
    const { rows } = await app.app.db.pool.query<{ until: number; seconds: number }>(
      `SELECT extract(epoch FROM locked_until)::float8 AS until,
           extract(epoch FROM locked_until - now())::float8 AS seconds FROM idempotency_keys WHERE key = 'slow'`,
    );
    return rows[0];
  };
  const first = await until('the key is locked', left);
  expect(first.seconds).toBeLessThanOrEqual(10);
  await vi.waitFor(async () => expect((await left())?.until).toBeGreaterThan(first.until), 15_000);
  end();
  expect((await sending).status).toBe(202);
});

describe.runIf(databaseKind === 'postgres')('when the acknowledgement of a commit is lost', () => {
  let app: TestApp;
  let proxied: TestApp;
  let proxy: DatabaseProxy;
  let person: Person;

  beforeAll(async () => {
    app = await startTestApp();
    proxy = await startDatabaseProxy(app.env.DATABASE_URL ?? '');
    proxied = await startTestApp({ like: app, env: { DATABASE_URL: proxy.url } });
    person = await newPerson(proxied.baseUrl);
  });

  afterAll(async () => {
    await proxied?.close();
    await proxy?.close();
    await app?.close();
  });

  // The statement that only the settling transaction holds.
  test.each(tried)('%s is done once', { timeout: 30_000 }, async (name) => {
    const deed = await deeds[name]?.(person, app.app.db.pool);
    if (deed === undefined) throw new Error('no such deed');
    const key = crypto.randomUUID();
    const loss = proxy.loseCommitsOf('into "idempotency_answers"');
    const first = await send(person, deed, key);
    expect(loss.seen()).toBe(1);
    // A question finds out by itself.
    expect(/question|regenerated/.test(name) ? 200 : 503).toBe(first.status);
    const again = await send(person, deed, key);
    expect(again.status).toBeLessThan(300);
    expect(await deed.count()).toBe(1);
  });

  test('a claim whose commit was lost holds its key for seconds only', { timeout: 30_000 }, async () => {
    const deed = await deeds['a message']?.(person, app.app.db.pool);
    if (deed === undefined) throw new Error('no such deed');
    proxy.loseCommitsOf('insert into "idempotency_keys"');
    expect((await send(person, deed, 'claimed')).status).toBe(503);
    expect((await send(person, deed, 'claimed')).status).toBe(201);
    expect(await deed.count()).toBe(1);
  });
});

async function send(
  person: Person,
  { path, body }: Deed,
  key: string,
): Promise<{ status: number; text: string; isJson: boolean }> {
  const isForm = typeof body === 'function';
  const response = await person.fetch(path, {
    method: 'POST',
    headers: { 'idempotency-key': key, ...(isForm ? {} : { 'content-type': 'application/json' }) },
    body: isForm ? body() : JSON.stringify(body),
  });
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return { status: response.status, text: await response.text(), isJson };
}

async function newConversation(person: Person): Promise<string> {
  return (await person.json<{ id: string }>('POST', '/conversations', {})).body.id;
}

/** A question with its answer, in a conversation of its own. */
async function answerOf(
  person: Person,
): Promise<Pick<Answer, 'message_id' | 'user_message_id'> & { id: string }> {
  const id = await newConversation(person);
  const { body } = await person.json<Answer>('POST', `/rag/conversation/${id}/query`, { query: 'Once?' });
  return { ...body, id };
}

/** A document that is ready. */
async function documentOf(person: Person): Promise<string> {
  const path = `/conversations/${await newConversation(person)}/documents?wait=ready`;
  const { body } = await person.json<{ document: Document }>('POST', path, { name: 'a.txt', text: 'Text.' });
  return body.document.id;
}

function formOf(conversationId: string): FormData {
  const form = new FormData();
  form.append('conversationId', conversationId);
  form.append('file', new File([`Once ${conversationId}.`], 'once.txt'));
  return form;
}

function countOf(pool: pg.Pool, sql: string, value: string): () => Promise<number> {
  return async () => (await pool.query<{ n: number }>(sql, [value])).rows[0]?.n ?? 0;
}

function messagesIn(pool: pg.Pool, id: string): () => Promise<number> {
  return countOf(pool, 'SELECT count(*)::int AS n FROM messages WHERE conversation_id = $1', id);
}

function documentsIn(pool: pg.Pool, id: string): () => Promise<number> {
  return countOf(pool, 'SELECT count(*)::int AS n FROM documents WHERE conversation_id = $1', id);
}
