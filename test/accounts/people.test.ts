import type { AdminUser, Invitation, Session } from '@alcove/contract';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectProblem } from '../http/problem.ts';
import { newPerson, type Person, personOf, sharedApp, startTestApp, type TestApp } from '../support/app.ts';

// What administrators do to accounts, and what they never can.

const password = 'correct horse battery staple';
const app = sharedApp();
let server: TestApp;
let admin: Person;
beforeAll(async () => {
  server = await app();
  admin = await newPerson(server.baseUrl);
});

function newEmail(): string {
  return `${crypto.randomUUID()}@example.org`;
}

async function create(body: object = {}): Promise<Person & { account: AdminUser }> {
  const email = newEmail();
  const made = await admin.json<AdminUser>('POST', '/admin/users', { email, password, ...body });
  expect(made.status).toBe(201);
  const session = await signIn(email);
  const person = personOf(server.baseUrl, session.access_token, { email, password, id: made.body.id });
  return { ...person, account: made.body };
}

function post(path: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${server.baseUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

async function signIn(email: string, secret = password): Promise<Session> {
  const answer = await post('/auth/login', { email, password: secret });
  expect(answer.status, await answer.clone().text()).toBe(200);
  return (await answer.json()) as Session;
}

async function invite(body: object = {}): Promise<Invitation> {
  const made = await admin.json<Invitation>('POST', '/admin/invites', { email: newEmail(), ...body });
  expect(made.status).toBe(201);
  return made.body;
}

describe('an administrator', () => {
  test('creates an account that signs in at once, once for each Idempotency-Key', async () => {
    const body = { email: newEmail(), password, name: 'Grace', role: 'admin', quotas: { documents: 2 } };
    const headers = { authorization: `Bearer ${admin.token}`, 'idempotency-key': crypto.randomUUID() };
    const answers = [await post('/admin/users', body, headers), await post('/admin/users', body, headers)];
    const [first, second] = await Promise.all(answers.map(async (one) => (await one.json()) as AdminUser));
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    expect(second).toEqual(first);
    expect(first).toMatchObject({
      name: 'Grace',
      role: 'admin',
      status: 'active',
      quotas: { documents: 2, bytes: null, messages_per_minute: null },
    });
    expect((await signIn(body.email)).user.id).toBe(first?.id);
    await expectProblem(
      await post('/admin/users', body, { authorization: headers.authorization }),
      'email_taken',
    );
  });

  test('finds accounts by address, status and role, page by page', async () => {
    const { email, id } = await create();
    const found = await admin.json<{ users: AdminUser[] }>(
      'GET',
      `/admin/users?email=${email.toUpperCase()}`,
    );
    expect(found.body.users.map((user) => user.id)).toEqual([id]);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const more: string = cursor === null ? '' : `&cursor=${cursor}`;
      const { body } = await admin.json<{ users: AdminUser[]; next_cursor: string | null }>(
        'GET',
        `/admin/users?status=active&limit=2${more}`,
      );
      seen.push(...body.users.map((user) => user.id));
      cursor = body.next_cursor;
    } while (cursor !== null);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toContain(admin.id);
  });

  test('suspends and resumes: sessions of before stay over, the password and API keys serve again', async () => {
    const person = await create();
    const { body: key } = await person.json<{ key: string }>('POST', '/auth/keys', { name: 'k' });
    const byKey = personOf(server.baseUrl, key.key, person);
    const change = (body: object) => admin.json<AdminUser>('PATCH', `/admin/users/${person.id}`, body);
    expect((await change({ status: 'suspended' })).body.status).toBe('suspended');
    for (const who of [person, byKey]) await expectProblem(await who.fetch('/auth/me'), 'unauthenticated');
    await expectProblem(await post('/auth/login', { email: person.email, password }), 'unauthenticated');
    expect((await change({ status: 'active' })).body.status).toBe('active');
    await expectProblem(await person.fetch('/auth/me'), 'unauthenticated');
    await signIn(person.email);
    expect((await byKey.fetch('/auth/me')).status).toBe(200);
  });

  test('resets a password: the old one and all sessions end, the link serves once', async () => {
    const person = await create();
    const reset = await admin.json<Invitation>('POST', `/admin/users/${person.id}/reset`);
    expect(reset).toMatchObject({ status: 200, body: { sent: false } });
    expect(reset.body.link).toBe(`${server.baseUrl}/setup#${reset.body.token}`);
    await expectProblem(await person.fetch('/auth/me'), 'unauthenticated');
    await expectProblem(await post('/auth/login', { email: person.email, password }), 'unauthenticated');
    const newer = await admin.json<Invitation>('POST', `/admin/users/${person.id}/reset`);
    const next = { password: 'another long password' };
    const use = (token: string | null) => post('/auth/reset-password', { token, ...next });
    await expectProblem(await use(reset.body.token), 'unauthenticated');
    const both = await Promise.all([use(newer.body.token), use(newer.body.token)]);
    expect(both.map(({ status }) => status).toSorted()).toEqual([204, 401]);
    await signIn(person.email, next.password);
  });

  test('deletes an account with all that is in it', async () => {
    const person = await create();
    const { body } = await person.json<{ id: string }>('POST', '/conversations', { title: 'Gone' });
    const text = { name: 'a.txt', text: 'Herons.' };
    expect((await person.json('POST', `/conversations/${body.id}/documents`, text)).status).toBe(202);
    expect((await admin.json('DELETE', `/admin/users/${person.id}`)).status).toBe(204);
    await expectProblem(await person.fetch('/auth/me'), 'unauthenticated');
    const { rows } = await server.app.db.pool.query(
      `SELECT 1 FROM conversations WHERE user_id = $1 UNION ALL SELECT 1 FROM users WHERE id = $1
       UNION ALL SELECT 1 FROM login_keys WHERE user_id = $1`,
      [person.id],
    );
    expect(rows).toEqual([]);
    await expectProblem(await admin.fetch(`/admin/users/${person.id}`, { method: 'DELETE' }), 'not_found');
    expect((await newPerson(server.baseUrl)).id).not.toBe(person.id);
  });

  test('is told which field was meant', async () => {
    const tried: [string, string, object, RegExp][] = [
      ['POST', '/admin/users', { email: newEmail(), pasword: password }, /password/],
      ['POST', '/admin/invites', { emial: newEmail() }, /email/],
      ['PATCH', `/admin/users/${admin.id}`, { quota: {} }, /quotas/],
      ['PATCH', `/admin/users/${admin.id}`, { quotas: { document: 1 } }, /documents/],
      ['POST', '/auth/reset-password', { tokn: 'x', password }, /token/],
    ];
    for (const [method, path, body, meant] of tried) {
      const answer = await admin.json(method, path, body);
      expect(answer.status).toBe(400);
      expect(JSON.stringify(answer.body)).toMatch(meant);
    }
    expect((await admin.json('PATCH', `/admin/users/${admin.id}`, { quotas: { bytes: -1 } })).status).toBe(
      400,
    );
  });
});

describe('the last administrator', () => {
  test('stays: others may go, and of two who demote each other at once one remains', async () => {
    const alone = await startTestApp();
    try {
      const [one, two] = [await newPerson(alone.baseUrl), await newPerson(alone.baseUrl)];
      const mine = { password: one.password };
      await expectProblem(await remove(one, '/auth/me', mine), 'conflict');
      expect((await one.json('PATCH', `/admin/users/${two.id}`, { role: 'admin' })).status).toBe(200);
      const demoted = await Promise.all([
        one.json('PATCH', `/admin/users/${two.id}`, { role: 'user' }),
        two.json('PATCH', `/admin/users/${one.id}`, { status: 'suspended' }),
      ]);
      expect(demoted.filter(({ status }) => status === 200)).toHaveLength(1);
      const { rows } = await alone.app.db.pool.query(
        "SELECT 1 FROM users WHERE role = 'admin' AND status = 'active'",
      );
      expect(rows).toHaveLength(1);
    } finally {
      await alone.close();
    }
  });

  function remove(who: Person, path: string, body: object): Promise<Response> {
    const headers = { 'content-type': 'application/json' };
    return who.fetch(path, { method: 'DELETE', headers, body: JSON.stringify(body) });
  }

  test('is nobody’s own account to change', async () => {
    for (const body of [{ status: 'suspended' }, { role: 'user' }])
      expect((await admin.json('PATCH', `/admin/users/${admin.id}`, body)).status).toBe(409);
    expect((await admin.json('DELETE', `/admin/users/${admin.id}`)).status).toBe(409);
  });
});

describe('an invitation', () => {
  test('serves while registration is closed, once, and signs in', async () => {
    const closed = await startTestApp({ env: { REGISTRATION: 'closed' } });
    try {
      const first = await newPerson(closed.baseUrl);
      const { body } = await first.json<Invitation>('POST', '/admin/invites', {
        email: 'Grace@example.org',
        name: 'Grace',
      });
      expect(body.user).toMatchObject({ status: 'invited', invite_expires_at: body.expires_at });
      const accept = (token: string | null) =>
        fetch(`${closed.baseUrl}/auth/accept-invite`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ token, password }),
        });
      const both = await Promise.all([accept(body.token), accept(body.token)]);
      expect(both.map(({ status }) => status).toSorted()).toEqual([200, 401]);
      const session = (await both.find(({ ok }) => ok)?.json()) as Session;
      expect(session.user).toMatchObject({ name: 'Grace', status: 'active', role: 'user' });
    } finally {
      await closed.close();
    }
  });

  test('is made anew for who has not accepted, and then the older link is over', async () => {
    const email = newEmail();
    const older = await invite({ email });
    const newer = await invite({ email, role: 'admin' });
    expect(newer.user).toMatchObject({ id: older.user.id, role: 'admin' });
    await expectProblem(
      await post('/auth/accept-invite', { token: older.token, password }),
      'unauthenticated',
    );
    expect((await post('/auth/accept-invite', { token: newer.token, password })).status).toBe(200);
    expect((await admin.json('POST', '/admin/invites', { email })).status).toBe(409);
  });

  test('lets nobody in before: no password, no reset, no other status', async () => {
    const { user, token } = await invite();
    await expectProblem(await post('/auth/login', { email: user.email, password }), 'unauthenticated');
    await expectProblem(await post('/auth/reset-password', { token, password }), 'unauthenticated');
    expect((await admin.json('PATCH', `/admin/users/${user.id}`, { status: 'active' })).status).toBe(409);
    expect((await admin.json('POST', `/admin/users/${user.id}/reset`)).status).toBe(409);
    expect((await admin.json('DELETE', `/admin/users/${user.id}`)).status).toBe(204);
    await expectProblem(await post('/auth/accept-invite', { token, password }), 'unauthenticated');
  });

  test('that is over serves no more, and only its hash was kept', async () => {
    const { user, token } = await invite();
    const { pool } = server.app.db;
    const { rows } = await pool.query<{ row: string }>('SELECT s::text AS row FROM setup_tokens s');
    expect(rows.some(({ row }) => row.includes(token ?? '?'))).toBe(false);
    await pool.query("UPDATE setup_tokens SET expires_at = now() - interval '1 s' WHERE user_id = $1", [
      user.id,
    ]);
    await expectProblem(await post('/auth/accept-invite', { token, password }), 'unauthenticated');
  });

  test('of somebody else is no use: a token is its account’s', async () => {
    const [one, two] = [await invite(), await invite()];
    const forged = `${one.token?.slice(0, 27)}${two.token?.slice(27)}`;
    await expectProblem(await post('/auth/accept-invite', { token: forged, password }), 'unauthenticated');
  });
});
