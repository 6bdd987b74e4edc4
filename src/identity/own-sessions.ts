import { AppError } from '../errors.ts';
import type { IdentityDeps } from './deps.ts';
import { revokeOtherSessions, revokeSession } from './own-sessions-store.ts';
import type { UserScope } from './user-scope.ts';

/** Ends one of the user's sessions, on every replica within seconds. @throws AppError `not_found` */
export async function endSession(scope: UserScope, id: string, deps: IdentityDeps): Promise<void> {
  const isEnded = await revokeSession(deps.db, scope, id, deps.now());
  if (!isEnded) throw new AppError('not_found', 'This session does not exist or has ended.');
  deps.sessions.forget(scope.userId);
}

/** Ends all but the caller's own. @returns how many there were */
export async function endOtherSessions(
  scope: UserScope,
  own: string | null,
  deps: IdentityDeps,
): Promise<number> {
  const ended = await revokeOtherSessions(deps.db, scope, own, deps.now());
  deps.sessions.forget(scope.userId);
  return ended;
}
