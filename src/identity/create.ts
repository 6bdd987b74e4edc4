import type { AuthConfig } from './auth-config.ts';
import type { Database } from '../db/database.ts';
import { Background } from '../limits/background.ts';
import type { Log } from '../work/every.ts';
import type { SharedWindow } from '../work/shared-window.ts';
import { createAccessTokens } from './access-token.ts';
import { createAttempts } from './attempts.ts';
import type { IdentityDeps } from './deps.ts';
import { createExternalIssuer } from './external-issuer.ts';
import { createPasswords } from './passwords.ts';
import type { Setup } from './people/setup-link.ts';
import { deriveKey, loadSecret } from './secrets.ts';
import { createSessionCache } from './session-cache.ts';
import { deriveSetupCode } from './setup-code.ts';

const lettersAtOnce = 2;
const lettersWaiting = 200;

export interface IdentityOptions {
  auth: AuthConfig;
  dataDir: string;
  /** A server that only this machine reaches lets everybody register unless told otherwise, the first without a code. */
  isForThisMachine: boolean;
  setup: Setup;
  log: Pick<Log, 'warn'>;
  /** Counts failed sign-ins and letters over all processes. */
  counts: SharedWindow;
  now: () => Date;
}

export async function createIdentity(db: Database, options: IdentityOptions): Promise<IdentityDeps> {
  const { auth, log, now } = options;
  const secret = await loadSecret(auth.secret, options.dataDir, db);
  return {
    db,
    passwords: await createPasswords(auth.hashKilobytes),
    accessTokens: createAccessTokens(deriveKey(secret, 'access-token')),
    refreshKey: deriveKey(secret, 'refresh-token'),
    deviceKey: deriveKey(secret, 'known-device'),
    shareKey: deriveKey(secret, 'share-link'),
    registration: auth.registration ?? (options.isForThisMachine ? 'open' : 'closed'),
    firstAccount: { setupCode: deriveSetupCode(secret), needsCode: !options.isForThisMachine },
    issuer: auth.issuer === undefined ? null : createExternalIssuer(auth.issuer),
    admins: auth.admins,
    setup: options.setup,
    counts: options.counts,
    background: new Background(lettersAtOnce, lettersWaiting, (err) =>
      log.warn({ err }, 'a link for a forgotten password was not made'),
    ),
    attempts: createAttempts(options.counts),
    sessions: createSessionCache(now),
    now,
  };
}
