import { AppError } from '../errors.ts';
import type { IdentityDeps } from './deps.ts';
import { describeDevice } from './device.ts';
import { type IssuedSession, signAccess, successorOf } from './issue-session.ts';
import { userIdIn } from './packed-id.ts';
import { sha256 } from './secrets.ts';
import { rotateRefreshToken } from './session-store.ts';
import { UserScope } from './user-scope.ts';

/** Tabs that refresh at the same moment, or a lost answer, may repeat a token this long. */
const graceMs = 10_000;

/** Trades a refresh token for its successor; a reused one ends its whole family. @throws AppError `unauthenticated` */
export async function refresh(
  { token, userAgent }: { token: string; userAgent: string | undefined },
  deps: IdentityDeps,
): Promise<IssuedSession> {
  const userId = userIdIn(token, 'alr');
  if (userId === null) throw refused();
  const scope = UserScope.grant(userId);
  const now = deps.now();
  const successor = successorOf(token, userId, deps.refreshKey);
  const used = { hash: sha256(token), successorHash: sha256(successor), device: describeDevice(userAgent) };
  const rotation = await rotateRefreshToken(deps.db, scope, used, now, graceMs);
  if (rotation.outcome === 'unknown') throw refused();
  if (rotation.outcome === 'reused') {
    deps.sessions.forget(userId);
    throw refused();
  }
  const { user, sessionId } = rotation;
  return { user, sessionId, refreshToken: successor, ...(await signAccess(user, sessionId, deps)) };
}

function refused(): AppError {
  return new AppError('unauthenticated', 'The session has ended: sign in again.');
}
