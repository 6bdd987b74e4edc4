import { AppError } from '../errors.ts';
import type { IdentityDeps } from './deps.ts';
import { type IssuedSession, issueSession } from './issue-session.ts';
import { knownDeviceOf } from './known-device.ts';
import { emailKey, refuseLongPassword } from './register.ts';
import { findLogin, readUser } from './store.ts';
import { UserScope } from './user-scope.ts';

/**
 * Signs in. An unknown address, a wrong password and a suspended account give the same answer in the same time.
 * @throws AppError `unauthenticated`, `rate_limited`
 */
export async function login(
  input: {
    email: string;
    password: string;
    address?: string | undefined;
    userAgent: string | undefined;
    /** What the device kept of an earlier sign-in. */
    device?: string | undefined;
  },
  deps: IdentityDeps,
): Promise<IssuedSession> {
  refuseLongPassword(input.password);
  const account = emailKey(input.email);
  const userId = await findLogin(deps.db, account);
  const device = userId === null ? null : knownDeviceOf(input.device, userId, deps.deviceKey, deps.now());
  const claimant = { account: device ?? account, address: input.address };
  await deps.attempts.begin(claimant);
  const user = userId === null ? null : await readUser(deps.db, UserScope.grant(userId));
  const matches = await deps.passwords.verify(user?.passwordHash ?? null, input.password);
  if (user === null || !matches || user.status !== 'active')
    throw new AppError('unauthenticated', 'The e-mail address or the password is wrong.');
  await deps.attempts.succeeded(claimant);
  return issueSession(user, { userAgent: input.userAgent, signIn: { address: input.address } }, deps);
}
