export interface AuthConfig {
  secret: string | undefined;
  /** Memory that each hash of a password takes. */
  hashKilobytes: number;
  registration: 'open' | 'closed' | undefined;
  issuer:
    | { issuer: string; audience: string; jwksUrl: string | undefined; secret: string | undefined }
    | undefined;
  /** Administrators among the external issuer's users: verified e-mail addresses, in lower case, and subjects. */
  admins: { emails: string[]; subjects: string[] };
}

/** Of the environment. */
export interface IssuerSettings {
  JWT_ISSUER?: string | undefined;
  JWT_AUDIENCE?: string | undefined;
  JWKS_URL?: string | undefined;
  JWT_SECRET?: string | undefined;
}

/** @throws Error that names the settings and says what they should be */
export function readIssuer(settings: IssuerSettings): AuthConfig['issuer'] {
  const { JWT_ISSUER: issuer, JWT_AUDIENCE: audience, JWKS_URL: jwksUrl, JWT_SECRET: secret } = settings;
  if (issuer === undefined && jwksUrl === undefined && secret === undefined) return undefined;
  if (issuer === undefined || audience === undefined)
    throw new Error('an external issuer needs JWT_ISSUER and JWT_AUDIENCE beside JWKS_URL or JWT_SECRET');
  if ((jwksUrl === undefined) === (secret === undefined))
    throw new Error('JWT_ISSUER needs exactly one of JWKS_URL (public keys) and JWT_SECRET (HS256)');
  return { issuer, audience, jwksUrl, secret };
}
