import type { Database } from '../db/database.ts';
import { newId } from '../db/ids.ts';
import { AppError } from '../errors.ts';
import { emailKey } from './register.ts';
import { findLogin, insertProvidedUser } from './store.ts';
import { UserScope } from './user-scope.ts';

/** Somebody whom another system knows. */
export type KnownElsewhere =
  | { by: 'email'; email: string }
  /** Signs in with tokens of this issuer, of which this is the subject. */
  | { by: 'issuer'; issuer: string; subject: string }
  /** Nobody can sign in to it; an administrator sees it. */
  | { by: 'name'; system: string; name: string };

/** The account of this person, made where there is none: with an e-mail address it waits for an invitation. */
export async function provideAccount(db: Database, who: KnownElsewhere, now: Date): Promise<UserScope> {
  const loginKey = loginKeyOf(who);
  const known = await findLogin(db, loginKey);
  if (known !== null) return UserScope.grant(known);
  const scope = UserScope.grant(newId());
  const account = {
    loginKey,
    email: who.by === 'email' ? who.email : null,
    name: who.by === 'name' ? who.name : null,
    status: who.by === 'issuer' ? ('active' as const) : ('invited' as const),
  };
  try {
    await insertProvidedUser(db, scope, account, now);
    return scope;
  } catch (error) {
    // Made by somebody else just now.
    const made =
      error instanceof AppError && error.code === 'email_taken' ? await findLogin(db, loginKey) : null;
    if (made === null) throw error;
    return UserScope.grant(made);
  }
}

function loginKeyOf(who: KnownElsewhere): string {
  switch (who.by) {
    case 'email':
      return emailKey(who.email);
    case 'issuer':
      return `issuer:${who.issuer}|${who.subject}`;
    case 'name':
      return `${who.system}:${who.name}`;
    default:
      return who satisfies never;
  }
}
