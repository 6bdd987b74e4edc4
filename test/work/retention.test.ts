import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRetention } from '../../src/answers/retention.ts';
import { deleteExpiredKeys } from '../../src/identity/idempotency-store.ts';
import type { Answer, AuditEntry, Invitation, Session } from '@alcove/contract';
import { newConversation } from '../answers/support/asking.ts';
import { newPerson, type Person, personOf, startTestApp, type TestApp } from '../support/app.ts';

// What is kept by policy goes when its time is over, and nothing else does. The clock is moved by argument.

const dayMs = 86_400_000;
let app: TestApp;
let admin: Person;
beforeAll(async () => {
  // The server itself sweeps nothing: only what the test does is seen.
  app = await startTestApp({
    env: {
      ROLE: 'web',
      ANSWER_EVENTS_DAYS: '10',
      TRACES_DAYS: '20',
      AUDIT_DAYS: '100',
      AUDIT_ADDRESS_DAYS: '30',
    },
  });
  admin = await newPerson(app.baseUrl);
});
afterAll(() => app?.close());

/** Sweeps of a later day have ended the sessions of before. */
async function signIn({ email, password, id }: Person): Promise<Person> {
  const answer = await fetch(`${app.baseUrl}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  const { access_token: token } = (await answer.json()) as Session;
  return personOf(app.baseUrl, token, { email, password, id });
}

async function sweepIn(days: number): Promise<void> {
  const retention = createRetention(app.app.db, app.config.retention);
  await retention.sweep(new Date(Date.now() + days * dayMs), new AbortController().signal);
}

async function count(query: string, ...values: unknown[]): Promise<number> {
  const { rows } = await app.app.db.pool.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM ${query}`,
    values,
  );
  return rows[0]?.n ?? 0;
}

test('events, then traces of an answer go; the answer stays', async () => {
  const person = await newPerson(app.baseUrl);
  const id = await newConversation(person);
  const { body } = await person.json<Answer>('POST', `/rag/conversation/${id}/query`, { query: 'Herons?' });
  const events = () => count('answer_events WHERE user_id = $1', person.id);
  const traces = () => count('retrieval_traces WHERE user_id = $1', person.id);
  const before = [await events(), await traces()];
  expect(Math.min(...before)).toBeGreaterThan(0);
  await sweepIn(9);
  expect([await events(), await traces()]).toEqual(before);
  await sweepIn(11);
  expect([await events(), await traces()]).toEqual([0, before[1]]);
  const stream = await person.fetch(`/messages/${body.message_id}/stream`);
  expect(stream.status).toBe(204);
  await sweepIn(21);
  expect(await traces()).toBe(0);
  expect((await person.fetch(`/messages/${body.message_id}/trace`)).status).toBe(404);
  const read = await person.json('GET', `/conversations/${id}`);
  expect(JSON.stringify(read.body)).toContain(JSON.stringify(body.answer).slice(1, -1));
});

test('an answer that is being written keeps its events, however old', async () => {
  const person = await newPerson(app.baseUrl);
  const id = await newConversation(person);
  await person.json('POST', `/rag/conversation/${id}/query`, { query: 'Herons?' });
  await app.app.db.pool.query(
    "UPDATE messages SET status = 'streaming' WHERE user_id = $1 AND role = 'assistant'",
    [person.id],
  );
  await sweepIn(400);
  expect(await count('answer_events WHERE user_id = $1', person.id)).toBeGreaterThan(0);
});

test('addresses of the audit log become networks, and old entries go', async () => {
  const { pool } = app.app.db;
  admin = await signIn(admin);
  const plant = (days: number, address: string | null) =>
    pool.query(
      `INSERT INTO audit_log (user_id, id, action, address, created_at)
       VALUES ($1, gen_random_uuid(), 'planted', $2, now() - $3 * interval '1 day')`,
      [admin.id, address, days],
    );
  await plant(29, '192.0.2.77');
  for (const address of ['192.0.2.77', '2001:db8:1:2::3', '::1', '::ffff:198.51.100.9', 'fe80::1%eth0', null])
    await plant(31, address);
  await plant(101, '192.0.2.77');
  // More than a page.
  await pool.query(
    `INSERT INTO audit_log (user_id, id, action, address, created_at)
     SELECT $1, gen_random_uuid(), 'planted many', '203.0.113.1', now() - interval '40 days' FROM generate_series(1, 1200)`,
    [admin.id],
  );
  await sweepIn(0);
  const { body } = await admin.json<{ entries: AuditEntry[] }>(
    'GET',
    '/admin/audit?action=planted&limit=200',
  );
  expect(body.entries.map(({ address }) => address).toSorted()).toEqual(
    [
      '192.0.2.0/24',
      '192.0.2.77',
      '198.51.100.0/24',
      '0:0:0::/48',
      '2001:db8:1::/48',
      'fe80:0:0::/48',
      null,
    ].toSorted(),
  );
  expect(await count("audit_log WHERE action = 'planted many' AND address = '203.0.113.0/24'")).toBe(1200);
  // The database refuses to lose what is of today, whatever the clock of this process says.
  const recent = await count("audit_log WHERE created_at > now() - interval '1 day'");
  await sweepIn(400);
  expect(await count("audit_log WHERE created_at > now() - interval '1 day'")).toBe(recent);
  expect(await count("audit_log WHERE action LIKE 'planted%'")).toBe(0);
});

test('keys of repeated requests go with their answers when they are over, those of others stay', async () => {
  const people = [await newPerson(app.baseUrl), await newPerson(app.baseUrl), await newPerson(app.baseUrl)];
  for (const person of people)
    for (const key of ['one', 'two']) {
      const answer = await person.fetch('/conversations', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify({ title: 'Once' }),
      });
      expect(answer.status).toBe(201);
    }
  const [first, second, third] = people.map(({ id }) => id);
  await app.app.db.pool.query(
    `UPDATE idempotency_keys SET expires_at = now() - interval '1 second'
     WHERE user_id = ANY($1) OR (user_id = $2 AND key = 'one')`,
    [[first, second], third],
  );
  // One at a time, as many pages as there are.
  while ((await deleteExpiredKeys(app.app.db, 1)) > 0);
  const left = (id: string | undefined) => count('idempotency_keys WHERE user_id = $1', id);
  expect([await left(first), await left(second), await left(third)]).toEqual([0, 0, 1]);
  expect(await count('idempotency_answers WHERE user_id = ANY($1)', [first, second, third])).toBe(1);
});

test('sessions and links that are over go, and invitations that nobody accepted', async () => {
  admin = await signIn(admin);
  const person = await newPerson(app.baseUrl);
  const { body } = await admin.json<Invitation>('POST', '/admin/invites', { email: 'never@example.org' });
  const other = await admin.json<Invitation>('POST', `/admin/users/${person.id}/reset`);
  expect(other.status).toBe(200);
  await sweepIn(2);
  expect(await count("setup_tokens WHERE purpose = 'reset'")).toBe(0);
  expect(await count("setup_tokens WHERE purpose = 'invite'")).toBe(1);
  await sweepIn(31);
  expect(await count('sessions')).toBe(0);
  expect(await count('users WHERE id = $1', body.user.id)).toBe(1);
  await sweepIn(38);
  expect(await count('users WHERE id = $1', body.user.id)).toBe(0);
  expect(await count('login_keys WHERE user_id = $1', body.user.id)).toBe(0);
  expect(await count('users WHERE id = $1', person.id)).toBe(1);
});
