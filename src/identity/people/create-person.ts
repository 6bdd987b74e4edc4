import type { AlsoWrite } from '../../db/database.ts';
import { newId } from '../../db/ids.ts';
import type { AdminScope } from '../admin-scope.ts';
import { type AccountRow, createAccount, type Quotas } from '../people-store.ts';
import { emailKey, refuseLongPassword } from '../register.ts';
import type { PeopleDeps } from './deps.ts';

export interface NewPerson {
  email: string;
  name?: string | undefined;
  role: AccountRow['role'];
  quotas: Quotas;
}

/** Creates an account that can sign in at once, whether registration is open or not. @throws AppError `email_taken` */
export async function createPerson(
  admin: AdminScope,
  { email, password, name, role, quotas }: NewPerson & { password: string },
  deps: PeopleDeps,
  alsoWrite?: AlsoWrite<AccountRow>,
): Promise<AccountRow> {
  refuseLongPassword(password);
  const passwordHash = await deps.passwords.hash(password);
  const address = email.trim();
  const account = {
    id: newId(),
    loginKey: emailKey(address),
    email: address,
    name: name ?? null,
    passwordHash,
    role,
    status: 'active' as const,
    ...quotas,
  };
  return createAccount(deps.db, admin, account, null, deps.now(), alsoWrite);
}
