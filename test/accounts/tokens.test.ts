import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  type CryptoKey,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from 'jose';
import type { Session, User } from '@alcove/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deriveKey } from '../../src/identity/secrets.ts';
import { expectProblem } from '../http/problem.ts';
import { databaseKind, newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';

const issuer = 'https://id.example.org/';
const audience = 'alcove-of-the-company';
const secret = randomBytes(48).toString('base64url');
const shared = randomBytes(48).toString('base64url');

let app: TestApp;
let jwks: Server;
let requestsForKeys = 0;
let company: { rsa: CryptoKey; ec: CryptoKey; rsaPem: string };
let person: Person;
let claims: { sid: string; ver: number };

beforeAll(async () => {
  const rsa = await generateKeyPair('RS256', { extractable: true });
  const ec = await generateKeyPair('ES256', { extractable: true });
  company = { rsa: rsa.privateKey, ec: ec.privateKey, rsaPem: await exportSPKI(rsa.publicKey) };
  const keys = [
    { ...(await exportJWK(rsa.publicKey)), kid: 'rsa-1', alg: 'RS256', use: 'sig' },
    { ...(await exportJWK(ec.publicKey)), kid: 'ec-1', alg: 'ES256', use: 'sig' },
  ];
  jwks = createServer((_request, response) => {
    requestsForKeys += 1;
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }));
  }).listen(0, '127.0.0.1');
  await once(jwks, 'listening');
  app = await startTestApp({
    env: {
      AUTH_SECRET: secret,
      JWT_ISSUER: issuer,
      JWT_AUDIENCE: audience,
      JWKS_URL: `http://127.0.0.1:${(jwks.address() as AddressInfo).port}/keys`,
    },
  });
  person = await newPerson(app.baseUrl);
  claims = JSON.parse(Buffer.from(person.token.split('.')[1] ?? '', 'base64url').toString()) as typeof claims;
});

afterAll(async () => {
  await app?.close();
  jwks?.close();
});

function me(token: string, baseUrl = app.baseUrl): Promise<Response> {
  return fetch(`${baseUrl}/auth/me`, { headers: { authorization: `Bearer ${token}` } });
}

interface Forgery {
  header?: Record<string, unknown>;
  payload?: JWTPayload;
  expires?: string | number | null;
  key?: Uint8Array;
  alg?: string;
}

const ownKey = () => new Uint8Array(deriveKey(secret, 'access-token'));

/** A token of this server in everything but what is changed. */
function sign({
  header = {},
  payload = {},
  expires = '5m',
  key = ownKey(),
  alg = 'HS256',
}: Forgery = {}): Promise<string> {
  const token = new SignJWT({
    sid: claims.sid,
    ver: claims.ver,
    iss: 'alcove',
    aud: 'alcove-api',
    sub: person.id,
    jti: crypto.randomUUID(),
    ...payload,
  })
    .setProtectedHeader({ alg, typ: 'at+jwt', ...header })
    .setIssuedAt();
  if (expires !== null) token.setExpirationTime(expires);
  return token.sign(key);
}

