import type { AuthConfig } from './auth-config.ts';
import type { Database } from '../db/database.ts';
import { createAccessTokens } from './access-token.ts';
import { createAttempts } from './attempts.ts';
import type { IdentityDeps } from './deps.ts';
import { createExternalIssuer } from './external-issuer.ts';
import { createPasswords } from './passwords.ts';
import { deriveKey, loadSecret } from './secrets.ts';
import { createSessionCache } from './session-cache.ts';

export interface IdentityOptions {
  auth: AuthConfig;
  dataDir: string;
  /** A server that only this machine reaches lets everybody register unless told otherwise. */
  isLoopback: boolean;
  now: () => Date;
}

export async function createIdentity(db: Database, options: IdentityOptions): Promise<IdentityDeps> {
  const { auth, now } = options;
  const secret = await loadSecret(auth.secret, options.dataDir, db);
  return {
    db,
    passwords: await createPasswords(auth.hashKilobytes),
    accessTokens: createAccessTokens(deriveKey(secret, 'access-token')),
    refreshKey: deriveKey(secret, 'refresh-token'),
    deviceKey: deriveKey(secret, 'known-device'),
    registration: auth.registration ?? (options.isLoopback ? 'open' : 'closed'),
    issuer: auth.issuer === undefined ? null : createExternalIssuer(auth.issuer),
    admins: auth.admins,
    attempts: createAttempts(now),
    sessions: createSessionCache(now),
    now,
  };
}
