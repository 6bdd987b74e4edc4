import type { Database } from '../../db/database.ts';
import { newId } from '../../db/ids.ts';
import { hasCode } from '../../errors.ts';
import { emailKey } from '../../identity/register.ts';
import { findLogin, insertUser } from '../../identity/store.ts';
import { UserScope } from '../../identity/user-scope.ts';

const addressForm = /^[^\s@]{1,200}@[^\s@]{1,200}$/;

/** Accounts for the users that sessions name, made where they are missing: without a password nobody signs in yet. */
export function createAccounts(db: Database, fallback: string | null, now: () => Date) {
  const known = new Map<string, Promise<UserScope>>();

  async function open(name: string): Promise<UserScope> {
    // Users of another system are kept apart from addresses that somebody could register.
    const email = addressForm.test(name) ? name : null;
    const loginKey = email === null ? `redis:${name}` : emailKey(email);
    const found = await findLogin(db, loginKey);
    if (found !== null) return UserScope.grant(found);
    const scope = UserScope.grant(newId());
    try {
      await insertUser(db, scope, { loginKey, email, name, passwordHash: null }, () => 'user', now());
      return scope;
    } catch (error) {
      const other = hasCode(error, 'email_taken') ? await findLogin(db, loginKey) : null;
      if (other === null) throw error;
      return UserScope.grant(other);
    }
  }

  /** Null where nothing says whose a session is. `mayCreate`: false only looks. */
  return async function accountOf(name: string | null, mayCreate: boolean): Promise<UserScope | null> {
    const wanted = name ?? fallback;
    if (wanted === null) return null;
    if (!mayCreate) {
      const found = await findLogin(db, addressForm.test(wanted) ? emailKey(wanted) : `redis:${wanted}`);
      return found === null ? null : UserScope.grant(found);
    }
    const opened = known.get(wanted) ?? open(wanted);
    known.set(wanted, opened);
    // One that failed is tried again for the next key.
    opened.catch(() => known.delete(wanted));
    return opened;
  };
}
