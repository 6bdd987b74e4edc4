import { newId } from '../db/ids.ts';
import { AppError, hasCode } from '../errors.ts';
import { invalidToken } from './access-token.ts';
import type { IdentityDeps } from './deps.ts';
import type { ExternalIdentity, ExternalIssuer } from './external-issuer.ts';
import { userIdIn } from './packed-id.ts';
import { sha256 } from './secrets.ts';
import { findApiKey } from './api-key-store.ts';
import { findLogin, insertUser, readUser } from './store.ts';
import { readSessionState, type SessionState } from './session-store.ts';
import { UserScope } from './user-scope.ts';

export interface Principal {
  scope: UserScope;
  role: 'admin' | 'user';
  /** `read` may only look; everything else may change what its scope covers. */
  access: 'write' | 'read';
  credential: 'session' | 'api_key' | 'external';
  /** The account's own limit; null where the server's counts. */
  messagesPerMinute: number | null;
  /** The session behind an access token; null for API keys and external tokens. */
  sessionId: string | null;
  /** True while the credential would still be accepted: long streams ask it again. `isNow`: asks the database itself. */
  isAlive(isNow?: boolean): Promise<boolean>;
}

/** Who sends this bearer credential: an access token, an API key, or an external issuer's token. */
export async function authenticate(credential: string, deps: IdentityDeps): Promise<Principal> {
  if (credential.startsWith('alk_')) return byApiKey(credential, deps);
  if (deps.issuer?.claims(credential) === true) return byExternalToken(credential, deps.issuer, deps);
  return byAccessToken(credential, deps);
}

async function byAccessToken(token: string, deps: IdentityDeps): Promise<Principal> {
  const claims = await deps.accessTokens.verify(token);
  const scope = UserScope.grant(claims.userId);
  const read = async (isNow = false): Promise<SessionState> => {
    const load = () => readSessionState(deps.db, scope, claims.sessionId, deps.now());
    const state = await deps.sessions.read(claims.userId, claims.sessionId, load, isNow);
    if (state === null || !counts(state) || state.tokenVersion !== claims.tokenVersion) throw invalidToken();
    return state;
  };
  const { role, messagesPerMinute } = await read();
  return {
    scope,
    role,
    access: 'write',
    credential: 'session',
    messagesPerMinute,
    sessionId: claims.sessionId,
    // A stream may outlive its ten-minute token, not its session.
    isAlive: (isNow) => stillCounts(() => read(isNow)),
  };
}

/** A database that is away for a moment ends no stream. */
async function stillCounts(check: () => Promise<unknown>): Promise<boolean> {
  try {
    await check();
    return true;
  } catch (error) {
    return !hasCode(error, 'unauthenticated');
  }
}

function counts(state: SessionState): boolean {
  return state.status === 'active' && !state.revoked;
}

async function byApiKey(key: string, deps: IdentityDeps): Promise<Principal> {
  const userId = userIdIn(key, 'alk');
  const find = async () => {
    const found =
      userId === null ? null : await findApiKey(deps.db, UserScope.grant(userId), sha256(key), deps.now());
    if (found === null || found.user.status !== 'active') {
      throw new AppError('unauthenticated', 'This API key is not valid, has expired or was revoked.');
    }
    return found;
  };
  const found = await find();
  return {
    scope: UserScope.grant(found.user.id, found.key.conversationId ?? undefined),
    role: 'user',
    access: found.key.scope === 'read' ? 'read' : 'write',
    credential: 'api_key',
    messagesPerMinute: found.user.quotaMessagesPerMinute,
    sessionId: null,
    isAlive: () => stillCounts(find),
  };
}

async function byExternalToken(
  token: string,
  issuer: ExternalIssuer,
  deps: IdentityDeps,
): Promise<Principal> {
  const identity = await issuer.verify(token);
  const userId =
    (await findLogin(deps.db, identity.loginKey)) ??
    (await createAtFirstSight({ ...identity, isAdmin: isNamed(identity, deps) }, deps));
  const scope = UserScope.grant(userId);
  const load = async (): Promise<SessionState | null> => {
    const user = await readUser(deps.db, scope);
    if (user === null) return null;
    const { role, status, tokenVersion, quotaMessagesPerMinute: messagesPerMinute } = user;
    return { role, status, tokenVersion, revoked: false, messagesPerMinute };
  };
  const read = async (isNow = false): Promise<SessionState> => {
    const state = await deps.sessions.read(userId, 'external', load, isNow);
    if (state === null || !counts(state)) throw invalidToken();
    return state;
  };
  const { role, messagesPerMinute } = await read();
  return {
    scope,
    role,
    access: 'write',
    credential: 'external',
    messagesPerMinute,
    sessionId: null,
    isAlive: (isNow) => stillCounts(() => read(isNow)),
  };
}

/** An address counts only when the issuer says that it has verified it. */
function isNamed({ subject, email, isEmailVerified }: ExternalIdentity, { admins }: IdentityDeps): boolean {
  if (admins.subjects.includes(subject)) return true;
  return email !== null && isEmailVerified && admins.emails.includes(email.toLowerCase());
}

async function createAtFirstSight(
  { isAdmin, ...identity }: ExternalIdentity & { isAdmin: boolean },
  deps: IdentityDeps,
): Promise<string> {
  const scope = UserScope.grant(newId());
  try {
    const { loginKey, email, name } = identity;
    const user = { loginKey, email, name, passwordHash: null };
    // Whoever comes first with a token is nobody special: the operator names the administrators.
    await insertUser(deps.db, scope, user, () => (isAdmin ? 'admin' : 'user'), deps.now());
    return scope.userId;
  } catch (error) {
    // Two first requests at once: the other one has created the user.
    if (!hasCode(error, 'email_taken')) throw error;
    const other = await findLogin(deps.db, identity.loginKey);
    if (other === null) throw error;
    return other;
  }
}
