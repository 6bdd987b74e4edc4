import { newId } from '../db/ids.ts';
import { AppError } from '../errors.ts';
import type { IdentityDeps } from './deps.ts';
import { type IssuedSession, issueSession } from './issue-session.ts';
import { hasAccounts, insertUser } from './store.ts';
import { UserScope } from './user-scope.ts';

const maxPasswordBytes = 1024;

export interface Registration {
  email: string;
  password: string;
  name?: string | undefined;
  userAgent: string | undefined;
}

/** Creates an account and signs it in. @throws AppError `registration_closed`, `email_taken`, `invalid_request` */
export async function register(input: Registration, deps: IdentityDeps): Promise<IssuedSession> {
  refuseLongPassword(input.password);
  const isClosed = deps.registration === 'closed';
  // Most are refused before their password costs anything; who is first is decided where the account is written.
  if (isClosed && (await hasAccounts(deps.db))) throw registrationClosed();
  const email = input.email.trim();
  const scope = UserScope.grant(newId());
  const passwordHash = await deps.passwords.hash(input.password);
  const user = await insertUser(
    deps.db,
    scope,
    { loginKey: emailKey(email), email, name: input.name ?? null, passwordHash },
    (isFirst) => {
      if (isClosed && !isFirst) throw registrationClosed();
      return isFirst ? 'admin' : 'user';
    },
    deps.now(),
  );
  return issueSession(user, { userAgent: input.userAgent }, deps);
}

function registrationClosed(): AppError {
  return new AppError(
    'registration_closed',
    'Registration is closed here: ask an administrator for an account.',
  );
}

/** Addresses that differ only in case are one account. */
export function emailKey(email: string): string {
  return `email:${email.trim().normalize('NFKC').toLowerCase()}`;
}

export function refuseLongPassword(password: string): void {
  if (Buffer.byteLength(password) <= maxPasswordBytes) return;
  throw new AppError('invalid_request', `A password has at most ${maxPasswordBytes} bytes.`);
}
