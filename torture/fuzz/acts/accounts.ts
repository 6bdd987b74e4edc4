import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Reply } from '../../support/app-here.ts';
import { mustBe } from '../../support/claims.ts';
import { randomAddress } from '../../support/deeds/deed.ts';
import { another, password, refresh, sessionOf, signIn } from '../session.ts';
import type { FuzzConversation, FuzzKey } from '../things.ts';
import type { FuzzUser, World } from '../world.ts';
import { act, told } from './act.ts';

// Accounts, their sessions and keys, and what administrators do to them.

/** By an administrator. Few passwords are hashed at a time; whoever finds too many waiting comes again. */
async function administer(
  world: World,
  { method, path, body }: { method: string; path: string; body?: unknown },
  status: number,
  token: string | null = world.admin.token,
): Promise<Reply> {
  for (let attempt = 1; ; attempt += 1) {
    const headers = { 'x-refresh-token': 'body', 'x-forwarded-for': randomAddress() };
    const reply = await world.here.call(method, path, token, body, headers);
    if (reply.status === status) return reply;
    const isBusy = reply.status === 503 || reply.status === 429;
    mustBe(isBusy && attempt < 20, `${method} ${path} is answered with ${reply.status}: ${reply.text}`);
    await pause(250);
  }
}

export async function setStatus(world: World, user: FuzzUser, status: 'active' | 'suspended'): Promise<void> {
  await administer(world, { method: 'PATCH', path: `/admin/users/${user.id}`, body: { status } }, 200);
  user.state = status;
  // Who is suspended is signed out everywhere.
  if (status === 'active') await signIn(world.here, user);
}

export async function nameAccount(world: World, user: FuzzUser): Promise<void> {
  const word = world.plantName();
  await act(world, user, { method: 'PATCH', path: '/auth/me', body: { name: `Ada ${word}` } }, 200);
  user.profile = [word];
}

export async function makeKey(
  world: World,
  { id, owner }: FuzzConversation,
  scope: 'read' | 'write' | 'conversation',
): Promise<void> {
  const name = world.plant();
  const isLimited = scope === 'conversation';
  const body = { name, scope, ...(isLimited ? { conversation_id: id } : {}) };
  const reply = await act(world, world.userOf(owner), { method: 'POST', path: '/auth/keys', body }, 201);
  const made = told(reply) as { id: string; key: string };
  world.keys.push({
    id: made.id,
    token: made.key,
    userId: owner,
    limitedTo: isLimited ? id : null,
    mayWrite: scope !== 'read',
    name,
    isRevoked: false,
  });
}

export async function revokeKey(world: World, key: FuzzKey): Promise<void> {
  await act(world, world.userOf(key.userId), { method: 'DELETE', path: `/auth/keys/${key.id}` }, 204);
  key.isRevoked = true;
}

/** A second session, ended in one of the ways that there are. */
export async function endSession(world: World, user: FuzzUser, how: number): Promise<void> {
  const before = new Set(await openSessions(world, user));
  const other = await another(world.here, user);
  await refresh(world.here, other);
  const [id] = (await openSessions(world, user)).filter((one) => !before.has(one));
  if (how % 3 === 0) await administer(world, { method: 'POST', path: '/auth/logout' }, 204, other.token);
  else if (how % 3 === 1) await act(world, user, { method: 'DELETE', path: `/auth/sessions/${id}` }, 204);
  else await act(world, user, { method: 'DELETE', path: '/auth/sessions' }, 200);
  world.endToken(other.token);
}

async function openSessions(world: World, user: FuzzUser): Promise<string[]> {
  const reply = await act(world, user, { method: 'GET', path: '/auth/sessions?limit=200' }, 200);
  return (told(reply) as { sessions: { id: string }[] }).sessions.map(({ id }) => id);
}

/** By its owner, or with a link of an administrator's: either ends every session that there was. */
export async function changePassword(world: World, user: FuzzUser, isByLink: boolean): Promise<void> {
  const before = user.token;
  if (isByLink) {
    const path = `/admin/users/${user.id}/reset`;
    const { token } = told(await administer(world, { method: 'POST', path }, 200)) as { token: string };
    const reset = { method: 'POST', path: '/auth/reset-password', body: { token, password } };
    await administer(world, reset, 204, null);
    await signIn(world.here, user);
  } else {
    const other = await another(world.here, user);
    const body = { current_password: password, new_password: password };
    const changed = await administer(
      world,
      { method: 'POST', path: '/auth/password', body },
      200,
      user.token,
    );
    Object.assign(user, sessionOf(changed), { id: user.id });
    world.endToken(other.token);
  }
  if (user.token !== before) world.endToken(before);
}

/** Somebody new, made or invited by an administrator. */
export async function admit(world: World, isInvited: boolean): Promise<void> {
  const email = `${randomUUID()}@example.org`;
  if (isInvited) {
    const invite = { method: 'POST', path: '/admin/invites', body: { email } };
    const { token } = told(await administer(world, invite, 201)) as { token: string };
    const accept = { method: 'POST', path: '/auth/accept-invite', body: { token, password } };
    world.takeIn({ ...sessionOf(await administer(world, accept, 200, null)), email });
    return;
  }
  const create = { method: 'POST', path: '/admin/users', body: { email, password } };
  const { id } = told(await administer(world, create, 201)) as { id: string };
  const session = { id, email, token: '', refreshToken: '', since: 0 };
  await signIn(world.here, session);
  world.takeIn(session);
}

export async function deleteAccount(world: World, user: FuzzUser, isByAdmin: boolean): Promise<void> {
  if (isByAdmin) await administer(world, { method: 'DELETE', path: `/admin/users/${user.id}` }, 204);
  else await act(world, user, { method: 'DELETE', path: '/auth/me', body: { password } }, 200, 204);
  world.forgetUser(user.id);
}