const secondsFromNow = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a token of this server', () => {
  test('made in the same way is accepted, so that what follows fails for its one change', async () => {
    expect((await me(await sign())).status).toBe(200);
  });

  test.each<[string, () => Promise<string> | string]>([
    [
      'alg none',
      () =>
        new UnsecuredJWT({ sid: claims.sid, ver: claims.ver, jti: 'x' })
          .setIssuer('alcove')
          .setAudience('alcove-api')
          .setSubject(person.id)
          .setIssuedAt()
          .setExpirationTime('5m')
          .encode(),
    ],
    [
      'alg None, with typ and an empty signature',
      () => `${part({ alg: 'None', typ: 'at+jwt' })}.${person.token.split('.')[1]}.`,
    ],
    ['HS384', () => sign({ alg: 'HS384' })],
    ['HS512', () => sign({ alg: 'HS512' })],
    ['a stripped signature', () => person.token.split('.').slice(0, 2).join('.')],
    ['an empty signature', () => `${person.token.split('.').slice(0, 2).join('.')}.`],
    [
      'the signature of another token',
      async () =>
        `${(await sign({ payload: { sub: crypto.randomUUID() } })).split('.').slice(0, 2).join('.')}.${person.token.split('.')[2]}`,
    ],
    [
      'a changed payload',
      () =>
        `${person.token.split('.')[0]}.${part({ ...claims, role: 'admin' })}.${person.token.split('.')[2]}`,
    ],
    ['another secret', () => sign({ key: randomBytes(32) })],
    ['the secret itself for its derived key', () => sign({ key: Buffer.from(secret) })],
    ['the key of refresh tokens', () => sign({ key: new Uint8Array(deriveKey(secret, 'refresh-token')) })],
    [
      'an empty key',
      () =>
        `${part({ alg: 'HS256', typ: 'at+jwt' })}.${person.token.split('.')[1]}.${createHmac('sha256', '').update('x').digest('base64url')}`,
    ],
    ['another issuer', () => sign({ payload: { iss: 'somebody-else' } })],
    ['another audience', () => sign({ payload: { aud: 'alcove-web' } })],
    ['no audience', () => sign({ payload: { aud: undefined } })],
    ['typ JWT', () => sign({ header: { typ: 'JWT' } })],
    ['typ of a refresh token', () => sign({ header: { typ: 'rt+jwt' } })],
    ['no typ', () => sign({ header: { typ: undefined } })],
    ['no end', () => sign({ expires: null })],
    ['a beginning in five minutes', () => sign({ payload: { nbf: secondsFromNow(300) } })],
    ['no session', () => sign({ payload: { sid: undefined } })],
    ['a session that does not exist', () => sign({ payload: { sid: crypto.randomUUID() } })],
    ['another token version', () => sign({ payload: { ver: claims.ver + 1 } })],
    [
      'another user with this session',
      async () => sign({ payload: { sub: (await newPerson(app.baseUrl)).id } }),
    ],
    ['a user that does not exist', () => sign({ payload: { sub: crypto.randomUUID() } })],
    [
      'a kid that is a path, signed with what is there',
      () => sign({ header: { kid: '../../../../dev/null' }, key: new Uint8Array(1) }),
    ],
    ['a kid for SQL', () => sign({ header: { kid: "x' UNION SELECT 'k" }, key: Buffer.from('k') })],
    [
      'a jku of somebody else',
      () =>
        sign({
          header: { jku: `http://127.0.0.1:${(jwks.address() as AddressInfo).port}/evil` },
          key: randomBytes(32),
        }),
    ],
    [
      'a key of its own in the header',
      () =>
        sign({
          header: { jwk: { kty: 'oct', k: Buffer.from('own').toString('base64url') } },
          key: Buffer.from('own'),
        }),
    ],
    [
      'an unknown critical extension',
      () =>
        `${part({ alg: 'HS256', typ: 'at+jwt', crit: ['x'], x: 1 })}.${person.token.split('.')[1]}.${person.token.split('.')[2]}`,
    ],
  ])('with %s is refused', async (_name, forge) => {
    const before = requestsForKeys;
    await expectProblem(await me(await forge()), 'unauthenticated');
    expect(requestsForKeys).toBe(before);
  });

  test('that ended 61 seconds ago is expired, and says so', async () => {
    await expectProblem(await me(await sign({ expires: secondsFromNow(-61) })), 'token_expired');
    await expectProblem(
      await me(await sign({ expires: secondsFromNow(-61), key: randomBytes(32) })),
      'unauthenticated',
    );
  });

  test('is worth nothing on another installation', async () => {
    const other = await startTestApp({
      isNew: true,
      env: {
        REGISTRATION: 'closed',
        JWT_ISSUER: issuer,
        JWT_AUDIENCE: audience,
        JWT_SECRET: shared,
        TRUST_PROXY: '1',
      },
    });
    try {
      const theirs = await newPerson(other.baseUrl);
      await expectProblem(await me(person.token, other.baseUrl), 'unauthenticated');
      await expectProblem(await me(theirs.token), 'unauthenticated');
      await checkGeneratedSecret(other);
      await checkClosedRegistration(other);
      await checkSharedSecret(other);
      await checkSecureCookie(other, theirs);
    } finally {
      await other.close();
    }
  });
});

/** Generated at first run, never a default, and readable by its owner only. */
async function checkGeneratedSecret(other: TestApp): Promise<void> {
  if (databaseKind === 'pglite') {
    const { mode, size } = await stat(join(other.dataDir, 'secret'));
    expect(mode & 0o777).toBe(0o600);
    expect(size).toBeGreaterThanOrEqual(48);
    return;
  }
  const { rows } = await other.app.db.pool.query<{ value: string }>(
    `SELECT value FROM installation WHERE key = 'auth_secret'`,
  );
  expect(rows[0]?.value).toMatch(/^[\w-]{48,}$/);
}

