/** The user id inside a refresh token, API key or setup token, or null when it has not that form. */
export function userIdIn(token: string, prefix: 'alr' | 'alk' | 'ali' | 'alp'): string | null {
  const match = /^(al[rkip])_([A-Za-z0-9_-]{22})_[A-Za-z0-9_-]{43}$/.exec(token);
  if (match === null || match[1] !== prefix || match[2] === undefined) return null;
  const hex = Buffer.from(match[2], 'base64url').toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export function packId(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');
}
