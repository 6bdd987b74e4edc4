import { timingSafeEqual } from 'node:crypto';
import type { Database } from '../db/database.ts';
import { deriveKey, sha256 } from './secrets.ts';
import { hasAccounts } from './store.ts';

/** 128 bits: nobody guesses it, whatever the rate. */
const codeBytes = 16;

/** The first account administers the installation: who makes it where others reach the server has to know the code. */
export interface FirstAccount {
  /** The same in every process of the installation, and after every restart. */
  setupCode: string;
  needsCode: boolean;
}

/** Whether a visitor is shown how to make it. Where everybody may register, nobody needs it, and it is made elsewhere. */
export function asksForFirst({
  registration,
  firstAccount,
}: {
  registration: 'open' | 'closed';
  firstAccount: FirstAccount;
}): boolean {
  return registration === 'closed' || !firstAccount.needsCode;
}

/** 32 hexadecimal digits. */
export function deriveSetupCode(secret: string): string {
  return deriveKey(secret, 'setup-code').subarray(0, codeBytes).toString('hex');
}

/** Takes as long whatever is given. Typed by hand it may have spaces, hyphens and capitals. */
export function isSetupCode(given: string, code: string): boolean {
  const typed = given.replace(/[\s-]/g, '').toLowerCase();
  return timingSafeEqual(Buffer.from(sha256(typed)), Buffer.from(sha256(code)));
}

/** The code while it serves: null as soon as there is an account. */
export async function readSetupCode(
  db: Database,
  { setupCode }: Pick<FirstAccount, 'setupCode'>,
): Promise<string | null> {
  return (await hasAccounts(db)) ? null : setupCode;
}

/** The page that asks for the first account. Behind the # the code reaches no log of a proxy. */
export function setupAddress(origin: string, code: string): string {
  return `${origin}/setup#code=${code}`;
}
