import type { SharedConversation } from '@alcove/contract';
import { ConversationScope } from '../conversations/scope.ts';
import { AppError } from '../errors.ts';
import type { IdentityDeps } from '../identity/deps.ts';
import { sha256 } from '../identity/secrets.ts';
import { findLogin } from '../identity/store.ts';
import { UserScope } from '../identity/user-scope.ts';
import { countView, existingDocuments, linkKey, readOpenShare, type ShareRow } from './share-store.ts';
import { presentSnapshot } from './snapshot.ts';

export interface Visitor {
  password: string | undefined;
  address: string;
  /** The account of whoever asks, for links that are for one person; null for a stranger. */
  account: () => Promise<string | null>;
}

export type LinkDeps = Pick<IdentityDeps, 'db' | 'passwords' | 'attempts'>;

export interface OpenLink {
  row: ShareRow;
  /** Of the owner's, for what the link shows and nothing else. */
  scope: ConversationScope;
  existing: ReadonlySet<string>;
}

/**
 * The link that the token is. One that is unknown, revoked, expired, for somebody else, or of a conversation or account
 * that is gone looks the same.
 * @throws AppError `not_found`; `unauthenticated` without the right password; `rate_limited`
 */
export async function openLink(token: string, visitor: Visitor, deps: LinkDeps): Promise<OpenLink> {
  const tokenHash = sha256(token);
  const ownerId = await findLogin(deps.db, linkKey(tokenHash));
  if (ownerId === null) throw linkMissing();
  const owner = UserScope.grant(ownerId);
  const row = await readOpenShare(deps.db, owner, tokenHash);
  if (row === null) throw linkMissing();
  if (row.recipient !== null) {
    const account = await visitor.account();
    const meant = await findLogin(deps.db, row.recipient);
    if (account === null || (account !== meant && account !== ownerId)) throw linkMissing();
  }
  if (row.passwordHash !== null) await demandPassword(row.passwordHash, row.id, visitor, deps);
  const scope = ConversationScope.ofOwnRow(owner, row);
  return { row, scope, existing: await existingDocuments(deps.db, scope, row.documentIds) };
}

async function demandPassword(
  stored: string,
  shareId: string,
  { password, address }: Visitor,
  { passwords, attempts }: LinkDeps,
): Promise<void> {
  if (password === undefined)
    throw new AppError('unauthenticated', 'This link needs a password: send it as X-Share-Password.');
  const claimant = { account: `share:${shareId}`, address };
  await attempts.begin(claimant);
  if (!(await passwords.verify(stored, password)))
    throw new AppError('unauthenticated', 'The password of this link is wrong.');
  await attempts.succeeded(claimant);
}

/** What a reader sees, counted once. */
export async function viewLink(token: string, visitor: Visitor, deps: LinkDeps): Promise<SharedConversation> {
  const { row, scope, existing } = await openLink(token, visitor, deps);
  await countView(deps.db, scope.user, row.id);
  return {
    ...presentSnapshot(row.snapshot, existing),
    revision: row.revision,
    shared_at: row.updatedAt.toISOString(),
    expires_at: row.expiresAt?.toISOString() ?? null,
  };
}

function linkMissing(): AppError {
  return new AppError('not_found', 'This link does not exist, or it has ended.');
}
