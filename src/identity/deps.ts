import type { Database } from '../db/database.ts';
import type { Background } from '../limits/background.ts';
import type { SharedWindow } from '../work/shared-window.ts';
import type { AccessTokens } from './access-token.ts';
import type { Attempts } from './attempts.ts';
import type { ExternalIssuer } from './external-issuer.ts';
import type { Setup } from './people/setup-link.ts';
import type { Passwords } from './passwords.ts';
import type { SessionCache } from './session-cache.ts';
import type { FirstAccount } from './setup-code.ts';

export interface IdentityDeps {
  db: Database;
  passwords: Passwords;
  accessTokens: AccessTokens;
  /** Derives the successor of a refresh token, so that repeats within the grace time get the same one. */
  refreshKey: Uint8Array;
  /** Signs what a device keeps of a sign-in. */
  deviceKey: Uint8Array;
  /** Makes the tokens of shared links out of their ids. */
  shareKey: Uint8Array;
  registration: 'open' | 'closed';
  firstAccount: FirstAccount;
  issuer: ExternalIssuer | null;
  /** Who of the external issuer's is an administrator from the first token on. */
  admins: { emails: readonly string[]; subjects: readonly string[] };
  /** Invitations and resets. */
  setup: Setup;
  /** Counts over all processes what many could ask for. */
  counts: Pick<SharedWindow, 'add'>;
  /** What an answer must not wait for, lest its time tell something. */
  background: Background;
  attempts: Attempts;
  sessions: SessionCache;
  now: () => Date;
}
