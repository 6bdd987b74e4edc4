import { createHmac, randomBytes } from 'node:crypto';
import { newId } from '../db/ids.ts';
import { accessTokenSeconds } from './access-token.ts';
import type { IdentityDeps } from './deps.ts';
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

/** Starts a session: a short access token and the first refresh token of its family. */
export async function issueSession(user: UserRow, deps: IdentityDeps): Promise<IssuedSession> {
  const now = deps.now();
  const sessionId = newId();
  const refreshToken = newRefreshToken(user.id);
  const expiresAt = new Date(now.getTime() + refreshTokenSeconds * 1000);
  await insertSession(
    deps.db,
    UserScope.grant(user.id),
    { sessionId, refreshHash: sha256(refreshToken), expiresAt },
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

/** The user id inside a refresh token or API key, or null when it has not that form. */
export function userIdIn(token: string, prefix: 'alr' | 'alk'): string | null {
  const match = /^(al[rk])_([A-Za-z0-9_-]{22})_[A-Za-z0-9_-]{43}$/.exec(token);
  if (match === null || match[1] !== prefix || match[2] === undefined) return null;
  const hex = Buffer.from(match[2], 'base64url').toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export function packId(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');
}
