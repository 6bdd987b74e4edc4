import { AppError } from '../errors.ts';
import type { IdentityDeps } from './deps.ts';
import { type IssuedSession, issueSession } from './issue-session.ts';
import { refuseLongPassword } from './register.ts';
import { leaveAdministration } from './people-store.ts';
import { underHold } from './hold-store.ts';
import { eraseUser, readUser, updatePassword, type UserRow } from './store.ts';
import { revokeSession } from './own-sessions-store.ts';
import type { UserScope } from './user-scope.ts';

export async function readAccount(scope: UserScope, deps: IdentityDeps): Promise<UserRow> {
  const user = await readUser(deps.db, scope);
  if (user === null) throw new AppError('unauthenticated', 'This account does not exist any more.');
  return user;
}

export async function logout(scope: UserScope, sessionId: string, deps: IdentityDeps): Promise<void> {
  await revokeSession(deps.db, scope, sessionId, deps.now());
  deps.sessions.forget(scope.userId);
}

/** Changes the password, ends every session, API keys too where asked, and starts a new session for the caller. */
export async function changePassword(
  scope: UserScope,
  input: { current: string; next: string; revokeKeys: boolean; userAgent: string | undefined },
  deps: IdentityDeps,
): Promise<IssuedSession & { keys: { revoked: number; kept: number } }> {
  refuseLongPassword(input.next);
  await checkPassword(scope, input.current, deps);
  const passwordHash = await deps.passwords.hash(input.next);
  const { user, keys } = await updatePassword(deps.db, scope, passwordHash, input.revokeKeys, deps.now());
  deps.sessions.forget(scope.userId);
  return { ...(await issueSession(user, { userAgent: input.userAgent }, deps)), keys };
}

/**
 * Erases everything of the account; an account with a password must give it.
 * @throws AppError `forbidden`, `conflict` for the last administrator while others have accounts
 */
export async function deleteAccount(
  scope: UserScope,
  password: string | undefined,
  deps: IdentityDeps,
): Promise<void> {
  const user = await readAccount(scope, deps);
  if (user.passwordHash !== null) await checkPassword(scope, password ?? '', deps);
  if (user.legalHold) throw underHold();
  if (user.role === 'admin') await leaveAdministration(deps.db, scope);
  await eraseUser(deps.db, scope, { action: 'account.deleted' }, deps.now());
  deps.sessions.forget(scope.userId);
}

async function checkPassword(scope: UserScope, password: string, deps: IdentityDeps): Promise<void> {
  const user = await readAccount(scope, deps);
  const claimant = { account: `id:${scope.userId}` };
  refuseLongPassword(password);
  await deps.attempts.begin(claimant);
  if (!(await deps.passwords.verify(user.passwordHash, password)))
    throw new AppError('forbidden', 'The current password is wrong.');
  await deps.attempts.succeeded(claimant);
}
