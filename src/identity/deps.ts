import type { Database } from '../db/database.ts';
import type { AccessTokens } from './access-token.ts';
import type { Attempts } from './attempts.ts';
import type { ExternalIssuer } from './external-issuer.ts';
import type { Passwords } from './passwords.ts';
import type { SessionCache } from './session-cache.ts';

export interface IdentityDeps {
  db: Database;
  passwords: Passwords;
  accessTokens: AccessTokens;
  /** Derives the successor of a refresh token, so that repeats within the grace time get the same one. */
  refreshKey: Uint8Array;
  registration: 'open' | 'closed';
  issuer: ExternalIssuer | null;
  attempts: Attempts;
  sessions: SessionCache;
  now: () => Date;
}
