import { randomUUID } from 'node:crypto';
import type { Invitation, Session, SessionList } from '@alcove/contract';
import { newPerson, type Person } from '../../../test/support/person.ts';
import { mustBe, mustEqual } from '../claims.ts';
import { randomAddress } from '../deeds/deed.ts';
import { call, type ChangeKind } from './change.ts';

const password = 'a password for changes only';
const another = 'another password for changes only';

export const accountChanges = {
  'an account registered': {
    route: 'POST /auth/register',
    async make(person) {
      const { email, password: own } = await newPerson(person.baseUrl, randomAddress());
      return (later) => expectSignedIn(later, email, own);
    },
  },
  'a name': {
    route: 'PATCH /auth/me',
    async make(person) {
      const [other, name] = [await newPerson(person.baseUrl, randomAddress()), randomUUID()];
      await call(other, 200, '/auth/me', { name }, 'PATCH');
      return async (later) => {
        const session = await signIn(later, other.email, other.password);
        mustEqual('the name', ((await session.json()) as { user: { name: string } }).user.name, name);
      };
    },
  },
  'a password': {
    route: 'POST /auth/password',
    async make(person) {
      const other = await newPerson(person.baseUrl, randomAddress());
      const body = { current_password: other.password, new_password: another };
      await call(other, 200, '/auth/password', body);
      return (later) => expectSignedIn(later, other.email, another);
    },
  },
  'an own account erased': {
    route: 'DELETE /auth/me',
    async make(person) {
      const other = await newPerson(person.baseUrl, randomAddress());
      await call(other, 204, '/auth/me', { password: other.password }, 'DELETE');
      return (later) => expectLockedOut(later, other.email, other.password);
    },
  },
  'a session ended': {
    route: 'DELETE /auth/sessions/:id',
    async make(person) {
      const other = await newPerson(person.baseUrl, randomAddress());
      await signIn(person, other.email, other.password);
      const { sessions } = await call<SessionList>(other, 200, '/auth/sessions', undefined, 'GET');
      const [ended] = sessions.filter(({ current }) => !current);
      await call(other, 204, `/auth/sessions/${ended?.id}`, undefined, 'DELETE');
      return (later) => expectEnded(later, other, [ended?.id]);
    },
  },
  'all other sessions ended': {
    route: 'DELETE /auth/sessions',
    async make(person) {
      const other = await newPerson(person.baseUrl, randomAddress());
      for (let at = 0; at < 2; at += 1) await signIn(person, other.email, other.password);
      const { sessions } = await call<SessionList>(other, 200, '/auth/sessions', undefined, 'GET');
      await call(other, 200, '/auth/sessions', undefined, 'DELETE');
      const ended = sessions.filter(({ current }) => !current).map(({ id }) => id);
      mustEqual('sessions to end', ended.length, 2);
      return (later) => expectEnded(later, other, ended);
    },
  },
  'a key': {
    route: 'POST /auth/keys',
    async make(person) {
      const { key } = await newKey(await newPerson(person.baseUrl, randomAddress()));
      return async (later) => mustEqual('what the key opens', await statusWith(later, key), 200);
    },
  },
  'a key revoked': {
    route: 'DELETE /auth/keys/:id',
    async make(person) {
      const other = await newPerson(person.baseUrl, randomAddress());
      const { id, key } = await newKey(other);
      await call(other, 204, `/auth/keys/${id}`, undefined, 'DELETE');
      return async (later) => mustEqual('what the key opens', await statusWith(later, key), 401);
    },
  },
  'an account made': {
    route: 'POST /admin/users',
    async make(person) {
      const { email } = await newAccount(person);
      return (later) => expectSignedIn(later, email, password);
    },
  },
  'an account suspended': {
    route: 'PATCH /admin/users/:id',
    async make(person) {
      const { id, email } = await newAccount(person);
      await call(person, 200, `/admin/users/${id}`, { status: 'suspended' }, 'PATCH');
      return (later) => expectLockedOut(later, email, password);
    },
  },
  'an account deleted': {
    route: 'DELETE /admin/users/:id',
    async make(person) {
      const { id, email } = await newAccount(person);
      await call(person, 204, `/admin/users/${id}`, undefined, 'DELETE');
      return (later) => expectLockedOut(later, email, password);
    },
  },
  'an invitation': {
    route: 'POST /admin/invites',
    async make(person) {
      const { email, token } = await invite(person);
      return async (later) => {
        await call(later, 200, '/auth/accept-invite', { token, password });
        await expectSignedIn(later, email, password);
      };
    },
  },
  'an invitation accepted': {
    route: 'POST /auth/accept-invite',
    async make(person) {
      const { email, token } = await invite(person);
      await call(person, 200, '/auth/accept-invite', { token, password });
      return (later) => expectSignedIn(later, email, password);
    },
  },
  'a link for a new password': {
    route: 'POST /admin/users/:id/reset',
    async make(person) {
      const { email, token } = await reset(person);
      return async (later) => {
        await call(later, 204, '/auth/reset-password', { token, password: another });
        await expectSignedIn(later, email, another);
      };
    },
  },
  'a password set by a link': {
    route: 'POST /auth/reset-password',
    async make(person) {
      const { email, token } = await reset(person);
      await call(person, 204, '/auth/reset-password', { token, password: another });
      return (later) => expectSignedIn(later, email, another);
    },
  },
} satisfies Record<string, ChangeKind>;

async function newAccount(person: Person): Promise<{ id: string; email: string }> {
  const email = `${randomUUID()}@example.org`;
  const { id } = await call<{ id: string }>(person, 201, '/admin/users', { email, password });
  return { id, email };
}

function newKey(person: Person): Promise<{ id: string; key: string }> {
  return call(person, 201, '/auth/keys', { name: 'For changes only' });
}

async function invite(person: Person): Promise<{ email: string; token: string }> {
  const email = `${randomUUID()}@example.org`;
  const { token } = await call<Invitation>(person, 201, '/admin/invites', { email });
  return { email, token: token ?? '' };
}

async function reset(person: Person): Promise<{ email: string; token: string }> {
  const { id, email } = await newAccount(person);
  const { token } = await call<Invitation>(person, 200, `/admin/users/${id}/reset`, {});
  return { email, token: token ?? '' };
}

async function statusWith(person: Person, key: string): Promise<number> {
  return (await person.fetch('/conversations', { headers: { authorization: `Bearer ${key}` } })).status;
}

/** Seen from a session of its own, as what the person held may be over by itself. */
async function expectEnded(
  person: Person,
  other: Person,
  ended: readonly (string | undefined)[],
): Promise<void> {
  const session = (await (await signIn(person, other.email, other.password)).json()) as Session;
  const headers = { authorization: `Bearer ${session.access_token}` };
  const listed = (await (await person.fetch('/auth/sessions', { headers })).json()) as SessionList;
  mustBe(
    listed.sessions.some(({ current }) => current),
    'the own session is not listed',
  );
  mustEqual(
    'ended sessions that are listed',
    listed.sessions.filter(({ id }) => ended.includes(id)).map(({ id }) => id),
    [],
  );
}

async function expectSignedIn(person: Person, email: string, own: string): Promise<void> {
  mustEqual('signing in', (await signIn(person, email, own)).status, 200);
}

async function expectLockedOut(person: Person, email: string, own: string): Promise<void> {
  const { status } = await signIn(person, email, own);
  mustBe(status === 401 || status === 403, `signing in to a closed account is answered with ${status}`);
}

function signIn(person: Person, email: string, own: string): Promise<Response> {
  return person.fetch('/auth/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': randomAddress() },
    body: JSON.stringify({ email, password: own }),
  });
}
