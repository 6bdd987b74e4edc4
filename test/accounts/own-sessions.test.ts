import type { OpenSession, Session, SessionList } from '@alcove/contract';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeDevice } from '../../src/identity/device.ts';
import { expectProblem } from '../http/problem.ts';
import { newPerson, type Person, personOf, startTestApp, type TestApp } from '../support/app.ts';

// Where somebody is signed in, seen and ended by them.

const firefox = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0';
const iphone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';

let app: TestApp;
let pool: pg.Pool;
let admin: Person;

beforeAll(async () => {
  app = await startTestApp({ env: { TRUST_PROXY: '1' } });
  pool = app.app.db.pool;
  admin = await newPerson(app.baseUrl);
});

afterAll(() => app?.close());

function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${app.baseUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-refresh-token': 'body', ...headers },
    body: JSON.stringify(body),
  });
}

interface SignedIn {
  who: Person;
  refresh: string;
}

async function signIn(person: Person, userAgent = firefox, address = '192.0.2.17'): Promise<SignedIn> {
  const headers = { 'user-agent': userAgent, 'x-forwarded-for': address };
  const response = await post('/auth/login', { email: person.email, password: person.password }, headers);
  expect(response.status).toBe(200);
  const session = (await response.json()) as Session;
  return {
    who: personOf(app.baseUrl, session.access_token, person),
    refresh: session.refresh_token ?? '',
  };
}

async function sessionsOf(who: Person): Promise<OpenSession[]> {
  const { status, body } = await who.json<SessionList>('GET', '/auth/sessions');
  expect(status).toBe(200);
  return body.sessions;
}

async function currentOf(who: Person): Promise<OpenSession> {
  const [current, ...others] = (await sessionsOf(who)).filter((one) => one.current);
  if (current === undefined || others.length > 0) throw new Error('not one session is the current one');
  return current;
}

describe('the list', () => {
  test('says of each session when, with what and from where', async () => {
    const person = await newPerson(app.baseUrl);
    const before = new Date().toISOString();
    const { who } = await signIn(person);
    await signIn(person, iphone, '2001:db8:1::7');
    await signIn(person, '');
    const listed = await sessionsOf(who);
    expect(listed.map(({ device, address, current }) => ({ device, address, current }))).toEqual([
      { device: { program: null, system: null }, address: '192.0.2.17', current: false },
      { device: { program: 'Safari', system: 'iPhone' }, address: '2001:db8:1::7', current: false },
      { device: { program: 'Firefox', system: 'Windows' }, address: '192.0.2.17', current: true },
      // Registration writes no address down.
      { device: { program: 'node', system: null }, address: null, current: false },
    ]);
    for (const { created_at: created, last_used_at: used } of listed.slice(0, 3)) {
      expect(created >= before).toBe(true);
      expect(used).toBe(created);
    }
  });

  test('knows the address as long as the audit log does', async () => {
    const person = await newPerson(app.baseUrl);
    const { who } = await signIn(person, firefox, '203.0.113.9');
    const { id } = await currentOf(who);
    await pool.query('UPDATE audit_log SET address = $2 WHERE user_id = $1 AND target = $3', [
      person.id,
      '203.0.113.0/24',
      id,
    ]);
    expect((await currentOf(who)).address).toBe('203.0.113.0/24');
    const { rows } = await pool.query('SELECT * FROM sessions WHERE user_id = $1', [person.id]);
    expect(JSON.stringify(rows)).not.toMatch(/203\.0\.113|Mozilla|140\.0/);
  });

  test('says when a session was used last, and by what', async () => {
    const person = await newPerson(app.baseUrl);
    const { who, refresh } = await signIn(person);
    const { created_at: created } = await currentOf(who);
    await pool.query(`UPDATE sessions SET last_used_at = NULL, program = NULL WHERE user_id = $1`, [
      person.id,
    ]);
    // As an older version of the server has begun it.
    expect(await currentOf(who)).toMatchObject({ last_used_at: created, device: { program: null } });
    const headers = { 'user-agent': iphone };
    const renewed = await post('/auth/refresh', { refresh_token: refresh }, headers);
    expect(renewed.status).toBe(200);
    const now = await currentOf(who);
    expect(now.device).toEqual({ program: 'Safari', system: 'iPhone' });
    expect(now.last_used_at > created).toBe(true);
    expect(now.created_at).toBe(created);
    // The same token once more, within its grace: the same session.
    expect((await post('/auth/refresh', { refresh_token: refresh }, headers)).status).toBe(200);
    expect(await sessionsOf(who)).toHaveLength(2);
  });

  test('leaves out what has ended: signed out, over, stolen', async () => {
    const person = await newPerson(app.baseUrl);
    const [gone, over, { who }] = [await signIn(person), await signIn(person), await signIn(person)];
    const overId = (await currentOf(over.who)).id;
    await gone.who.json('POST', '/auth/logout');
    await pool.query(`UPDATE sessions SET expires_at = now() - interval '1 second' WHERE id = $1`, [overId]);
    expect(await sessionsOf(who)).toHaveLength(2);
    expect((await who.fetch(`/auth/sessions/${overId}`, { method: 'DELETE' })).status).toBe(404);
  });

  test('comes in pages, newest first', async () => {
    const person = await newPerson(app.baseUrl);
    for (let at = 0; at < 4; at += 1) await signIn(person);
    const all = (await sessionsOf(person)).map(({ id }) => id);
    const paged: string[] = [];
    let cursor = '';
    do {
      const path = `/auth/sessions?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`;
      const { body } = await person.json<SessionList>('GET', path);
      paged.push(...body.sessions.map(({ id }) => id));
      cursor = body.next_cursor ?? '';
    } while (cursor !== '');
    expect(paged).toEqual(all);
    expect(new Set(all).size).toBe(5);
    expect(await currentOf(person)).toMatchObject({ id: all[4] });
  });
});

