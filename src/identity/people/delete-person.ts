import { AppError } from '../../errors.ts';
import type { AdminScope } from '../admin-scope.ts';
import { retireAccount } from '../people-store.ts';
import { underHold } from '../hold-store.ts';
import { eraseUser, readUser } from '../store.ts';
import { UserScope } from '../user-scope.ts';
import { noAccount } from './change-person.ts';
import type { PeopleDeps } from './deps.ts';

/**
 * Erases an account and everything in it. It is closed first, so that an end of the process between leaves an account
 * that nobody can use, and that a repeat erases. @throws AppError `not_found`, `conflict`
 */
export async function deletePerson(admin: AdminScope, id: string, deps: PeopleDeps): Promise<void> {
  if (id === admin.userId) throw new AppError('conflict', 'Delete your own account with DELETE /auth/me.');
  const now = deps.now();
  if ((await readUser(deps.db, UserScope.grant(id)))?.legalHold === true) throw underHold();
  if (!(await retireAccount(deps.db, admin, id, now))) throw noAccount();
  deps.sessions.forget(id);
  await eraseUser(deps.db, UserScope.grant(id), null, now);
}
