import { AppError } from '../../errors.ts';
import type { AdminScope } from '../admin-scope.ts';
import { type AccountRow, findAccounts, resetAccount } from '../people-store.ts';
import { emailKey } from '../register.ts';
import { findLogin } from '../store.ts';
import { noAccount } from './change-person.ts';
import type { PeopleDeps } from './deps.ts';
import { type HandedLink, handOver, newSetupToken, rowOf } from './setup-link.ts';

/**
 * Ends the account's password and sessions and gives a link by which its owner sets a new one.
 * @throws AppError `not_found`, `conflict` for an account that has no password to reset
 */
export async function resetPerson(
  admin: AdminScope,
  id: string,
  origin: string,
  deps: PeopleDeps,
): Promise<HandedLink & { account: AccountRow }> {
  const { db, setup } = deps;
  const now = deps.now();
  const [found] = await findAccounts(db, admin, id);
  if (found === undefined) throw noAccount();
  if (found.status === 'invited')
    throw new AppError('conflict', 'This invitation was not accepted: invite again for a new link.');
  if (found.status === 'suspended')
    throw new AppError('conflict', 'This account is suspended: resume it first.');
  if (found.email === null || (await findLogin(db, emailKey(found.email))) !== id)
    throw new AppError(
      'conflict',
      'This account signs in at its identity provider: it has no password here.',
    );
  const token = newSetupToken('reset', id, now, setup.resetMs);
  const account = await resetAccount(db, admin, id, rowOf(token), now);
  if (account === null) throw new AppError('conflict', 'This account has just changed: look at it again.');
  deps.sessions.forget(id);
  return { account, ...(await handOver(token, account.email, origin, setup)) };
}
