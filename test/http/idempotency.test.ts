import type { ApiKey, Message, Uploaded } from '@alcove/contract';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { newPerson, type Person, personOf, startTestApp, type TestApp } from '../support/app.ts';
import { expectProblem } from './problem.ts';

// What is kept for repeats, for whom, and for how long.

let app: TestApp;
let pool: pg.Pool;
let person: Person;

beforeAll(async () => {
  // An upload is repeated whether or not it has been read.
  app = await startTestApp({ env: { ROLE: 'web' } });
  pool = app.app.db.pool;
  await newPerson(app.baseUrl);
  person = await newPerson(app.baseUrl);
});

afterAll(() => app?.close());

async function newConversation(who = person): Promise<string> {
  return (await who.json<{ id: string }>('POST', '/conversations', {})).body.id;
}

function post(key: string, path: string, body: object, who = person): Promise<Response> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key };
  return who.fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
}

function upload(key: string, conversation: string, files: Record<string, string>, path = '/api/upload') {
  const form = new FormData();
  form.append('conversationId', conversation);
  for (const [name, text] of Object.entries(files)) form.append('file', new File([text], name));
  return person.fetch(path, { method: 'POST', headers: { 'idempotency-key': key }, body: form });
}

async function keptOf(who: Person): Promise<string> {
  const { rows } = await pool.query<{ row: unknown }>(
    `SELECT to_jsonb(k) || coalesce(to_jsonb(a), '{}') AS row FROM idempotency_keys k
     LEFT JOIN idempotency_answers a USING (user_id, key) WHERE k.user_id = $1`,
    [who.id],
  );
  return JSON.stringify(rows);
}

test('answers that issue a secret are neither kept nor repeated', async () => {
  const owner = await newPerson(app.baseUrl);
  const first = await post('secret-1', '/auth/keys', { name: 'k' }, owner);
  const second = await post('secret-1', '/auth/keys', { name: 'k' }, owner);
  const keys = [await first.json(), await second.json()] as (ApiKey & { key: string })[];
  expect(keys[0]?.key).not.toBe(keys[1]?.key);
  const passwords = { current_password: owner.password, new_password: 'another long password' };
  const changed = await post('secret-2', '/auth/password', passwords, owner);
  expect(changed.status).toBe(200);
  for (const path of ['/auth/login', '/auth/register']) {
    const account = { email: `r${crypto.randomUUID()}@example.org`, password: 'another long password' };
    await post('secret-3', path, account);
  }
  const { rows } = await pool.query<{ all: string }>(
    `SELECT coalesce((SELECT string_agg(k::text, ' ') FROM idempotency_keys k), '') ||
            coalesce((SELECT string_agg(a::text, ' ') FROM idempotency_answers a), '') AS all`,
  );
  for (const secret of ['alk_', 'alr_', 'eyJ', 'secret-'])
    expect(rows[0]?.all.includes(secret), secret).toBe(false);
});

test('a key limited to another conversation, or another account, gets nothing of the first answer', async () => {
  const owner = await newPerson(app.baseUrl);
  const [a1, a2] = [await newConversation(owner), await newConversation(owner)];
  const word = 'Zebrafinch';
  const message = { role: 'user', content: word };
  expect((await post('scoped', `/conversations/${a1}/messages`, message, owner)).status).toBe(201);
  const made = await post('scoped-new', '/conversations', { title: word }, owner);
  expect(made.status).toBe(201);
  const { body: key } = await owner.json<{ key: string }>('POST', '/auth/keys', {
    name: 'limited',
    scope: 'conversation',
    conversation_id: a2,
  });
  const limited = personOf(app.baseUrl, key.key, owner);
  for (const [who, statuses] of [
    [limited, [403, 404]],
    [await newPerson(app.baseUrl), [403]],
  ] as const) {
    const repeated = await post('scoped', `/conversations/${a1}/messages`, message, who);
    expect(statuses).toContain(repeated.status);
    expect(await repeated.text()).not.toContain(word);
  }
  const again = await post('scoped-new', '/conversations', { title: word }, limited);
  expect(again.status).toBe(403);
});

test('an answer goes at once with its conversation or document; a repeat is 404 and has no second effect', async () => {
  const owner = await newPerson(app.baseUrl);
  const id = await newConversation(owner);
  const message = { role: 'user', content: 'Zebrafinch' };
  await post('gone-1', `/conversations/${id}/messages`, message, owner);
  const made = await post('gone-2', '/conversations', { title: 'Zebrafinch' }, owner);
  const other = ((await made.json()) as { id: string }).id;
  expect(await keptOf(owner)).toContain('Zebrafinch');
  for (const one of [id, other]) await owner.json('DELETE', `/conversations/${one}`);
  expect(await keptOf(owner)).not.toContain('Zebrafinch');
  await expectProblem(await post('gone-2', '/conversations', { title: 'Zebrafinch' }, owner), 'not_found');
  await expectProblem(await post('gone-1', `/conversations/${id}/messages`, message, owner), 'not_found');
  const list = await owner.json<{ conversations: unknown[] }>('GET', '/conversations');
  expect(list.body.conversations).toEqual([]);
});

test('the answer of an upload goes with the first of its documents that goes', async () => {
  const id = await newConversation();
  const files = { 'Zebrafinch-1.txt': 'one', 'Zebrafinch-2.txt': 'two' };
  const sent = (await (await upload('gone-3', id, files)).json()) as Uploaded;
  expect(await keptOf(person)).toContain('Zebrafinch-2');
  await person.json('DELETE', `/documents/${sent.documents[1]?.id}`);
  expect(await keptOf(person)).not.toContain('Zebrafinch');
  await expectProblem(await upload('gone-3', id, files), 'not_found');
});

