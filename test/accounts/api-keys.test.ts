import type { ApiKey, ChangedPassword } from '@alcove/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectProblem } from '../http/problem.ts';
import { newPerson, type Person, personOf, startTestApp, type TestApp } from '../support/app.ts';

// What an API key may never do, and what becomes of keys when the password changes.

let app: TestApp;
let admin: Person;

beforeAll(async () => {
  app = await startTestApp();
  admin = await newPerson(app.baseUrl);
});

afterAll(() => app?.close());

async function keyOf(owner: Person, body: object = {}): Promise<{ id: string; who: Person }> {
  const { body: made } = await owner.json<ApiKey & { key: string }>('POST', '/auth/keys', {
    name: 'k',
    ...body,
  });
  return { id: made.id, who: personOf(app.baseUrl, made.key, owner) };
}

test('a key makes, lists and revokes no keys, sees and ends no sessions, changes no password, deletes no account, administers nothing', async () => {
  for (const owner of [admin, await newPerson(app.baseUrl)]) {
    const { id, who } = await keyOf(owner);
    for (const [method, path, body] of [
      ['GET', '/auth/keys'],
      ['POST', '/auth/keys', { name: 'another' }],
      ['DELETE', `/auth/keys/${id}`],
      ['GET', '/auth/sessions'],
      ['DELETE', '/auth/sessions'],
      ['DELETE', `/auth/sessions/${owner.id}`],
      ['POST', '/auth/password', { current_password: owner.password, new_password: 'another long password' }],
      ['DELETE', '/auth/me', { password: owner.password }],
      ['GET', '/admin/users'],
      ['PATCH', `/admin/users/${owner.id}`, { role: 'admin' }],
    ] as const) {
      const { status, body: answer } = await who.json<{ code: string }>(method, path, body);
      expect(status, `${method} ${path}`).toBe(403);
      expect(answer.code).toBe('forbidden');
    }
    expect((await who.fetch('/auth/me')).status).toBe(200);
    expect((await owner.json('DELETE', `/auth/keys/${id}`)).status).toBe(204);
  }
});

test('a misspelt right makes no key', async () => {
  const person = await newPerson(app.baseUrl);
  const refused = await person.fetch('/auth/keys', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'k', scopes: 'read' }),
  });
  const { error, issues } = await expectProblem(refused, 'invalid_request');
  expect(issues).toEqual([{ path: 'scopes', message: '"scopes" is not known: did you mean "scope"?' }]);
  expect(error).toContain('did you mean "scope"?');
  expect((await person.json<{ keys: unknown[] }>('GET', '/auth/keys')).body.keys).toEqual([]);
});

test('a new password says how many keys still work, and revokes them when asked', async () => {
  const person = await newPerson(app.baseUrl);
  const first = await keyOf(person);
  const second = await keyOf(person, { scope: 'read' });
  const kept = await person.json<ChangedPassword>('POST', '/auth/password', {
    current_password: person.password,
    new_password: 'a second long password',
  });
  expect(kept.body.api_keys).toEqual({ revoked: 0, kept: 2 });
  expect((await first.who.fetch('/auth/me')).status).toBe(200);
  const signedIn = personOf(app.baseUrl, kept.body.access_token, person);
  const revoked = await signedIn.json<ChangedPassword>('POST', '/auth/password', {
    current_password: 'a second long password',
    new_password: 'a third long password',
    revoke_keys: true,
  });
  expect(revoked.body.api_keys).toEqual({ revoked: 2, kept: 0 });
  for (const { who } of [first, second]) expect((await who.fetch('/auth/me')).status).toBe(401);
});