/** The first account could register; nobody after it can. */
async function checkClosedRegistration({ baseUrl }: TestApp): Promise<void> {
  const body = JSON.stringify({ email: 'second@example.org', password: 'a good long password' });
  const refused = await fetch(`${baseUrl}/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  await expectProblem(refused, 'registration_closed');
  expect(await (await fetch(`${baseUrl}/capabilities`)).json()).toMatchObject({
    registration: 'closed',
    first_run: false,
  });
}

async function checkSharedSecret({ baseUrl }: TestApp): Promise<void> {
  const key = new TextEncoder().encode(shared);
  const token = (payload: JWTPayload, alg = 'HS256') =>
    new SignJWT({ iss: issuer, aud: audience, sub: 'employee-7', ...payload })
      .setProtectedHeader({ alg })
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(key);
  const accepted = await me(await token({}), baseUrl);
  expect(accepted.status).toBe(200);
  expect(await accepted.json()).toMatchObject({ role: 'user', status: 'active' });
  await expectProblem(await me(await token({}, 'HS384'), baseUrl), 'unauthenticated');
  await expectProblem(await me(await token({ aud: 'another' }), baseUrl), 'unauthenticated');
  await expectProblem(
    await me(await token({ iss: 'alcove', aud: 'alcove-api' }), baseUrl),
    'unauthenticated',
  );
}

/** Behind a proxy that speaks TLS the cookie is bound to this origin. */
async function checkSecureCookie({ baseUrl }: TestApp, { email, password }: Person): Promise<void> {
  const response = await fetch(`${baseUrl}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-proto': 'https' },
    body: JSON.stringify({ email, password }),
  });
  const [cookie = ''] = response.headers.getSetCookie();
  expect(cookie).toMatch(/^__Host-rt=alr_/);
  for (const attribute of ['Secure', 'HttpOnly', 'SameSite=Strict', 'Path=/'])
    expect(cookie).toContain(attribute);
}

describe('a token of the company’s identity provider', () => {
  interface External extends JWTPayload {
    email?: string;
    name?: string;
  }

  function external(
    payload: External,
    { key = company.rsa, alg = 'RS256', kid = 'rsa-1', expires = secondsFromNow(300) } = {},
  ): Promise<string> {
    return new SignJWT({ iss: issuer, aud: audience, ...payload })
      .setProtectedHeader({ alg, kid })
      .setIssuedAt()
      .setExpirationTime(expires)
      .sign(key);
  }

  test('is accepted, and its subject becomes a user at first sight and stays the same', async () => {
    const sub = `employee-${crypto.randomUUID()}`;
    const first = (await (
      await me(await external({ sub, email: 'ada@company.example', name: 'Ada' }))
    ).json()) as User;
    expect(first).toMatchObject({
      email: 'ada@company.example',
      name: 'Ada',
      role: 'user',
      status: 'active',
    });
    const second = (await (
      await me(await external({ sub }, { key: company.ec, alg: 'ES256', kid: 'ec-1' }))
    ).json()) as User;
    expect(second.id).toBe(first.id);
    const other = (await (await me(await external({ sub: `${sub}x` }))).json()) as User;
    expect(other.id).not.toBe(first.id);
  });

  test('may work like any other, on its own data only', async () => {
    const headers = {
      authorization: `Bearer ${await external({ sub: 'worker' })}`,
      'content-type': 'application/json',
    };
    const made = await fetch(`${app.baseUrl}/conversations`, {
      method: 'POST',
      headers,
      body: '{"title":"theirs"}',
    });
    expect(made.status).toBe(201);
    const { id } = (await made.json()) as { id: string };
    expect((await person.fetch(`/conversations/${id}`)).status).toBe(403);
    expect((await fetch(`${app.baseUrl}/admin/users`, { headers })).status).toBe(403);
  });

  test('twenty first requests at once make one user', async () => {
    const token = await external({ sub: `new-${crypto.randomUUID()}` });
    const users = await Promise.all(
      Array.from({ length: 20 }, async () => (await (await me(token)).json()) as User),
    );
    expect(new Set(users.map(({ id }) => id)).size).toBe(1);
  });

  test('with an address of a registered account does not become that account', async () => {
    const user = (await (await me(await external({ sub: 'thief', email: person.email }))).json()) as User;
    expect(user.id).not.toBe(person.id);
  });

  test('is refused when its user is suspended', async () => {
    const token = await external({ sub: 'leaver' });
    const { id } = (await (await me(token)).json()) as User;
    expect((await person.json('PATCH', `/admin/users/${id}`, { status: 'suspended' })).status).toBe(200);
    await expectProblem(await me(token), 'unauthenticated');
  });

  test.each<[string, () => Promise<string>]>([
    ['another audience', () => external({ sub: 's', aud: 'another-app' })],
    ['another issuer', () => external({ sub: 's', iss: 'https://evil.example/' })],
    [
      'this server as issuer',
      () => external({ sub: person.id, iss: 'alcove', aud: 'alcove-api', sid: claims.sid, ver: claims.ver }),
    ],
    ['no subject', () => external({})],
    ['an empty subject', () => external({ sub: '' })],
    [
      'a key that nobody has published',
      async () => external({ sub: 's' }, { key: (await generateKeyPair('RS256')).privateKey }),
    ],
    ['an unknown kid', () => external({ sub: 's' }, { kid: 'rsa-2' })],
    ['the kid of another key', () => external({ sub: 's' }, { kid: 'ec-1' })],
    [
      'HS256 with the public key as secret',
      () =>
        new SignJWT({ iss: issuer, aud: audience, sub: 's' })
          .setProtectedHeader({ alg: 'HS256', kid: 'rsa-1' })
          .setExpirationTime('5m')
          .sign(new TextEncoder().encode(company.rsaPem)),
    ],
    [
      'alg none',
      async () =>
        new UnsecuredJWT({ sub: 's' })
          .setIssuer(issuer)
          .setAudience(audience)
          .setExpirationTime('5m')
          .encode(),
    ],
    ['the secret of this server', () => sign({ payload: { iss: issuer, aud: audience } })],
  ])('with %s is refused', async (_name, forge) => {
    await expectProblem(await me(await forge()), 'unauthenticated');
  });

  test('that is over is expired, and says so', async () => {
    await expectProblem(
      await me(await external({ sub: 's' }, { expires: secondsFromNow(-61) })),
      'token_expired',
    );
  });
});

