import { newId } from '../db/ids.ts';
import { AppError } from '../errors.ts';
import type { IdentityDeps } from './deps.ts';
import { type IssuedSession, issueSession } from './issue-session.ts';
import { isSetupCode } from './setup-code.ts';
import { hasAccounts, insertUser } from './store.ts';
import { UserScope } from './user-scope.ts';

const maxPasswordBytes = 1024;

export interface Registration {
  email: string;
  password: string;
  name?: string | undefined;
  /** For the first account of a server that others reach. */
  setupCode?: string | undefined;
  userAgent: string | undefined;
}

/** Creates an account and signs it in. @throws AppError `setup_code_required`, `registration_closed`, `email_taken`, `invalid_request` */
export async function register(input: Registration, deps: IdentityDeps): Promise<IssuedSession> {
  refuseLongPassword(input.password);
  // Most are refused before their password costs anything; who is first is decided where the account is written.
  if (deps.registration === 'closed' || deps.firstAccount.needsCode)
    refuseUnlet(!(await hasAccounts(deps.db)), input, deps);
  const email = input.email.trim();
  const scope = UserScope.grant(newId());
  const passwordHash = await deps.passwords.hash(input.password);
  const user = await insertUser(
    deps.db,
    scope,
    { loginKey: emailKey(email), email, name: input.name ?? null, passwordHash },
    (isFirst) => {
      refuseUnlet(isFirst, input, deps);
      return isFirst ? 'admin' : 'user';
    },
    deps.now(),
    // Without the code nobody becomes the administrator: whoever has it still may.
    { mayBeFirst: !deps.firstAccount.needsCode || input.setupCode !== undefined },
  );
  return issueSession(user, { userAgent: input.userAgent }, deps);
}

function refuseUnlet(
  isFirst: boolean,
  { setupCode }: Pick<Registration, 'setupCode'>,
  { registration, firstAccount }: Pick<IdentityDeps, 'registration' | 'firstAccount'>,
): void {
  if (!isFirst) {
    if (registration === 'open') return;
    throw new AppError(
      'registration_closed',
      'Registration is closed here: ask an administrator for an account.',
    );
  }
  if (!firstAccount.needsCode) return;
  if (setupCode === undefined) {
    if (registration === 'open') return;
    throw new AppError(
      'setup_code_required',
      'The first account of this server needs the setup code: it is in the log of the start, and "alcove setup-code" prints it.',
    );
  }
  if (!isSetupCode(setupCode, firstAccount.setupCode))
    throw new AppError(
      'setup_code_required',
      'This is not the setup code of this server: it is in the log of the start, and "alcove setup-code" prints it.',
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
