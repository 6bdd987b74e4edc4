import type { IdentityDeps } from '../deps.ts';
import { emailKey } from '../register.ts';
import { putOwnSetupToken } from '../setup-token-store.ts';
import { findLogin, readUser } from '../store.ts';
import { UserScope } from '../user-scope.ts';
import { letterOf, linkOf, newSetupToken, rowOf } from './setup-link.ts';

/** Anybody may ask for it, so it lives shorter than a link from an administrator. */
const lifeMs = 3_600_000;
const windowMs = 3_600_000;
/** Letters to one account in that time, whoever asks, and whichever replica. */
const perAccount = 3;

/**
 * Sends a link for a new password to the account of this address, if there is one, after this has returned: the answer
 * and its time tell nothing. Password and sessions stay as they are until the link is used.
 */
export function forgotPassword(
  { email, address }: { email: string; address: string },
  deps: IdentityDeps,
): void {
  const { db, setup, now } = deps;
  const { mailer, baseUrl } = setup;
  if (mailer === null || baseUrl === undefined) return;
  const key = emailKey(email);
  deps.background.run(async () => {
    const { count } = await deps.counts.add(`reset-letter:${key}`, windowMs, perAccount);
    if (count > perAccount) return;
    const userId = await findLogin(db, key);
    if (userId === null) return;
    const scope = UserScope.grant(userId);
    const user = await readUser(db, scope);
    if (user === null || user.email === null || user.status !== 'active') return;
    const token = newSetupToken('reset', userId, now(), Math.min(lifeMs, setup.resetMs));
    await putOwnSetupToken(db, scope, rowOf(token), address, now());
    await mailer.send({ to: user.email, ...letterOf(token, linkOf(baseUrl, token)) });
  });
}
