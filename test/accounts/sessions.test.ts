import type { Session } from '@alcove/contract';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { expectProblem, expectProblemText } from '../http/problem.ts';
import { rawRequest } from '../http/raw-request.ts';
import { newPerson, type Person, personOf, startTestApp, type TestApp } from '../support/app.ts';

let app: TestApp;
let pool: pg.Pool;
let admin: Person;

beforeAll(async () => {
  app = await startTestApp();
  pool = app.app.db.pool;
  admin = await newPerson(app.baseUrl);
});

afterAll(() => app?.close());

function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${app.baseUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

interface SignedIn {
  session: Session;
  refresh: string;
  who: Person;
}

/** Another session of a person, with its refresh token in the body, as a client without a cookie jar has it. */
async function signIn(person: Person): Promise<SignedIn> {
  const response = await post(
    '/auth/login',
    { email: person.email, password: person.password },
    { 'x-refresh-token': 'body' },
  );
  expect(response.status).toBe(200);
  const session = (await response.json()) as Session;
  return {
    session,
    refresh: session.refresh_token ?? '',
    who: personOf(app.baseUrl, session.access_token, person),
  };
}

function refresh(token: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return post('/auth/refresh', { refresh_token: token }, { 'x-refresh-token': 'body', ...headers });
}

async function actionsOf(person: Person): Promise<string[]> {
  const { rows } = await pool.query<{ action: string }>(
    'SELECT action FROM audit_log WHERE user_id = $1 ORDER BY id',
    [person.id],
  );
  return rows.map(({ action }) => action);
}

describe('registration', () => {
  test('makes the first account the administrator, and no other', async () => {
    const later = await newPerson(app.baseUrl);
    expect((await admin.json('GET', '/auth/me')).body).toMatchObject({
      id: admin.id,
      role: 'admin',
      status: 'active',
    });
    expect((await later.json('GET', '/auth/me')).body).toMatchObject({ id: later.id, role: 'user' });
    expect((await admin.fetch('/admin/users')).status).toBe(200);
    expect((await later.fetch('/admin/users')).status).toBe(403);
  });

  test('answers with a bearer token and a cookie that scripts cannot read and other sites cannot send', async () => {
    const email = `cookie-${crypto.randomUUID()}@example.org`;
    const response = await post(
      '/auth/register',
      { email, password: 'a good long password', name: ' Ada ' },
      { 'x-forwarded-proto': 'https' },
    );
    expect(response.status).toBe(201);
    const body = (await response.json()) as Session;
    expect(Object.keys(body).toSorted()).toEqual(['access_token', 'expires_in', 'token_type', 'user']);
    expect(body).toMatchObject({
      token_type: 'bearer',
      expires_in: 600,
      user: { email, name: 'Ada', role: 'user', status: 'active' },
    });
    const [cookie = ''] = response.headers.getSetCookie();
    expect(cookie).toMatch(/^alcove_rt=alr_[\w-]+; /);
    for (const part of ['HttpOnly', 'SameSite=Strict', 'Path=/']) expect(cookie).toContain(part);
    expect(cookie).not.toContain('Domain');
  });

  test('takes neither id, role, status nor owner from the body', async () => {
    const email = `role-${crypto.randomUUID()}@example.org`;
    const more = {
      id: admin.id,
      userId: admin.id,
      user_id: admin.id,
      role: 'admin',
      status: 'active',
      token_version: 9,
    };
    const password = 'a good long password';
    await expectProblem(await post('/auth/register', { email, password, ...more }), 'invalid_request');
    const response = await post('/auth/register', { email, password });
    const { user, access_token: token } = (await response.json()) as Session;
    expect(user.id).not.toBe(admin.id);
    expect(user.role).toBe('user');
    const who = personOf(app.baseUrl, token, { email, password: '', id: user.id });
    for (const smuggled of [
      { role: 'admin' },
      { id: admin.id },
      { status: 'suspended' },
      { email: admin.email },
    ]) {
      expect((await who.json('PATCH', '/auth/me', { name: 'Eve', ...smuggled })).status).toBe(400);
    }
    const { body: still } = await who.json('GET', '/auth/me');
    expect(still).toMatchObject({ id: user.id, name: null, role: 'user', status: 'active', email });
    expect((await who.fetch('/admin/users')).status).toBe(403);
  });

  test('refuses an address that is taken in any spelling, and a bad address or password', async () => {
    const taken = { email: ` ${admin.email.toUpperCase()}`.trim(), password: 'a good long password' };
    await expectProblem(await post('/auth/register', taken), 'email_taken');
    const fresh = `fresh-${crypto.randomUUID()}@example.org`;
    for (const body of [
      { email: 'not an address', password: 'a good long password' },
      { email: fresh, password: 'short' },
      { email: fresh, password: 'ü'.repeat(600) },
      { email: fresh },
      { email: fresh, password: ['a good long password'] },
      { email: { $gt: '' }, password: 'a good long password' },
    ]) {
      await expectProblem(await post('/auth/register', body), 'invalid_request');
    }
  });
});

describe('login', () => {
  test('says the same to an unknown address and to a wrong password', async () => {
    const known = await post('/auth/login', { email: admin.email, password: 'not the password' });
    const unknown = await post('/auth/login', {
      email: `nobody-${crypto.randomUUID()}@example.org`,
      password: 'not the password',
    });
    const { request_id: _1, ...first } = await expectProblem(known, 'unauthenticated');
    const { request_id: _2, ...second } = await expectProblem(unknown, 'unauthenticated');
    expect(second).toEqual(first);
    const headers = (response: Response) => [...response.headers.keys()].toSorted();
    expect(headers(unknown)).toEqual(headers(known));
  });

  test('is closed after ten failures for an account, wherever they come from, and for that account only', async () => {
    const target = await newPerson(app.baseUrl);
    const nobody = `nobody-${crypto.randomUUID()}@example.org`;
    for (const email of [target.email, nobody]) {
      for (let at = 1; at <= 10; at += 1) {
        const headers = {
          'x-forwarded-for': `203.0.113.${at}`,
          'x-real-ip': `198.51.100.${at}`,
          forwarded: `for=192.0.2.${at}`,
        };
        const failed = await post(
          '/auth/login',
          { email: at % 2 === 0 ? email : email.toUpperCase(), password: `guess ${at}` },
          headers,
        );
        expect(failed.status).toBe(401);
      }
      const eleventh = await post(
        '/auth/login',
        { email, password: 'guess 11' },
        { 'x-forwarded-for': '203.0.113.99' },
      );
      expect(Number(eleventh.headers.get('retry-after'))).toBeGreaterThan(0);
      await expectProblem(eleventh, 'rate_limited');
    }
    await expectProblem(
      await post('/auth/login', { email: target.email, password: target.password }),
      'rate_limited',
    );
    expect((await target.fetch('/auth/me')).status).toBe(200);
    const other = await newPerson(app.baseUrl);
    expect((await post('/auth/login', { email: other.email, password: other.password })).status).toBe(200);
  });
});

describe('refresh', () => {
  test('trades the token for a pair that works', async () => {
    const first = await signIn(await newPerson(app.baseUrl));
    const response = await refresh(first.refresh);
    expect(response.status).toBe(200);
    const next = (await response.json()) as Session;
    expect(next.refresh_token).not.toBe(first.refresh);
    expect(next.access_token).not.toBe(first.session.access_token);
    const who = personOf(app.baseUrl, next.access_token, first.who);
    expect((await who.fetch('/auth/me')).status).toBe(200);
    expect((await first.who.fetch('/auth/me')).status).toBe(200);
  });

  test('twenty at once give one successor, and nobody is signed out', async () => {
    const { refresh: token, who } = await signIn(await newPerson(app.baseUrl));
    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(token)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const sessions = (await Promise.all(answers.map((answer) => answer.json()))) as Session[];
    const successors = new Set(sessions.map(({ refresh_token: successor }) => successor));
    expect(successors.size).toBe(1);
    const { rows } = await pool.query('SELECT 1 FROM refresh_tokens WHERE user_id = $1', [who.id]);
    // Of registration, of the sign-in, and its one successor.
    expect(rows).toHaveLength(3);
    for (const { access_token: access } of sessions.slice(0, 3)) {
      expect((await personOf(app.baseUrl, access, who).fetch('/auth/me')).status).toBe(200);
    }
    expect((await refresh([...successors][0])).status).toBe(200);
  });

  test('a token that comes again after ten seconds is stolen: its whole family ends, other sessions live', async () => {
    const person = await newPerson(app.baseUrl);
    const stolen = await signIn(person);
    const other = await signIn(person);
    const successor = (await (await refresh(stolen.refresh)).json()) as Session;
    await pool.query('UPDATE refresh_tokens SET used_at = $2 WHERE user_id = $1 AND used_at IS NOT NULL', [
      person.id,
      new Date(Date.now() - 11_000),
    ]);
    await expectProblem(await refresh(stolen.refresh), 'unauthenticated');
    await expectProblem(await refresh(successor.refresh_token), 'unauthenticated');
    await expectProblem(await stolen.who.fetch('/auth/me'), 'unauthenticated');
    await expectProblem(
      await personOf(app.baseUrl, successor.access_token, person).fetch('/auth/me'),
      'unauthenticated',
    );
    expect((await other.who.fetch('/auth/me')).status).toBe(200);
    expect((await refresh(other.refresh)).status).toBe(200);
    expect(await actionsOf(person)).toContain('session.reuse_detected');
  });

  test('an expired session is over', async () => {
    const { refresh: token, who } = await signIn(await newPerson(app.baseUrl));
    await pool.query(`UPDATE sessions SET expires_at = now() - interval '1 second' WHERE user_id = $1`, [
      who.id,
    ]);
    await expectProblem(await refresh(token), 'unauthenticated');
  });

  test.each([
    [null],
    [''],
    [[]],
    [{}],
    [0],
    [true],
    ['alr_x'],
    ['alr_AAAAAAAAAAAAAAAAAAAAAA_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
    ['x'.repeat(600)],
  ])('%j as a refresh token is refused', async (token) => {
    const response = await refresh(token);
    expect([400, 401]).toContain(response.status);
    await expectProblem(response, response.status === 400 ? 'invalid_request' : 'unauthenticated');
  });

  test.each([
    'null',
    'undefined',
    '""',
    '[]',
    '{}',
    '0',
    'true',
    '.',
    '..',
    'a.b.c',
    'alk_',
    'alr_',
    'Bearer',
  ])('%s as a bearer token is refused', async (token) => {
    for (const [name, value] of [
      ['authorization', `Bearer ${token}`],
      ['x-api-key', token],
      ['authorization', token],
    ] as const) {
      await expectProblem(
        await fetch(`${app.baseUrl}/auth/me`, { headers: { [name]: value } }),
        'unauthenticated',
      );
    }
  });

  test('a refresh token is no bearer token, and an access token no refresh token', async () => {
    const { refresh: token, session } = await signIn(await newPerson(app.baseUrl));
    await expectProblem(
      await fetch(`${app.baseUrl}/auth/me`, { headers: { authorization: `Bearer ${token}` } }),
      'unauthenticated',
    );
    expect((await refresh(session.access_token)).status).toBe(401);
  });

  test('the cookie serves this origin’s own requests, and no request from another site', async () => {
    const person = await newPerson(app.baseUrl);
    const response = await post('/auth/login', { email: person.email, password: person.password });
    const cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const send = (headers: Record<string, string>) =>
      rawRequest(app.baseUrl, { method: 'POST', path: '/auth/refresh', headers: { cookie, ...headers } });
    const { host } = new URL(app.baseUrl);
    const foreign: Record<string, string>[] = [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `http://${host}.evil.example` },
      { origin: 'http://127.0.0.1:1' },
      { 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' },
      { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://evil.example' },
    ];
    for (const headers of foreign) {
      const refused = await send(headers);
      expect([403, 415], JSON.stringify(headers)).toContain(refused.status);
      expect(refused.headers['set-cookie']).toBeUndefined();
    }
    const own = await send({ 'sec-fetch-site': 'same-origin', origin: `http://${host}` });
    expect(own.status, own.body).toBe(200);
    const cookieOnly = await rawRequest(app.baseUrl, { path: '/auth/me', headers: { cookie } });
    expectProblemText(
      cookieOnly.body,
      cookieOnly.status,
      (name) => cookieOnly.headers[name]?.toString(),
      'unauthenticated',
    );
  });
});

describe('the end of a session', () => {
  test('logout ends its access and refresh token, clears the cookie, and leaves other sessions', async () => {
    const person = await newPerson(app.baseUrl);
    const ending = await signIn(person);
    const other = await signIn(person);
    const response = await ending.who.fetch('/auth/logout', { method: 'POST' });
    expect(response.status).toBe(204);
    expect(response.headers.getSetCookie()[0]).toMatch(/^alcove_rt=; .*(Max-Age=0|Expires=Thu, 01 Jan 1970)/);
    await expectProblem(await ending.who.fetch('/auth/me'), 'unauthenticated');
    await expectProblem(await refresh(ending.refresh), 'unauthenticated');
    expect((await other.who.fetch('/auth/me')).status).toBe(200);
  });

  test('a new password ends every other session, and the old one is worth nothing', async () => {
    const person = await newPerson(app.baseUrl);
    const other = await signIn(person);
    const wrong = { current_password: 'not the password', new_password: 'another good password' };
    await expectProblem(await jsonAs(person, 'POST', '/auth/password', wrong), 'forbidden');
    await expectProblem(
      await jsonAs(person, 'POST', '/auth/password', {
        current_password: person.password,
        new_password: 'short',
      }),
      'invalid_request',
    );
    expect((await other.who.fetch('/auth/me')).status).toBe(200);
    const changed = await jsonAs(person, 'POST', '/auth/password', {
      current_password: person.password,
      new_password: 'another good password',
    });
    expect(changed.status).toBe(200);
    const session = (await changed.json()) as Session;
    expect((await personOf(app.baseUrl, session.access_token, person).fetch('/auth/me')).status).toBe(200);
    for (const old of [person, other.who])
      await expectProblem(await old.fetch('/auth/me'), 'unauthenticated');
    await expectProblem(await refresh(other.refresh), 'unauthenticated');
    await expectProblem(
      await post('/auth/login', { email: person.email, password: person.password }),
      'unauthenticated',
    );
    expect(
      (await post('/auth/login', { email: person.email, password: 'another good password' })).status,
    ).toBe(200);
    expect(await actionsOf(person)).toContain('password.changed');
  });

  test('a suspended user is refused at once, by every credential, until reactivated', async () => {
    const person = await newPerson(app.baseUrl);
    const session = await signIn(person);
    const { body: key } = await person.json<{ key: string }>('POST', '/auth/keys', { name: 'k' });
    const byKey = personOf(app.baseUrl, key.key, person);
    const { body: conversation } = await person.json<{ id: string }>('POST', '/conversations', {});
    expect((await byKey.fetch('/auth/me')).status).toBe(200);
    expect(
      (await admin.json('PATCH', `/admin/users/${person.id}`, { status: 'suspended' })).body,
    ).toMatchObject({ status: 'suspended' });
    for (const who of [person, session.who, byKey]) {
      await expectProblem(await who.fetch(`/conversations/${conversation.id}`), 'unauthenticated');
    }
    await expectProblem(await refresh(session.refresh), 'unauthenticated');
    await expectProblem(
      await post('/auth/login', { email: person.email, password: person.password }),
      'unauthenticated',
    );
    await admin.json('PATCH', `/admin/users/${person.id}`, { status: 'active' });
    // Sessions that a suspension ended stay ended: whoever is back signs in again, while keys serve as before.
    await expectProblem(await person.fetch('/auth/me'), 'unauthenticated');
    expect((await byKey.fetch(`/conversations/${conversation.id}`)).status).toBe(200);
    await expectProblem(
      await jsonAs(admin, 'PATCH', `/admin/users/${admin.id}`, { status: 'suspended' }),
      'conflict',
    );
  });

  test('what another replica has suspended or signed out is refused within five seconds', async () => {
    const person = await newPerson(app.baseUrl);
    const session = await signIn(person);
    for (const who of [person, session.who]) expect((await who.fetch('/auth/me')).status).toBe(200);
    const started = performance.now();
    await pool.query(`UPDATE users SET status = 'suspended' WHERE id = $1`, [person.id]);
    await vi.waitFor(async () => expect((await session.who.fetch('/auth/me')).status).toBe(401), {
      timeout: 30_000,
      interval: 50,
    });
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

test('failures of the current password are counted too', async () => {
  const person = await newPerson(app.baseUrl);
  const guess = { current_password: 'not the password', new_password: 'another good password' };
  for (let at = 0; at < 10; at += 1)
    await expectProblem(await jsonAs(person, 'POST', '/auth/password', guess), 'forbidden');
  await expectProblem(await jsonAs(person, 'POST', '/auth/password', guess), 'rate_limited');
  await expectProblem(
    await jsonAs(person, 'DELETE', '/auth/me', { password: 'not the password' }),
    'rate_limited',
  );
});

function jsonAs(person: Person, method: string, path: string, body: unknown): Promise<Response> {
  return person.fetch(path, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}