describe('ending', () => {
  test('one ends its tokens, and no other session', async () => {
    const person = await newPerson(app.baseUrl);
    const [ending, other] = [await signIn(person), await signIn(person)];
    const { id } = await currentOf(ending.who);
    const answer = await other.who.fetch(`/auth/sessions/${id}`, { method: 'DELETE' });
    expect(answer.status).toBe(204);
    expect(answer.headers.getSetCookie()).toEqual([]);
    await expectProblem(await ending.who.fetch('/auth/me'), 'unauthenticated');
    await expectProblem(await post('/auth/refresh', { refresh_token: ending.refresh }), 'unauthenticated');
    for (const who of [person, other.who]) expect((await who.fetch('/auth/me')).status).toBe(200);
    expect(await endingsOf(person)).toEqual([id]);
    await expectProblem(await other.who.fetch(`/auth/sessions/${id}`, { method: 'DELETE' }), 'not_found');
    expect(await endingsOf(person)).toEqual([id]);
  });

  test('the own one clears its cookie, as signing out does', async () => {
    const { who } = await signIn(await newPerson(app.baseUrl));
    const { id } = await currentOf(who);
    const answer = await who.fetch(`/auth/sessions/${id}`, { method: 'DELETE' });
    expect(answer.status).toBe(204);
    expect(answer.headers.getSetCookie()[0]).toMatch(/^alcove_rt=; /);
    await expectProblem(await who.fetch('/auth/me'), 'unauthenticated');
  });

  test('of somebody else’s, also by an administrator, finds nothing', async () => {
    const person = await newPerson(app.baseUrl);
    const { id } = await currentOf(person);
    for (const who of [admin, await newPerson(app.baseUrl)])
      await expectProblem(await who.fetch(`/auth/sessions/${id}`, { method: 'DELETE' }), 'not_found');
    expect((await person.fetch('/auth/me')).status).toBe(200);
  });

  test('all others leaves this one, the keys and other people alone', async () => {
    const person = await newPerson(app.baseUrl);
    const neighbour = await newPerson(app.baseUrl);
    const { body: key } = await person.json<{ key: string }>('POST', '/auth/keys', { name: 'k' });
    const others = [person, (await signIn(person)).who, (await signIn(person)).who];
    const { who } = await signIn(person);
    const ids = (await sessionsOf(who)).filter(({ current }) => !current).map(({ id }) => id);
    expect((await who.json('DELETE', '/auth/sessions')).body).toEqual({ ended: 3 });
    for (const other of others) await expectProblem(await other.fetch('/auth/me'), 'unauthenticated');
    for (const still of [who, neighbour, personOf(app.baseUrl, key.key, person)])
      expect((await still.fetch('/auth/me')).status).toBe(200);
    expect(await sessionsOf(who)).toMatchObject([{ current: true }]);
    expect((await endingsOf(person)).toSorted()).toEqual(ids.toSorted());
    expect((await who.json('DELETE', '/auth/sessions')).body).toEqual({ ended: 0 });
  });

  test('a token that is used while its session ends brings nothing back', async () => {
    const person = await newPerson(app.baseUrl);
    const { who: other } = await signIn(person);
    const held = await Promise.all(Array.from({ length: 8 }, () => signIn(person)));
    const [ended, ...renewed] = await Promise.all([
      other.json<{ ended: number }>('DELETE', '/auth/sessions'),
      ...held.map(({ refresh }) => post('/auth/refresh', { refresh_token: refresh })),
    ]);
    expect(ended.body).toEqual({ ended: 9 });
    for (const response of renewed) {
      expect([200, 401]).toContain(response.status);
      if (response.status !== 200) continue;
      const session = (await response.json()) as Session;
      const who = personOf(app.baseUrl, session.access_token, person);
      expect((await who.fetch('/auth/me')).status).toBe(401);
    }
    expect(await sessionsOf(other)).toHaveLength(1);
  });
});

async function endingsOf(person: Person): Promise<(string | null)[]> {
  const { rows } = await pool.query<{ target: string | null }>(
    `SELECT target FROM audit_log WHERE user_id = $1 AND action = 'session.ended' ORDER BY id`,
    [person.id],
  );
  return rows.map(({ target }) => target);
}

test.each([
  [firefox, 'Firefox', 'Windows'],
  [iphone, 'Safari', 'iPhone'],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
    'Safari',
    'macOS',
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0',
    'Edge',
    'Windows',
  ],
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 OPR/124.0.0.0',
    'Opera',
    'Linux',
  ],
  [
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36',
    'Chrome',
    'Android',
  ],
  [
    'Mozilla/5.0 (Linux; Android 15; SM-S931B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36',
    'Samsung Internet',
    'Android',
  ],
  [
    'Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0.7339.39 Mobile/15E148 Safari/604.1',
    'Chrome',
    'iPad',
  ],
  [
    'Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
    'Chrome',
    'ChromeOS',
  ],
  ['curl/8.5.0', 'curl', null],
  ['python-requests/2.32.3', 'python-requests', null],
  ['node', 'node', null],
  ['Mozilla/5.0', null, null],
  ['<script>alert(1)</script>', null, null],
  [`${'x'.repeat(50)}/1`, null, null],
  ['', null, null],
])('%s is told apart by its names alone', (userAgent, program, system) => {
  expect(describeDevice(userAgent)).toEqual({ program, system });
});
