import { AppError } from '../../errors.ts';
import type { AdminScope } from '../admin-scope.ts';
import { type AccountChange, type AccountRow, changeAccount } from '../people-store.ts';
import type { PeopleDeps } from './deps.ts';

/** Suspends, resumes, promotes, demotes, renames, sets quotas. @throws AppError `not_found`, `conflict` */
export async function changePerson(
  admin: AdminScope,
  id: string,
  change: AccountChange,
  deps: PeopleDeps,
): Promise<AccountRow> {
  const touchesRights = change.status !== undefined || change.role !== undefined;
  if (id === admin.userId && touchesRights)
    throw new AppError('conflict', 'Administrators cannot change their own role or status.');
  const account = await changeAccount(deps.db, admin, id, change, deps.now());
  if (account === null) throw noAccount();
  deps.sessions.forget(id);
  return account;
}

export function noAccount(): AppError {
  return new AppError('not_found', 'This account does not exist.');
}
