import { randomUUID } from 'node:crypto';
import { newPerson } from '../../../test/support/person.ts';
import { mustEqual } from '../claims.ts';
import { type DeedKind, kind, ok, randomAddress, withDocument } from './deed.ts';

export const accountDeeds: readonly DeedKind[] = [
  kind('register', async (person) => {
    const email = `${randomUUID()}@example.org`;
    const { password } = person;
    return {
      request: { method: 'POST', path: '/auth/register', body: { email, password }, key: null },
      isDone: (status) => status === 201 || status === 409,
      verify: async () => {
        const { status } = await person.fetch('/auth/login', {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-forwarded-for': randomAddress() },
          body: JSON.stringify({ email, password }),
        });
        mustEqual('signing in afterwards', status, 200);
      },
    };
  }),
  kind('sign in', async ({ email, password }) => ({
    request: { method: 'POST', path: '/auth/login', body: { email, password }, key: null },
    isDone: ok,
    verify: async () => {},
  })),
  kind(
    'erase an account',
    async (person) => {
      const other = await newPerson(person.baseUrl, randomAddress());
      await withDocument(other);
      return {
        as: other,
        request: { method: 'DELETE', path: '/auth/me', body: { password: other.password }, key: null },
        // Once it is done, its token is worth nothing.
        isDone: (status) => status === 204 || status === 200 || status === 401,
        verify: async () => mustEqual('the account', (await other.json('GET', '/auth/me')).status, 401),
      };
    },
    { touchesOriginals: true },
  ),
];
