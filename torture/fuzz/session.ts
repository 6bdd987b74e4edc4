import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { setupCodeOf } from '../../test/support/person.ts';
import type { AppHere, Reply } from '../support/app-here.ts';
import { mustBe } from '../support/claims.ts';
import { randomAddress } from '../support/deeds/deed.ts';

export interface Session {
  id: string;
  email: string;
  token: string;
  refreshToken: string;
  /** By `performance.now()`. */
  since: number;
}

export const password = 'a password for the fuzz only';

/** Half of what an access token lives. */
const renewAfterMs = 5 * 60_000;
const triesAtMost = 20;

/** A new account. */
export async function register(here: AppHere): Promise<Session> {
  const email = `${randomUUID()}@example.org`;
  return {
    ...(await withPassword(here, '/auth/register', email, { setup_code: setupCodeOf(here.baseUrl) })),
    email,
  };
}

/** A session anew, where the old one was ended. */
export async function signIn(here: AppHere, session: Session): Promise<void> {
  const { token, refreshToken, since } = await withPassword(here, '/auth/login', session.email);
  Object.assign(session, { token, refreshToken, since });
}

/** Another session of the same account. */
export async function another(here: AppHere, { email }: Session): Promise<Session> {
  return { ...(await withPassword(here, '/auth/login', email)), email };
}

async function withPassword(here: AppHere, path: string, email: string, extra: object = {}) {
  for (let attempt = 1; ; attempt += 1) {
    const reply = await send(here, path, { email, password, ...extra });
    if (reply.status === 200 || reply.status === 201) return sessionOf(reply);
    // Few passwords are hashed at a time; whoever finds too many waiting comes again.
    const isBusy = reply.status === 503 || reply.status === 429;
    mustBe(isBusy && attempt < triesAtMost, `${path} is answered with ${reply.status}: ${reply.text}`);
    await pause(250);
  }
}

/** A new access token where the old one comes of age; the same session goes on. */
export async function refreshed(here: AppHere, session: Session): Promise<void> {
  if (performance.now() - session.since >= renewAfterMs) await refresh(here, session);
}

export async function refresh(here: AppHere, session: Session): Promise<void> {
  const asked = performance.now();
  // Nobody else may trade the same refresh token meanwhile: a second use ends the session.
  session.since = asked;
  const reply = await send(here, '/auth/refresh', { refresh_token: session.refreshToken });
  mustBe(reply.status === 200, `a refresh is answered with ${reply.status}: ${reply.text}`);
  Object.assign(session, sessionOf(reply), { id: session.id });
}

function send(here: AppHere, path: string, body: unknown): Promise<Reply> {
  // An address of its own each time: what is limited for each of them is not what is tried here.
  return here.call('POST', path, null, body, {
    'x-refresh-token': 'body',
    'x-forwarded-for': randomAddress(),
  });
}

export function sessionOf({ text }: Pick<Reply, 'text'>): Omit<Session, 'email'> {
  const answer = JSON.parse(text) as { access_token: string; refresh_token: string; user?: { id: string } };
  return {
    id: answer.user?.id ?? '',
    token: answer.access_token,
    refreshToken: answer.refresh_token,
    since: performance.now(),
  };
}
