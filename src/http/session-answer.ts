import type { Session } from '@alcove/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { IdentityDeps } from '../identity/deps.ts';
import type { IssuedSession } from '../identity/issue-session.ts';
import { issueKnownDevice } from '../identity/known-device.ts';
import { setDeviceCookie, setRefreshCookie } from './cookie.ts';
import { presentUser } from '../identity/people/present-account.ts';

/** `body` asks for the refresh token in the answer, for clients without a cookie jar. */
export const refreshHeader = z.looseObject({ 'x-refresh-token': z.string().optional() });
/** Sign-ins from one address: enough for an office behind it, too few for guessing. */
export const signInsPerMinute = 60;

/** The refresh token goes into a cookie; a client without a cookie jar asks for it in the body. */
export function answerSession(issued: IssuedSession, request: FastifyRequest, reply: FastifyReply): Session {
  const inBody = request.headers['x-refresh-token'] === 'body';
  if (!inBody) setRefreshCookie(request, reply, issued.refreshToken);
  return {
    access_token: issued.accessToken,
    token_type: 'bearer',
    expires_in: issued.expiresInSeconds,
    ...(inBody ? { refresh_token: issued.refreshToken } : {}),
    user: presentUser(issued.user),
  };
}

/** What a client says of itself, for the list of sessions. */
export function agentOf({ headers }: FastifyRequest): { userAgent: string | undefined } {
  return { userAgent: headers['user-agent'] };
}

/** So that the failures of strangers do not close the account for its owner. */
export function rememberDevice(
  { user }: IssuedSession,
  request: FastifyRequest,
  reply: FastifyReply,
  { deviceKey, now }: Pick<IdentityDeps, 'deviceKey' | 'now'>,
): void {
  setDeviceCookie(request, reply, issueKnownDevice(user.id, deviceKey, now()));
}
