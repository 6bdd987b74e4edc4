import { newId } from '../../db/ids.ts';
import { AppError } from '../../errors.ts';
import type { AdminScope } from '../admin-scope.ts';
import { type AccountRow, createAccount, renewInvitation } from '../people-store.ts';
import { emailKey } from '../register.ts';
import { findLogin } from '../store.ts';
import type { NewPerson } from './create-person.ts';
import type { PeopleDeps } from './deps.ts';
import { type HandedLink, handOver, newSetupToken, rowOf } from './setup-link.ts';

/**
 * Makes an account that nobody can sign in to before its link has set a password. Whoever was invited and has not
 * accepted gets a new link, and the older one ends. `origin` is where links lead without PUBLIC_URL.
 * @throws AppError `email_taken`
 */
export async function invitePerson(
  admin: AdminScope,
  input: Partial<NewPerson> & Pick<NewPerson, 'email'>,
  origin: string,
  deps: PeopleDeps,
): Promise<HandedLink & { account: AccountRow }> {
  const { db, setup } = deps;
  const now = deps.now();
  const email = input.email.trim();
  const known = await findLogin(db, emailKey(email));
  const id = known ?? newId();
  const token = newSetupToken('invite', id, now, setup.inviteMs);
  const account =
    known === null
      ? await createAccount(db, admin, invited(id, email, input), rowOf(token), now)
      : await renewInvitation(db, admin, id, changed(input), rowOf(token), now);
  if (account === null) throw new AppError('email_taken', 'This person has an account already.');
  return { account, ...(await handOver(token, email, origin, setup)) };
}

function invited(id: string, email: string, { name, role = 'user', quotas }: Partial<NewPerson>) {
  const account = { id, loginKey: emailKey(email), email, name: name ?? null, passwordHash: null, role };
  return { ...account, status: 'invited' as const, ...quotas };
}

function changed({ name, role, quotas }: Partial<NewPerson>) {
  return { name, role, ...quotas };
}
