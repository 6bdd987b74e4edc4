import { AppError } from '../../errors.ts';
import type { IdentityDeps } from '../deps.ts';
import { type IssuedSession, issueSession } from '../issue-session.ts';
import { userIdIn } from '../packed-id.ts';
import type { SetupTokenRow } from '../people-store.ts';
import { emailKey, refuseLongPassword } from '../register.ts';
import { sha256 } from '../secrets.ts';
import { isSetupToken, useSetupToken } from '../setup-token-store.ts';
import type { UserRow } from '../store.ts';
import { UserScope } from '../user-scope.ts';
import { prefixOf } from './setup-link.ts';

export interface ByToken {
  token: string;
  password: string;
  name?: string | undefined;
  revokeKeys?: boolean | undefined;
  address: string | undefined;
}

/** Sets the first password of an invited account and signs in, also while registration is closed. */
export async function acceptInvite(
  { userAgent, ...input }: ByToken & { userAgent: string | undefined },
  deps: IdentityDeps,
): Promise<IssuedSession> {
  return issueSession(await setPassword('invite', input, deps), { userAgent }, deps);
}

/** Sets a new password and ends every session; signing in is the next step, with that password. */
export async function resetPassword(input: ByToken, deps: IdentityDeps): Promise<void> {
  await setPassword('reset', input, deps);
}

/** @throws AppError `unauthenticated` for a token that is wrong, used, replaced or over */
async function setPassword(
  purpose: SetupTokenRow['purpose'],
  { token, password, name, revokeKeys = false, address }: ByToken,
  { db, passwords, sessions, attempts, now }: IdentityDeps,
): Promise<UserRow> {
  refuseLongPassword(password);
  const userId = userIdIn(token, prefixOf[purpose]);
  if (userId === null) throw refused();
  const scope = UserScope.grant(userId);
  const proof = { purpose, tokenHash: sha256(token) };
  if (!(await isSetupToken(db, scope, proof, now()))) throw refused();
  const passwordHash = await passwords.hash(password);
  const user = await useSetupToken(db, scope, proof, { passwordHash, name, revokeKeys, address }, now());
  if (user === null) throw refused();
  sessions.forget(userId);
  // Failures of before, the owner's or a stranger's, do not keep the owner out any longer.
  if (user.email !== null) await attempts.succeeded({ account: emailKey(user.email) });
  return user;
}

function refused(): AppError {
  return new AppError(
    'unauthenticated',
    'This link does not serve any more: it was used, replaced or is over. Ask for a new one.',
  );
}
