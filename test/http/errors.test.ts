import type { ErrorCode, Message, Uploaded } from '@alcove/contract';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { behave, type Provider, startProvider } from '../support/provider.ts';
import { expectProblem } from './problem.ts';

// Every status of the error table, and the rate limit at its default.

let app: TestApp;
let provider: Provider;
let pool: pg.Pool;
let person: Person;
let conversation: string;

beforeAll(async () => {
  provider = await startProvider();
  app = await startTestApp({
    allowErrors: true,
    env: {
      LLM_BASE_URL: provider.baseUrl,
      LLM_MODEL: 'test-chat',
      ANSWER_TIMEOUT_S: '4',
      // What is accepted is not read.
      ROLE: 'web',
      MAX_UPLOAD_MB: '1',
      MAX_DOCUMENTS_PER_CONVERSATION: '2',
      // Unset: the limit that users get.
      MESSAGES_PER_MINUTE: '',
    },
  });
  pool = app.app.db.pool;
  person = await newPerson(app.baseUrl);
  conversation = await newConversation();
  // The first answer loads the tokenizer, which on a busy machine takes most of this server's short deadline.
  await (await post('/rag/query', { query: 'Are you awake?' })).text();
});

afterAll(async () => {
  await app?.close();
  await provider?.close();
});

async function newConversation(who = person): Promise<string> {
  return (await who.json<{ id: string }>('POST', '/conversations', {})).body.id;
}

function post(
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
  who = person,
): Promise<Response> {
  return who.fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

async function upload(
  content: string | Uint8Array<ArrayBuffer>,
  name: string,
  into: string,
): Promise<Response> {
  const form = new FormData();
  form.append('conversationId', into);
  form.append('file', new File([content], name));
  return person.fetch('/api/upload', { method: 'POST', body: form });
}

describe('the error table', () => {
  test('400 names each field that is wrong', async () => {
    const response = await post(`/conversations/${conversation}/messages`, { role: 'robot', content: '' });
    const { issues, error } = await expectProblem(response, 'invalid_request');
    expect(issues?.map(({ path }) => path).toSorted()).toEqual(['content', 'role']);
    expect(error).toMatch(/role|content/);
  });

  test('400 for search by meaning without an embedding model, with the setting that turns it on', async () => {
    const problem = await expectProblem(
      await post(`/conversations/${conversation}/retrieve`, { query: 'x', strategy: 'vector' }),
      'embeddings_unavailable',
    );
    expect(problem.error).toContain('EMBEDDING_BASE_URL');
  });

  test('401 asks for a bearer token', async () => {
    const response = await fetch(`${app.baseUrl}/conversations`);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    await expectProblem(response, 'unauthenticated');
  });

  test('403 and 404 differ by status and code only, and name nothing', async () => {
    const other = await newPerson(app.baseUrl);
    const foreign = await expectProblem(await other.fetch(`/conversations/${conversation}`), 'forbidden');
    const missing = await expectProblem(
      await other.fetch('/conversations/019a8f5e-7c11-7c3e-9f55-3a1d2e4b5c6d'),
      'not_found',
    );
    expect(JSON.stringify([foreign, missing])).not.toMatch(/New conversation|person-/);
    await expectProblem(await other.fetch('/admin/users'), 'forbidden');
    await expectProblem(await other.fetch('/no/such/route'), 'not_found');
    await expectProblem(await other.fetch('/conversations', { method: 'PUT' }), 'not_found');
  });

  test('409 while an answer is being written on the branch, and for an address that is taken', async () => {
    let finish = (): void => {};
    provider.script(behave.answer('one two', { until: new Promise<void>((resolve) => (finish = resolve)) }));
    const path = `/rag/conversation/${conversation}/query`;
    // Its headers are sent when the answer has begun.
    const first = await post(path, { query: 'Wait for me', stream: true });
    await expectProblem(await post(path, { query: 'And me?' }), 'conflict');
    finish();
    expect(await first.text()).toContain('"status":"complete"');
    const taken = { email: person.email, password: person.password };
    await expectProblem(await post('/auth/register', taken), 'email_taken');
  });

  test('413 for a JSON body over 1 MB and for a file over the limit', async () => {
    const big = { role: 'user', content: 'x'.repeat(1_100_000) };
    await expectProblem(await post(`/conversations/${conversation}/messages`, big), 'too_large');
    const { error } = await expectProblem(
      await upload('x'.repeat(1_100_000), 'big.txt', conversation),
      'too_large',
    );
    expect(error).toContain('1 MB');
  });

  test('415 for what cannot be read, whatever it calls itself, and for a body that is not JSON', async () => {
    const executable = Uint8Array.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, ...new Uint8Array(200)]);
    await expectProblem(await upload(executable, 'report.pdf', conversation), 'unsupported_media_type');
    await expectProblem(await upload(executable, 'report.txt', conversation), 'unsupported_media_type');
    const asText = person.fetch('/conversations', {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: '{}',
    });
    await expectProblem(await asText, 'unsupported_media_type');
    const asForm = new URLSearchParams({ title: 'x' });
    await expectProblem(
      await person.fetch('/conversations', { method: 'POST', body: asForm }),
      'unsupported_media_type',
    );
  });

  test('429 with Retry-After for a quota, and deleting gives it back', async () => {
    const id = await newConversation();
    const added: Uploaded[] = [];
    for (const name of ['a.txt', 'b.txt'])
      added.push((await (await upload('text', name, id)).json()) as Uploaded);
    const refused = await upload('text', 'c.txt', id);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    await expectProblem(refused, 'quota_exceeded');
    await person.json('DELETE', `/documents/${added[0]?.document.id}`);
    expect((await upload('text', 'c.txt', id)).status).toBe(202);
  });

  test.each<[ErrorCode, () => ReturnType<typeof behave.hang>]>([
    ['model_unavailable', () => behave.unauthorized()],
    ['model_timeout', () => behave.hang()],
  ])('%s keeps the question, and the error beside it', async (code, behaviour) => {
    const id = await newConversation();
    provider.script(behaviour());
    await expectProblem(await post(`/rag/conversation/${id}/query`, { query: 'Are you there?' }), code);
    const { body } = await person.json<{ messages: Message[] }>('GET', `/conversations/${id}`);
    expect(body.messages).toMatchObject([
      { role: 'user', content: 'Are you there?' },
      { role: 'assistant', status: 'failed', metadata: { error: { code } } },
    ]);
  });

  test.each<[ErrorCode, string, boolean]>([
    ['internal', 'XX000', false],
    ['unavailable', '57P01', true],
    ['unavailable', '40001', true],
    ['storage_full', '53100', false],
  ])(
    '%s when the database fails with %s, and nothing of the inside shows',
    async (code, state, hasRetryAfter) => {
      await pool.query(`CREATE FUNCTION planted_failure() RETURNS boolean LANGUAGE plpgsql STABLE
        AS $$ BEGIN RAISE EXCEPTION 'the inside of the database' USING ERRCODE = '${state}'; END $$;
        CREATE POLICY planted ON conversations AS RESTRICTIVE FOR SELECT USING (planted_failure())`);
      try {
        const response = await person.fetch(`/conversations/${conversation}`);
        expect(response.headers.has('retry-after')).toBe(hasRetryAfter);
        const { error } = await expectProblem(response, code);
        expect(error).not.toContain('inside of the database');
      } finally {
        await pool.query('DROP FUNCTION planted_failure CASCADE');
      }
      expect((await person.fetch(`/conversations/${conversation}`)).status).toBe(200);
    },
  );

  test('a statement that fails outside a transaction leaves the next requests as they were', async () => {
    for (let at = 0; at < 3; at += 1) {
      await expect(pool.query('SELECT 1 / 0')).rejects.toThrow('division by zero');
      expect((await person.fetch(`/conversations/${conversation}`)).status).toBe(200);
      expect((await person.fetch('/auth/me')).status).toBe(200);
    }
  });
});