test('an upload is compared by its bytes, names and conversation, not by its length', async () => {
  const [id, other] = [await newConversation(), await newConversation()];
  const first = await upload('form', id, { 'a.txt': 'one' });
  expect(first.status).toBe(202);
  const { document } = (await first.json()) as Uploaded;
  const repeated = await upload('form', id, { 'a.txt': 'one' });
  expect(repeated.headers.get('idempotency-replayed')).toBe('true');
  expect(((await repeated.json()) as Uploaded).document.id).toBe(document.id);
  for (const [conversation, files] of [
    [id, { 'a.txt': 'two' }],
    [id, { 'b.txt': 'one' }],
    [other, { 'a.txt': 'one' }],
    [id, { 'a.txt': 'one', 'b.txt': 'x' }],
  ] as const)
    await expectProblem(await upload('form', conversation, files), 'idempotency_mismatch');
  const { body } = await person.json<{ documents: unknown[] }>('GET', `/conversations/${id}/documents`);
  expect(body.documents).toHaveLength(1);
});

test('a read-only key keeps nothing, and nothing is kept of what only reads', async () => {
  const owner = await newPerson(app.baseUrl);
  const id = await newConversation(owner);
  const { body: key } = await owner.json<{ key: string }>('POST', '/auth/keys', {
    name: 'r',
    scope: 'read',
  });
  const reader = personOf(app.baseUrl, key.key, owner);
  for (const who of [reader, owner])
    expect((await post('reading', `/conversations/${id}/retrieve`, { query: 'x' }, who)).status).toBe(200);
  await post('writing', `/conversations/${id}/messages`, { role: 'user', content: 'x' }, reader);
  expect(await keptOf(owner)).toBe('[]');
});

test('what is kept of one user is bounded', async () => {
  const owner = await newPerson(app.baseUrl);
  await pool.query(
    `INSERT INTO idempotency_keys (user_id, key, request_hash, status, bytes, locked_until, expires_at)
     SELECT $1, 'many-' || n, '.', 200, 1, now(), now() + interval '1 hour' FROM generate_series(1, 10000) n`,
    [owner.id],
  );
  await expectProblem(await post('one-more', '/conversations', {}, owner), 'quota_exceeded');
  expect((await owner.json('POST', '/conversations', {})).status).toBe(201);
  await pool.query(`UPDATE idempotency_keys SET expires_at = now() - interval '1 s' WHERE user_id = $1`, [
    owner.id,
  ]);
  expect((await post('many-1', '/conversations', {}, owner)).status).toBe(201);
});

test('what is kept counts towards the storage of the user', async () => {
  const owner = await newPerson(app.baseUrl);
  const id = await newConversation(owner);
  await pool.query('UPDATE users SET quota_bytes = 1000000 WHERE id = $1', [owner.id]);
  await pool.query(
    `INSERT INTO idempotency_keys (user_id, key, request_hash, status, bytes, locked_until, expires_at)
     VALUES ($1, 'long', '.', 200, 900000, now(), now() + interval '1 hour')`,
    [owner.id],
  );
  const { body } = await owner.json<{ quota: object }>('GET', '/documents');
  expect(body.quota).toMatchObject({ bytes: 0, answer_bytes: 900_000, max_bytes: 1_000_000 });
  const text = { name: 'a.txt', text: 'Word. '.repeat(30_000) };
  const path = `/conversations/${id}/documents`;
  expect((await owner.json('POST', path, text)).body).toMatchObject({ code: 'quota_exceeded' });
  await pool.query('DELETE FROM idempotency_keys WHERE user_id = $1', [owner.id]);
  expect((await owner.json('POST', path, text)).status).toBe(202);
});

test('a request that died gives its key to the next, which holds it by a token of its own', async () => {
  const id = await newConversation();
  const path = `/conversations/${id}/messages`;
  const first = await post('fenced', path, { role: 'user', content: 'x' });
  const { id: messageId } = (await first.json()) as Message;
  // As if it had died before it answered, its lock run out.
  await pool.query(
    `UPDATE idempotency_keys SET status = NULL, locked_until = now() - interval '1 s' WHERE user_id = $1 AND key = 'fenced'`,
    [person.id],
  );
  await pool.query(`DELETE FROM idempotency_answers WHERE user_id = $1 AND key = 'fenced'`, [person.id]);
  const before = await tokenOf('fenced');
  const second = await post('fenced', path, { role: 'user', content: 'x' });
  expect(second.status).toBe(201);
  expect(((await second.json()) as Message).id).not.toBe(messageId);
  expect(await tokenOf('fenced')).not.toBe(before);
});

async function tokenOf(key: string): Promise<string | undefined> {
  const { rows } = await pool.query<{ token: string }>(
    'SELECT token FROM idempotency_keys WHERE user_id = $1 AND key = $2',
    [person.id, key],
  );
  return rows[0]?.token;
}

test('everything goes with the account', async () => {
  const owner = await newPerson(app.baseUrl);
  await post('account', '/conversations', { title: 'Zebrafinch' }, owner);
  await owner.json('DELETE', '/auth/me', { password: owner.password });
  await vi.waitFor(async () => expect(await keptOf(owner)).toBe('[]'), 20_000);
});
