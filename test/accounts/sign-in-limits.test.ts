import { randomBytes } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectProblem } from '../http/problem.ts';
import { newPerson, startTestApp, type TestApp } from '../support/app.ts';
import { runCli } from '../support/run-cli.ts';

// Guessing is counted before it is checked, and does not lock the owner out; who becomes an administrator, and how.

const shared = randomBytes(48).toString('base64url');
const issuer = 'https://id.example.org/';
const password = 'correct horse battery staple';

let addresses = 0;

/** From an address of its own, so that only what is tested is counted together. */
function post(app: TestApp, path: string, body: unknown, headers: Record<string, string> = {}) {
  return fetch(`${app.baseUrl}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-forwarded-for': `10.0.${(addresses += 1) >> 8}.${addresses & 255}`,
      ...headers,
    },
    body: JSON.stringify(body),
  });
}

const statusesOf = async (responses: Promise<Response>[]) =>
  Object.groupBy(
    (await Promise.all(responses)).map(({ status }) => status),
    String,
  );

describe('signing in', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ env: { TRUST_PROXY: '1' } });
  });
  afterAll(() => app?.close());

  test('of forty wrong passwords at once ten are checked', async () => {
    const { email } = await newPerson(app.baseUrl);
    const guesses = Array.from({ length: 40 }, (_, at) =>
      post(app, '/auth/login', { email, password: `guess ${at}` }),
    );
    const statuses = await statusesOf(guesses);
    expect(statuses['401']).toHaveLength(10);
    expect(statuses['429']).toHaveLength(30);
  });

  test('a device that has signed in before gets in although strangers have closed the account', async () => {
    const { email, id } = await newPerson(app.baseUrl);
    const first = await post(app, '/auth/login', { email, password });
    const known = first.headers.getSetCookie().find((cookie) => cookie.startsWith('alcove_known='));
    expect(known).toMatch(/HttpOnly/);
    expect(known).toMatch(/SameSite=Strict/);
    const cookie = known?.split(';', 1)[0] ?? '';
    for (let at = 0; at < 11; at += 1) await post(app, '/auth/login', { email, password: `guess ${at}` });
    await expectProblem(await post(app, '/auth/login', { email, password }), 'rate_limited');
    expect((await post(app, '/auth/login', { email, password }, { cookie })).status).toBe(200);
    // It opens no other account, cannot be made up, and its own guesses are counted too.
    const other = await newPerson(app.baseUrl);
    for (let at = 0; at < 10; at += 1)
      await post(app, '/auth/login', { email: other.email, password: 'guess' }, { cookie });
    await expectProblem(
      await post(app, '/auth/login', { email: other.email, password }, { cookie }),
      'rate_limited',
    );
    const packed = Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');
    const forged = `alcove_known=${packed}.AAAA.${Math.floor(Date.now() / 1000)}.AAAA`;
    await expectProblem(
      await post(app, '/auth/login', { email, password }, { cookie: forged }),
      'rate_limited',
    );
    const own = Array.from({ length: 12 }, () =>
      post(app, '/auth/login', { email, password: 'guess' }, { cookie }),
    );
    expect((await statusesOf(own))['429']).toHaveLength(2);
  });

  test('an address may fail a hundred times in a quarter of an hour, all of its /64 together', async () => {
    const statuses = new Set<number>();
    for (let at = 0; at < 110; at += 10) {
      const tries = Array.from({ length: 10 }, (_, more) =>
        post(
          app,
          '/auth/login',
          { email: `nobody-${at + more}@example.org`, password: 'guess' },
          { 'x-forwarded-for': `2001:db8:1:2::${(at + more).toString(16)}` },
        ),
      );
      for (const { status } of await Promise.all(tries)) statuses.add(status);
    }
    expect([...statuses].toSorted()).toEqual([401, 429]);
    const { email } = await newPerson(app.baseUrl);
    const elsewhere = { 'x-forwarded-for': '2001:db8:1:3::1' };
    expect((await post(app, '/auth/login', { email, password }, elsewhere)).status).toBe(200);
  });
});

test('of eight first accounts at once, where registration is closed, one is made', async () => {
  const app = await startTestApp({ env: { REGISTRATION: 'closed' } });
  try {
    const made = await Promise.all(
      Array.from({ length: 8 }, (_, at) =>
        post(app, '/auth/register', { email: `first-${at}@example.org`, password }),
      ),
    );
    expect(made.map(({ status }) => status).toSorted()).toEqual([201, ...Array<number>(7).fill(403)]);
    for (const response of made.filter(({ status }) => status === 403))
      await expectProblem(response, 'registration_closed');
  } finally {
    await app.close();
  }
});

describe('administrators', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({
      env: {
        JWT_ISSUER: issuer,
        JWT_AUDIENCE: 'alcove',
        JWT_SECRET: shared,
        ADMIN_EMAILS: 'Ada@example.org, grace@example.org',
        ADMIN_SUBJECTS: 'root-1',
      },
    });
  });
  afterAll(() => app?.close());

  async function roleOf(claims: Record<string, unknown>): Promise<string> {
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(issuer)
      .setAudience('alcove')
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(new TextEncoder().encode(shared));
    const me = await fetch(`${app.baseUrl}/auth/me`, { headers: { authorization: `Bearer ${token}` } });
    return ((await me.json()) as { role: string }).role;
  }

  test('the first token of an external issuer is nobody special; a setting names who is', async () => {
    expect(await roleOf({ sub: 'first' })).toBe('user');
    expect(await roleOf({ sub: 'unverified', email: 'ada@example.org' })).toBe('user');
    expect(await roleOf({ sub: 'ada', email: 'ada@example.org', email_verified: true })).toBe('admin');
    expect(await roleOf({ sub: 'root-1' })).toBe('admin');
    expect(await roleOf({ sub: 'root-2' })).toBe('user');
  });

  test('are named from the command line when the first account is gone', { timeout: 120_000 }, async () => {
    const server = await startTestApp();
    try {
      const first = await newPerson(server.baseUrl);
      await first.json('DELETE', '/auth/me', { password: first.password });
      const second = await newPerson(server.baseUrl);
      const third = await newPerson(server.baseUrl);
      expect((await second.fetch('/admin/users')).status).toBe(403);
      // Not synchronously: of an embedded database this process answers the command.
      const run = async (...args: string[]) => runCli(['admin', ...args], server.env);
      expect(await run('grant', 'nobody@example.org')).toMatchObject({ code: 1 });
      expect((await run('list')).stdout).toContain('no administrator');
      expect((await run('grant', second.email.toUpperCase())).stdout).toContain('is an administrator now');
      expect((await run('grant', third.id)).stdout).toContain('is an administrator now');
      expect((await run('list')).stdout).toContain(second.email);
      expect((await run('revoke', second.id)).stdout).toContain('is no administrator now');
      expect((await run('revoke', third.id)).stderr).toContain('the last administrator');
    } finally {
      await server.close();
    }
  });
});
