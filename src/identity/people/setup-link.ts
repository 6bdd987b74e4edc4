import { randomBytes } from 'node:crypto';
import type { Mailer } from '../../mail/mailer.ts';
import { packId } from '../packed-id.ts';
import type { SetupTokenRow } from '../people-store.ts';
import { sha256 } from '../secrets.ts';

/** How people get to set their password. */
export interface Setup {
  /** Where links lead, without a slash at its end; undefined: where the administrator's request went. */
  baseUrl: string | undefined;
  inviteMs: number;
  resetMs: number;
  /** Null: the administrator hands links over. */
  mailer: Mailer | null;
}

export const prefixOf = { invite: 'ali', reset: 'alp' } as const;

export interface SetupToken extends SetupTokenRow {
  /** Shown once; the row holds its hash. */
  token: string;
}

/** `ali_<user id>_<256 random bits>`: the id says where to look, the rest is the secret. */
export function newSetupToken(
  purpose: SetupTokenRow['purpose'],
  userId: string,
  now: Date,
  lifeMs: number,
): SetupToken {
  const token = `${prefixOf[purpose]}_${packId(userId)}_${randomBytes(32).toString('base64url')}`;
  return { purpose, token, tokenHash: sha256(token), expiresAt: new Date(now.getTime() + lifeMs) };
}

export function rowOf({ purpose, tokenHash, expiresAt }: SetupToken): SetupTokenRow {
  return { purpose, tokenHash, expiresAt };
}

/** Behind a #, so that the token reaches no log of a proxy and no other site. */
export function linkOf(baseUrl: string, { token }: SetupToken): string {
  return `${baseUrl}/setup#${token}`;
}

/** What the administrator gets: a link that was sent is not theirs to use. */
export interface HandedLink {
  expiresAt: Date;
  sent: boolean;
  link: string | null;
  token: string | null;
}

/** Sends the link, or gives it to the administrator when there is no e-mail or it cannot be sent. */
export async function handOver(
  setupToken: SetupToken,
  email: string | null,
  origin: string,
  { baseUrl, mailer }: Setup,
): Promise<HandedLink> {
  const { token, expiresAt } = setupToken;
  const link = linkOf(baseUrl ?? origin, setupToken);
  const letter = { to: email ?? '', ...letterOf(setupToken, link) };
  const sent = mailer !== null && email !== null && (await mailer.send(letter));
  return sent ? { expiresAt, sent, link: null, token: null } : { expiresAt, sent, link, token };
}

export function letterOf(
  { purpose, expiresAt }: SetupToken,
  link: string,
): { subject: string; text: string } {
  const until = `It can be used once, until ${expiresAt.toISOString().slice(0, 16).replace('T', ' ')} UTC.`;
  if (purpose === 'invite')
    return {
      subject: 'Your invitation to Alcove',
      text: `You have been invited to Alcove. Choose your password here:\n\n${link}\n\n${until}\n`,
    };
  return {
    subject: 'Set a new password for Alcove',
    text: `Set a new password for your account here:\n\n${link}\n\n${until} If you did not ask for it, do nothing.\n`,
  };
}
