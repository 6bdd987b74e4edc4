import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApiKey, Session } from '@alcove/contract';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { expectProblem } from '../http/problem.ts';
import { newPerson, type Person, personOf, startTestApp, type TestApp } from '../support/app.ts';
import { type Provider, startProvider } from '../support/provider.ts';

// An account that goes leaves nothing: no row that names it, no text of it, no file.

let app: TestApp;
let provider: Provider;
let first: Person;

beforeAll(async () => {
  provider = await startProvider();
  app = await startTestApp({
    env: {
      LLM_BASE_URL: provider.baseUrl,
      LLM_MODEL: 'test-chat',
      EMBEDDING_BASE_URL: provider.baseUrl,
      EMBEDDING_MODEL: 'test-embedding',
    },
  });
  first = await newPerson(app.baseUrl);
});

afterAll(async () => {
  await app?.close();
  await provider?.close();
});

/** Tables, in any schema, with a row that holds the text in any column. */
async function tablesWith(text: string): Promise<string[]> {
  const { pool } = app.app.db;
  const { rows: tables } = await pool.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const { rows } = await pool.query(`SELECT 1 FROM ${name} t WHERE position($1 IN t::text) > 0 LIMIT 1`, [
      text,
    ]);
    if (rows.length > 0) found.push(name);
  }
  return found;
}

async function originalsOf(person: Person): Promise<string[]> {
  return readdir(join(app.dataDir, 'blobs', person.id)).catch(() => []);
}

/** Fills everything that an account can have; returns a word that is in all of it. */
async function live(person: Person): Promise<string> {
  const word = `Quokka${crypto.randomUUID().slice(0, 8)}`;
  await person.json('PATCH', '/auth/me', { name: word });
  const { body } = await person.json<{ id: string }>('POST', '/conversations', { title: word });
  await person.json('PATCH', `/conversations/${body.id}`, { tags: [word] });
  const message = { role: 'user', content: word, message_metadata: { note: word } };
  await person.fetch(`/conversations/${body.id}/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': word },
    body: JSON.stringify(message),
  });
  const document = { name: `${word}.txt`, text: `The name of the animal is ${word}. It lives on an island.` };
  const added = await person.json<{ document: { status: string } }>(
    'POST',
    `/conversations/${body.id}/documents?wait=ready`,
    document,
  );
  expect(added.body.document.status).toBe('ready');
  const asked = await person.json('POST', `/rag/conversation/${body.id}/query`, {
    query: 'What is the name of the animal?',
  });
  expect(JSON.stringify(asked.body)).toContain(word);
  await person.json('POST', '/rag/query', { query: `Tell me about ${word}` });
  return word;
}

test.each(['any account', 'the first account, which is the administrator'])(
  '%s leaves no row but the audit log, no text and no file',
  async (which) => {
    const person = which === 'any account' ? await newPerson(app.baseUrl) : first;
    const word = await live(person);
    const { body: key } = await person.json<ApiKey & { key: string }>('POST', '/auth/keys', { name: word });
    const login = await fetch(`${app.baseUrl}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-refresh-token': 'body' },
      body: JSON.stringify({ email: person.email, password: person.password }),
    });
    const session = (await login.json()) as Session;
    expect((await tablesWith(word)).length).toBeGreaterThan(8);
    expect((await originalsOf(person)).length).toBe(1);

    for (const body of [{ password: 'not the password' }, {}]) {
      expect((await person.json('DELETE', '/auth/me', body)).status).toBe(403);
    }
    expect((await person.json('DELETE', '/auth/me', { password: person.password })).status).toBe(204);

    // At once on every path; files and their notes within seconds.
    for (const token of [person.token, session.access_token, key.key]) {
      await expectProblem(await personOf(app.baseUrl, token, person).fetch('/auth/me'), 'unauthenticated');
    }
    const refreshed = await fetch(`${app.baseUrl}/auth/refresh`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ refresh_token: session.refresh_token }),
    });
    await expectProblem(refreshed, 'unauthenticated');
    expect(await tablesWith(word)).toEqual([]);
    expect(await tablesWith(person.email)).toEqual([]);
    await vi.waitFor(async () => expect(await originalsOf(person)).toEqual([]), {
      timeout: 30_000,
      interval: 100,
    });
    await vi.waitFor(async () => expect(await tablesWith(person.id)).toEqual(['public.audit_log']), {
      timeout: 30_000,
      interval: 250,
    });

    const { rows } = await app.app.db.pool.query<{ entry: Record<string, unknown> }>(
      `SELECT to_jsonb(a) AS entry FROM audit_log a WHERE user_id = $1`,
      [person.id],
    );
    expect(rows.map(({ entry }) => entry['action'])).toContain('account.deleted');
    for (const { entry } of rows)
      expect(Object.keys(entry).toSorted()).toEqual([
        'action',
        'address',
        'created_at',
        'id',
        'target',
        'user_id',
      ]);
  },
);

test('its address may be used again, by a new account that has nothing of the old', async () => {
  const person = await newPerson(app.baseUrl);
  await live(person);
  await person.json('DELETE', '/auth/me', { password: person.password });
  const again = await fetch(`${app.baseUrl}/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: person.email, password: person.password }),
  });
  expect(again.status).toBe(201);
  const session = (await again.json()) as Session;
  expect(session.user.id).not.toBe(person.id);
  expect(session.user.role).toBe('user');
  const who = personOf(app.baseUrl, session.access_token, { ...person, id: session.user.id });
  expect((await who.json<{ conversations: unknown[] }>('GET', '/conversations')).body.conversations).toEqual(
    [],
  );
});
