/** What to do about one. */
export const weakSecretAdvice =
  'is too weak: use at least 32 random characters (for example: openssl rand -base64 48), or leave it out and one is generated';

/** Secrets that sign tokens: at least 32 bytes, and not a word repeated to that length. */
export function isWeakSecret(secret: string | undefined): boolean {
  return secret !== undefined && (Buffer.byteLength(secret) < 32 || new Set(secret).size < 10);
}
