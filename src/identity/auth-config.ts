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
