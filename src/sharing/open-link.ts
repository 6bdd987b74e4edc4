import type { SharedConversation } from '@alcove/contract';
import { ConversationScope } from '../conversations/scope.ts';
import type { Database } from '../db/database.ts';
import { AppError } from '../errors.ts';
import type { IdentityDeps } from '../identity/deps.ts';
import { linkKey } from '../identity/link-key.ts';
import { sha256 } from '../identity/secrets.ts';
import { findLogin } from '../identity/store.ts';
import { UserScope } from '../identity/user-scope.ts';
import { allDocuments, countView, existingDocuments, readOpenShare, type ShareRow } from './share-store.ts';
import { presentSnapshot, takeSnapshot } from './snapshot.ts';

export interface Visitor {
  password: string | undefined;
  address: string;
  /** The account of whoever asks, for links that are for one person; null for a stranger. */
  account: () => Promise<string | null>;
}

export type LinkDeps = Pick<IdentityDeps, 'db' | 'passwords' | 'attempts'>;

export interface EnteredLink {
  row: ShareRow;
  /** Of the owner's, for what the link shows and nothing else. */
  scope: ConversationScope;
  /** Who opens it, where it is for one person; null where that is not asked. */
  reader: string | null;
}

export interface OpenLink extends EnteredLink {
  existing: ReadonlySet<string>;
  /** The answer that is being written, where the link is to take part. */
  answering: string | null;
}

/**
 * The link that the token is. One that is unknown, revoked, expired, for somebody else, or of a conversation or account
 * that is gone looks the same.
 * @throws AppError `not_found`; `unauthenticated` without the right password; `rate_limited`
 */
export async function enterLink(token: string, visitor: Visitor, deps: LinkDeps): Promise<EnteredLink> {
  const tokenHash = sha256(token);
  const ownerId = await findLogin(deps.db, linkKey(tokenHash));
  if (ownerId === null) throw linkMissing();
  const row = await readOpenShare(deps.db, UserScope.grant(ownerId), tokenHash);
  if (row === null) throw linkMissing();
  // Nothing but this conversation is within reach of a link.
  const owner = UserScope.grant(ownerId, row.conversationId);
  const reader = row.recipient === null ? null : await visitor.account();
  if (row.recipient !== null) {
    const meant = await findLogin(deps.db, row.recipient);
    if (reader === null || (reader !== meant && reader !== ownerId)) throw linkMissing();
  }
  if (row.passwordHash !== null) await demandPassword(row.passwordHash, row.id, visitor, deps);
  return { row, scope: ConversationScope.ofOwnRow(owner, row), reader };
}

/** The same with what it shows. @throws AppError as `enterLink` does */
export async function openLink(token: string, visitor: Visitor, deps: LinkDeps): Promise<OpenLink> {
  const { row, scope, reader } = await enterLink(token, visitor, deps);
  const { shown, answering } =
    row.access === 'take_part' && reader !== null
      ? await asItIs(row, scope, reader, deps.db)
      : { shown: row, answering: null };
  const existing = await existingDocuments(deps.db, scope, shown.documentIds);
  return { row: shown, scope, reader, existing, answering };
}

/** Whoever takes part sees the whole conversation, with what its answers cite from any of its documents. */
async function asItIs(row: ShareRow, scope: ConversationScope, reader: string, db: Database) {
  const documentIds = await allDocuments(db, scope);
  const { text, leafId, answering } = await takeSnapshot(scope, undefined, documentIds, db, reader);
  return { shown: { ...row, snapshot: text, leafId, documentIds }, answering };
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

/** What a reader sees; counted unless they say that they have read it before. */
export async function viewLink(
  token: string,
  visitor: Visitor,
  isFirst: boolean,
  deps: LinkDeps,
): Promise<SharedConversation> {
  const { row, scope, reader, existing, answering } = await openLink(token, visitor, deps);
  if (isFirst) await countView(deps.db, scope.user, row.id);
  return {
    ...presentSnapshot(row.snapshot, existing),
    access: row.access,
    may_write: row.access === 'take_part' && reader !== scope.userId,
    answering,
    revision: row.revision,
    shared_at: row.updatedAt.toISOString(),
    expires_at: row.expiresAt?.toISOString() ?? null,
  };
}

function linkMissing(): AppError {
  return new AppError('not_found', 'This link does not exist, or it has ended.');
}
