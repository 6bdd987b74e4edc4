import { createHmac, randomBytes } from 'node:crypto';
import { newId } from '../db/ids.ts';
import { accessTokenSeconds } from './access-token.ts';
import type { IdentityDeps } from './deps.ts';
import { describeDevice } from './device.ts';
import { packId } from './packed-id.ts';
import { sha256 } from './secrets.ts';
import { insertSession } from './session-store.ts';
import { type UserRow } from './store.ts';
import { UserScope } from './user-scope.ts';

export const refreshTokenSeconds = 30 * 24 * 3600;

export interface IssuedSession {
  user: UserRow;
  sessionId: string;
  accessToken: string;
  expiresInSeconds: number;
  refreshToken: string;
}

/** Starts a session: a short access token and the first refresh token of its family. `signIn` is written down. */
export async function issueSession(
  user: UserRow,
  { userAgent, signIn }: { userAgent: string | undefined; signIn?: { address: string | undefined } },
  deps: IdentityDeps,
): Promise<IssuedSession> {
  const now = deps.now();
  const sessionId = newId();
  const refreshToken = newRefreshToken(user.id);
  const expiresAt = new Date(now.getTime() + refreshTokenSeconds * 1000);
  await insertSession(
    deps.db,
    UserScope.grant(user.id),
    { sessionId, refreshHash: sha256(refreshToken), expiresAt, device: describeDevice(userAgent), signIn },
    now,
  );
  return { user, sessionId, refreshToken, ...(await signAccess(user, sessionId, deps)) };
}

export async function signAccess(
  user: UserRow,
  sessionId: string,
  deps: IdentityDeps,
): Promise<{ accessToken: string; expiresInSeconds: number }> {
  const accessToken = await deps.accessTokens.sign({
    userId: user.id,
    sessionId,
    tokenVersion: user.tokenVersion,
  });
  return { accessToken, expiresInSeconds: accessTokenSeconds };
}

/** `alr_<user id>_<256 random bits>`: the id says where to look, the rest is the secret. */
function newRefreshToken(userId: string): string {
  return `alr_${packId(userId)}_${randomBytes(32).toString('base64url')}`;
}

export function successorOf(refreshToken: string, userId: string, key: Uint8Array): string {
  return `alr_${packId(userId)}_${createHmac('sha256', key).update(refreshToken).digest('base64url')}`;
}