test('an API key with one character changed is refused', async () => {
  const { body } = await person.json<{ key: string }>('POST', '/auth/keys', { name: 'k' });
  expect((await me(body.key)).status).toBe(200);
  const last = body.key.at(-1) === 'A' ? 'E' : 'A';
  for (const key of [
    `${body.key.slice(0, -1)}${last}`,
    body.key.replace('alk_', 'alr_'),
    body.key.toUpperCase(),
    `${body.key}A`,
    body.key.slice(0, -1),
  ]) {
    await expectProblem(await me(key), 'unauthenticated');
  }
});

test('an API key is kept as a hash, shown once, and ends when it should', async () => {
  const soon = new Date(Date.now() + 3_600_000).toISOString();
  const { body } = await person.json<{ id: string; key: string }>('POST', '/auth/keys', {
    name: 'short-lived',
    expires_at: soon,
  });
  const { pool } = app.app.db;
  const { rows } = await pool.query(`SELECT 1 FROM api_keys k WHERE position($1 IN k::text) > 0`, [
    body.key.slice(-20),
  ]);
  expect(rows).toEqual([]);
  expect(JSON.stringify((await person.json('GET', '/auth/keys')).body)).not.toContain(body.key.slice(-20));
  await pool.query(`UPDATE api_keys SET expires_at = now() - interval '1 second' WHERE id = $1`, [body.id]);
  await expectProblem(await me(body.key), 'unauthenticated');
});

test('passwords and tokens are stored as hashes only', async () => {
  const response = await fetch(`${app.baseUrl}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-refresh-token': 'body' },
    body: JSON.stringify({ email: person.email, password: person.password }),
  });
  const session = (await response.json()) as Session;
  const { pool } = app.app.db;
  const { rows } = await pool.query<{ hash: string }>(
    'SELECT password_hash AS hash FROM users WHERE id = $1',
    [person.id],
  );
  expect(rows[0]?.hash).toMatch(/^\$argon2id\$v=19\$m=\d{4,},t=\d+,p=1\$/);
  for (const text of [session.refresh_token ?? '', session.access_token, person.password]) {
    for (const table of ['users', 'sessions', 'refresh_tokens', 'login_keys', 'audit_log', 'installation']) {
      const found = await pool.query(`SELECT 1 FROM ${table} t WHERE position($1 IN t::text) > 0`, [text]);
      expect(found.rows, table).toEqual([]);
    }
  }
});