describe('the log', () => {
  const secret = 'Quetzal7f3a';

  test('of an unexpected failure holds no text of the request', async () => {
    // In two halves: the statements of this test are in the log too.
    await pool.query(
      `ALTER TABLE messages ADD CONSTRAINT planted
        CHECK (content NOT LIKE '%${secret.slice(0, 4)}' || '${secret.slice(4)}%') NOT VALID`,
    );
    const sent = { role: 'user', content: `Keep ${secret} to yourself`, message_metadata: { note: secret } };
    await expectProblem(await post(`/conversations/${conversation}/messages`, sent), 'internal');
    await pool.query('ALTER TABLE messages DROP CONSTRAINT planted');
    const logs = app.logs.join('\n');
    expect(logs).toContain('unexpected error');
    expect(linesWith(secret)).toEqual([]);
  });

  test('of a body that is not JSON, or not valid, holds nothing of it', async () => {
    for (const body of [
      `{"email":"a@example.org","password":${secret}}`,
      `{"email":"${secret}`,
      `{"email":["${secret}"],"password":"${secret}"}`,
      secret,
    ]) {
      await expectProblem(await post('/auth/login', body), 'invalid_request');
    }
    await expectProblem(
      await person.fetch(`/conversations?cursor=${secret}&limit=${secret}`),
      'invalid_request',
    );
    await expectProblem(
      await fetch(`${app.baseUrl}/auth/me`, { headers: { authorization: `Bearer ${secret}` } }),
      'unauthenticated',
    );
    expect(linesWith(secret)).toEqual([]);
  });

  function linesWith(text: string): string[] {
    return app.logs.filter((line) => line.includes(text)).map((line) => line.slice(0, 2_000));
  }
});

describe('the rate limit', () => {
  test('lets a user send 60 messages in a minute; the next waits, other users do not', async () => {
    const eager = await newPerson(app.baseUrl);
    const calm = await newPerson(app.baseUrl);
    const id = await newConversation(eager);
    const statuses: number[] = [];
    for (let at = 0; at < 58; at += 1) {
      statuses.push(
        (await post(`/conversations/${id}/messages`, { role: 'user', content: String(at) }, {}, eager))
          .status,
      );
    }
    // Asking and appending share the count.
    statuses.push((await post(`/rag/conversation/${id}/query`, { query: 'Still there?' }, {}, eager)).status);
    statuses.push((await post('/rag/query', { query: 'And here?' }, {}, eager)).status);
    expect(new Set(statuses)).toEqual(new Set([200, 201]));
    for (const [path, body] of [
      [`/conversations/${id}/messages`, { role: 'user', content: 'one too many' }],
      [`/rag/conversation/${id}/query`, { query: 'one too many' }],
      ['/rag/query', { query: 'one too many' }],
      ['/api/chat', { messages: [{ role: 'user', content: 'one too many' }] }],
    ] as const) {
      const response = await post(path, body, { 'x-forwarded-for': '203.0.113.9' }, eager);
      await expectProblem(response, 'rate_limited');
      const wait = Number(response.headers.get('retry-after'));
      expect(wait).toBeGreaterThanOrEqual(1);
      expect(wait).toBeLessThanOrEqual(60);
    }
    expect((await eager.fetch(`/conversations/${id}`)).status).toBe(200);
    const theirs = await newConversation(calm);
    expect(
      (await post(`/conversations/${theirs}/messages`, { role: 'user', content: 'hello' }, {}, calm)).status,
    ).toBe(201);
  });
});
