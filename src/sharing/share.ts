import { createHmac } from 'node:crypto';
import type { ConversationScope } from '../conversations/scope.ts';
import type { AlsoWrite, Database } from '../db/database.ts';
import { newId } from '../db/ids.ts';
import { AppError } from '../errors.ts';
import type { IdentityDeps } from '../identity/deps.ts';
import { emailKey } from '../identity/register.ts';
import { sha256 } from '../identity/secrets.ts';
import { existingDocuments, insertShare, type ShareRow, updateShare } from './share-store.ts';
import { takeSnapshot } from './snapshot.ts';

export type ShareDeps = Pick<IdentityDeps, 'db' | 'passwords' | 'shareKey' | 'now'>;

/** 256 bits that only this installation can make of the id: kept nowhere, and shown again when its owner asks. */
export function tokenOf(id: string, { shareKey }: Pick<ShareDeps, 'shareKey'>): string {
  return createHmac('sha256', shareKey).update(id).digest('base64url');
}

export interface ShareInput {
  leafId: string | undefined;
  documentIds: readonly string[];
  expiresAt: Date | null;
  password: string | null;
  recipient: string | null;
  access: ShareRow['access'];
}

/** Makes a link to what the conversation says now. @throws AppError of takeSnapshot, `invalid_request` */
export async function shareConversation(
  scope: ConversationScope,
  input: ShareInput,
  deps: ShareDeps,
  alsoWrite?: AlsoWrite<ShareRow>,
): Promise<ShareRow> {
  refusePast(input.expiresAt, deps);
  if (input.access === 'take_part') refuseEverybody(input);
  const { text, leafId } = await takeSnapshot(scope, input.leafId, input.documentIds, deps.db);
  const id = newId();
  const share = {
    id,
    tokenHash: sha256(tokenOf(id, deps)),
    passwordHash: input.password === null ? null : await deps.passwords.hash(input.password),
    recipient: input.recipient === null ? null : emailKey(input.recipient),
    access: input.access,
    leafId,
    documentIds: [...new Set(input.documentIds)],
    snapshot: text,
    expiresAt: input.expiresAt,
  };
  return insertShare(deps.db, scope, share, deps.now(), alsoWrite);
}

/** What is undefined stays as it was; null ends it. */
export interface ShareUpdate {
  leafId?: string | undefined;
  documentIds?: readonly string[] | undefined;
  expiresAt?: Date | null | undefined;
  password?: string | null | undefined;
  refresh: boolean;
}

/** The address stays, and shows what the conversation says now. Null when it is gone. */
export async function changeShare(
  scope: ConversationScope,
  row: ShareRow,
  input: ShareUpdate,
  deps: ShareDeps,
): Promise<ShareRow | null> {
  if (input.expiresAt) refusePast(input.expiresAt, deps);
  const { password } = input;
  const isShowingMore = input.leafId !== undefined || input.documentIds !== undefined;
  const shown = input.refresh || isShowingMore ? await takeAgain(scope, row, input, deps.db) : null;
  return updateShare(
    deps.db,
    scope,
    row.id,
    {
      ...(shown === null
        ? {}
        : { snapshot: shown.text, leafId: shown.leafId, documentIds: shown.documentIds }),
      ...(input.expiresAt === undefined ? {} : { expiresAt: input.expiresAt }),
      ...(password === undefined
        ? {}
        : { passwordHash: password === null ? null : await deps.passwords.hash(password) }),
    },
    deps.now(),
  );
}

/** Of documents that nobody names now those that are still there: one that was deleted or moved away is shown no longer. */
async function takeAgain(scope: ConversationScope, row: ShareRow, input: ShareUpdate, db: Database) {
  const there = await existingDocuments(db, scope, row.documentIds);
  const documentIds = [...new Set(input.documentIds ?? row.documentIds.filter((id) => there.has(id)))];
  return { ...(await takeSnapshot(scope, input.leafId, documentIds, db)), documentIds };
}

/** Whoever writes in a conversation has a name. */
function refuseEverybody({ recipient, leafId }: ShareInput): void {
  if (recipient !== null && leafId === undefined) return;
  const path = recipient === null ? 'recipient' : 'leaf_id';
  throw new AppError(
    'invalid_request',
    'To take part is for one person (recipient), and in the conversation as it is (no leaf_id).',
    { issues: [{ path, message: recipient === null ? 'is missing' : 'is not for access take_part' }] },
  );
}

function refusePast(expiresAt: Date | null, { now }: ShareDeps): void {
  if (expiresAt === null || expiresAt > now()) return;
  throw new AppError('invalid_request', 'The link would have expired already.', {
    issues: [{ path: 'expires_at', message: 'is in the past' }],
  });
}
