/** The login key of a link, over all users: it says whose the link is. */
export function linkKey(tokenHash: string): string {
  return `share:${tokenHash}`;
}
