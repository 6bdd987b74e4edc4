import { errors, jwtVerify, SignJWT } from 'jose';
import { newId } from '../db/ids.ts';
import { AppError } from '../errors.ts';

export const accessTokenSeconds = 600;
const issuer = 'alcove';
const audience = 'alcove-api';
const type = 'at+jwt';
const rememberedTokens = 10_000;

export interface AccessClaims {
  userId: string;
  sessionId: string;
  tokenVersion: number;
}

export interface AccessTokens {
  sign(claims: AccessClaims): Promise<string>;
  /** @throws AppError `unauthenticated` or `token_expired` */
  verify(token: string): Promise<AccessClaims>;
}

/** HS256 with a pinned algorithm, issuer, audience and type: a token of any other kind is refused. */
export function createAccessTokens(secret: Uint8Array): AccessTokens {
  // A signature that has been checked once stays good until the token expires.
  const verified = new Map<string, { claims: AccessClaims; expiresAtMs: number }>();

  function remember(token: string, claims: AccessClaims, expiresAtMs: number): void {
    const oldest = verified.size >= rememberedTokens ? verified.keys().next().value : undefined;
    if (oldest !== undefined) verified.delete(oldest);
    verified.set(token, { claims, expiresAtMs });
  }

  return {
    sign: ({ userId, sessionId, tokenVersion }) =>
      new SignJWT({ sid: sessionId, ver: tokenVersion })
        .setProtectedHeader({ alg: 'HS256', typ: type })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(userId)
        .setIssuedAt()
        .setExpirationTime(`${accessTokenSeconds}s`)
        .setJti(newId())
        .sign(secret),
    async verify(token) {
      const known = verified.get(token);
      if (known !== undefined && Date.now() < known.expiresAtMs) return known.claims;
      try {
        const { payload } = await jwtVerify(token, secret, {
          algorithms: ['HS256'],
          issuer,
          audience,
          typ: type,
          requiredClaims: ['sub', 'sid', 'ver', 'exp', 'iat', 'jti'],
        });
        const { sub, sid, ver, exp } = payload;
        if (typeof sub !== 'string' || typeof sid !== 'string' || typeof ver !== 'number')
          throw invalidToken();
        const claims = { userId: sub, sessionId: sid, tokenVersion: ver };
        remember(token, claims, (exp ?? 0) * 1000);
        return claims;
      } catch (cause) {
        if (cause instanceof AppError) throw cause;
        if (cause instanceof errors.JWTExpired) {
          throw new AppError('token_expired', 'The access token has expired: refresh it or sign in again.', {
            cause,
          });
        }
        throw invalidToken(cause);
      }
    },
  };
}

export function invalidToken(cause?: unknown): AppError {
  return new AppError('unauthenticated', 'The access token is not valid: sign in again.', { cause });
}
