import {
  createRemoteJWKSet,
  decodeJwt,
  errors,
  jwtVerify,
  type JWTPayload,
  type JWTVerifyGetKey,
} from 'jose';
import type { AuthConfig } from './auth-config.ts';
import { AppError } from '../errors.ts';

export interface ExternalIdentity {
  /** `issuer:<iss>|<sub>`, unique over all users. */
  loginKey: string;
  subject: string;
  email: string | null;
  isEmailVerified: boolean;
  name: string | null;
}

export interface ExternalIssuer {
  /** True when the token says that it is from this issuer; nothing is verified yet. */
  claims(token: string): boolean;
  /** @throws AppError `unauthenticated` or `token_expired` */
  verify(token: string): Promise<ExternalIdentity>;
}

const asymmetric = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** Accepts tokens of the company's own identity provider: public keys from its JWKS, or one shared HS256 secret. */
export function createExternalIssuer(config: NonNullable<AuthConfig['issuer']>): ExternalIssuer {
  const { issuer, audience, jwksUrl, secret } = config;
  const key: JWTVerifyGetKey | Uint8Array =
    jwksUrl === undefined ? new TextEncoder().encode(secret) : createRemoteJWKSet(new URL(jwksUrl));
  const options = {
    algorithms: jwksUrl === undefined ? ['HS256'] : asymmetric,
    issuer,
    audience,
    requiredClaims: ['sub', 'exp'],
    clockTolerance: 30,
  };
  return {
    claims(token) {
      try {
        return decodeJwt(token).iss === issuer;
      } catch {
        // Not a JWT at all: not this issuer's.
        return false;
      }
    },
    async verify(token) {
      try {
        const { payload } =
          typeof key === 'function'
            ? await jwtVerify(token, key, options)
            : await jwtVerify(token, key, options);
        return identityOf(payload, issuer);
      } catch (cause) {
        if (cause instanceof AppError) throw cause;
        if (cause instanceof errors.JWTExpired) {
          throw new AppError('token_expired', 'The token has expired: sign in again at your provider.', {
            cause,
          });
        }
        if (cause instanceof errors.JWKSTimeout || !(cause instanceof errors.JOSEError)) {
          throw new AppError('unavailable', 'The keys of the identity provider cannot be read right now.', {
            cause,
            retryAfterSeconds: 5,
          });
        }
        throw new AppError('unauthenticated', 'The token is not valid here.', { cause });
      }
    },
  };
}

function identityOf(payload: JWTPayload, issuer: string): ExternalIdentity {
  const { sub, email, email_verified: verified, name } = payload;
  if (typeof sub !== 'string' || sub.length === 0 || sub.length > 500) {
    throw new AppError('unauthenticated', 'The token names no subject.');
  }
  return {
    loginKey: `issuer:${issuer}|${sub}`,
    subject: sub,
    isEmailVerified: verified === true,
    email: typeof email === 'string' ? email.slice(0, 254) : null,
    name: typeof name === 'string' ? name.slice(0, 200) : null,
  };
}
