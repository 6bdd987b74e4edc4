import type { AdminUser, AuditEntry, InstallationStatistics, Session } from '@alcove/contract';
import { beforeAll, describe, expect, test } from 'vitest';
import { textFile } from '../documents/support/files.ts';
import { uploadAndWait } from '../documents/support/uploading.ts';
import { newPerson, type Person, personOf, sharedApp, startTestApp, type TestApp } from '../support/app.ts';

// What administrators see of all accounts.

const password = 'correct horse battery staple';
const app = sharedApp();
let server: TestApp;
let admin: Person;
beforeAll(async () => {
  server = await app();
  admin = await newPerson(server.baseUrl);
});

/** An account that the administrator made, signed in. */
async function create(): Promise<Person> {
  const email = `${crypto.randomUUID()}@example.org`;
  const made = await admin.json<AdminUser>('POST', '/admin/users', { email, password });
  expect(made.status).toBe(201);
  const answer = await fetch(`${server.baseUrl}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  const session = (await answer.json()) as Session;
  return personOf(server.baseUrl, session.access_token, { email, password, id: made.body.id });
}

describe('the audit log', () => {
  test('says who did what to whom, from where, in pages and by filter', async () => {
    const person = await create();
    await admin.json('PATCH', `/admin/users/${person.id}`, { quotas: { bytes: 5 } });
    await admin.json('PATCH', `/admin/users/${person.id}`, { quotas: { bytes: 5 } });
    await admin.json('PATCH', `/admin/users/${person.id}`, { status: 'suspended' });
    await admin.json('DELETE', `/admin/users/${person.id}`);
    const read = async (query: string) =>
      (
        await admin.json<{ entries: AuditEntry[]; next_cursor: string | null }>(
          'GET',
          `/admin/audit?${query}`,
        )
      ).body;
    const about = await read(`target=${person.id}`);
    expect(about.entries.map(({ action }) => action)).toEqual([
      'account.deleted',
      'account.suspended',
      'account.quotas_changed',
      'account.created',
    ]);
    for (const entry of about.entries)
      expect(entry).toMatchObject({ user_id: admin.id, address: '127.0.0.1' });
    const first = await read(`target=${person.id}&limit=3`);
    const second = await read(`target=${person.id}&limit=3&cursor=${first.next_cursor}`);
    expect([...first.entries, ...second.entries]).toEqual(about.entries);
    const [latest] = about.entries;
    expect((await read(`target=${person.id}&since=${latest?.created_at}`)).entries).toEqual([latest]);
    expect((await read(`target=${person.id}&until=${latest?.created_at}`)).entries).toHaveLength(3);
    expect((await read(`user_id=${person.id}&action=session.started`)).entries).toHaveLength(1);
    expect((await admin.fetch('/admin/audit?since=yesterday')).status).toBe(400);
  });

  test('is written with the act or neither is', async () => {
    const alone = await startTestApp({ allowErrors: true });
    try {
      const { pool } = alone.app.db;
      // An administrator who goes gives up the office first, in a transaction of its own.
      await newPerson(alone.baseUrl);
      const person = await newPerson(alone.baseUrl);
      const { body: conversation } = await person.json<{ id: string }>('POST', '/conversations', {});
      const [document] = await uploadAndWait(person, conversation.id, textFile('a.txt', 'Herons.'));
      const { body: key } = await person.json<{ id: string }>('POST', '/auth/keys', { name: 'k' });
      const mine = { password: person.password };
      const acts: [string, string, object?][] = [
        ['POST', '/auth/keys', { name: 'another' }],
        ['DELETE', `/auth/keys/${key.id}`],
        ['DELETE', `/documents/${document?.id}`],
        ['DELETE', `/conversations/${conversation.id}`],
        ['POST', '/auth/password', { current_password: mine.password, new_password: 'another long one' }],
        ['POST', '/auth/logout'],
        ['POST', '/auth/register', { email: 'next@example.org', ...mine }],
        ['POST', '/auth/login', { email: person.email, ...mine }],
        ['DELETE', '/auth/me', mine],
      ];
      const everything = async () => {
        const tables = ['users', 'sessions', 'api_keys', 'conversations', 'documents', 'audit_log'];
        const rows = tables.map(
          (table) => `(SELECT json_agg(t ORDER BY t::text) FROM ${table} t) AS ${table}`,
        );
        return (await pool.query(`SELECT ${rows.join()}`)).rows;
      };
      const before = await everything();
      await pool.query('ALTER TABLE audit_log ADD CONSTRAINT nothing CHECK (false) NOT VALID');
      for (const [method, path, body] of acts) {
        const { status } = await person.json(method, path, body);
        expect({ method, path, status }).toEqual({ method, path, status: 500 });
      }
      expect(await everything()).toEqual(before);
      await pool.query('ALTER TABLE audit_log DROP CONSTRAINT nothing');
      expect((await person.json('DELETE', '/auth/me', mine)).status).toBe(204);
      const { rows } = await pool.query("SELECT user_id FROM audit_log WHERE action = 'account.deleted'");
      expect(rows).toEqual([{ user_id: person.id }]);
    } finally {
      await alone.close();
    }
  });
});

test('statistics are sums, and grow with what people do', async () => {
  const read = async () => (await admin.json<InstallationStatistics>('GET', '/admin/stats')).body;
  const before = await read();
  const person = await create();
  const { body } = await person.json<{ id: string }>('POST', '/conversations', { title: 'Counted' });
  const text = { name: 'a.txt', text: 'Herons.' };
  await person.json('POST', `/conversations/${body.id}/documents?wait=ready`, text);
  await person.json('POST', `/rag/conversation/${body.id}/query`, { query: 'Herons?' });
  const after = await read();
  expect(after.users.total).toBe(before.users.total + 1);
  expect(after.conversations).toBe(before.conversations + 1);
  expect(after.messages).toBe(before.messages + 2);
  expect(after.messages_by_role).toEqual({
    user: before.messages_by_role.user + 1,
    assistant: before.messages_by_role.assistant + 1,
    system: before.messages_by_role.system,
  });
  expect(after.cache_hit_rate).not.toBeNull();
  expect(after.documents).toBe(before.documents + 1);
  expect(after.bytes).toBe(before.bytes + 7);
  expect(after.days.at(-1)?.questions).toBe((before.days.at(-1)?.questions ?? 0) + 1);
  expect(JSON.stringify(after)).not.toContain(person.id);
  await person.json('DELETE', `/conversations/${body.id}?permanently=true`);
  expect((await read()).messages).toBe(before.messages);
});
