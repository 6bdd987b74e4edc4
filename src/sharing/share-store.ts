import { and, desc, eq, inArray, sql } from 'drizzle-orm';
import type { ConversationScope } from '../conversations/scope.ts';
import type { AlsoWrite, Database } from '../db/database.ts';
import { conversations, documents, loginKeys, shares, users } from '../db/schema.ts';
import { recordAudit } from '../identity/audit-store.ts';
import { linkKey } from '../identity/link-key.ts';
import type { UserScope } from '../identity/user-scope.ts';

export type ShareRow = typeof shares.$inferSelect & { messageCount: number };

const columns = {
  userId: shares.userId,
  conversationId: shares.conversationId,
  id: shares.id,
  tokenHash: shares.tokenHash,
  passwordHash: shares.passwordHash,
  recipient: shares.recipient,
  access: shares.access,
  revision: shares.revision,
  leafId: shares.leafId,
  documentIds: shares.documentIds,
  snapshot: shares.snapshot,
  views: shares.views,
  expiresAt: shares.expiresAt,
  createdAt: shares.createdAt,
  updatedAt: shares.updatedAt,
  messageCount: sql<number>`jsonb_array_length((${shares.snapshot}::jsonb) -> 'messages')`,
};

/** A deleted conversation is out of sight, and its links with it. */
const itsConversation = and(
  eq(conversations.userId, shares.userId),
  eq(conversations.id, shares.conversationId),
);

export type NewShare = Pick<
  ShareRow,
  | 'id'
  | 'tokenHash'
  | 'passwordHash'
  | 'recipient'
  | 'access'
  | 'leafId'
  | 'documentIds'
  | 'snapshot'
  | 'expiresAt'
>;

export async function insertShare(
  db: Database,
  scope: ConversationScope,
  share: NewShare,
  now: Date,
  alsoWrite?: AlsoWrite<ShareRow>,
): Promise<ShareRow> {
  return db.scoped(scope, async (tx) => {
    const { userId, conversationId } = scope;
    await tx.insert(loginKeys).values({ key: linkKey(share.tokenHash), userId, createdAt: now });
    const [row] = await tx
      .insert(shares)
      .values({ ...share, userId, conversationId, createdAt: now, updatedAt: now })
      .returning(columns);
    if (row === undefined) throw new Error('the share was not written');
    await recordAudit(tx, scope.user, { action: 'share.created', target: share.id }, now);
    await alsoWrite?.(tx, row);
    return row;
  });
}

/** The newest first. */
export async function listShares(
  db: Database,
  scope: UserScope | ConversationScope,
  limit: number,
  after: { createdAt: Date; id: string } | null,
): Promise<ShareRow[]> {
  const one = 'conversationId' in scope ? scope.conversationId : scope.limitedTo;
  return db.reading(scope, (tx) =>
    tx
      .select({ ...columns, snapshot: sql<string>`''` })
      .from(shares)
      .innerJoin(conversations, itsConversation)
      .where(
        and(
          eq(shares.userId, scope.userId),
          one === undefined ? undefined : eq(shares.conversationId, one),
          after === null
            ? undefined
            : sql`(${shares.createdAt}, ${shares.id}) < (${after.createdAt.toISOString()}::timestamptz, ${after.id}::uuid)`,
        ),
      )
      .orderBy(desc(shares.createdAt), desc(shares.id))
      .limit(limit),
  );
}

export async function findShare(db: Database, user: UserScope, id: string): Promise<ShareRow | null> {
  const [row] = await db.reading(user, (tx) =>
    tx
      .select(columns)
      .from(shares)
      .innerJoin(conversations, itsConversation)
      .where(and(eq(shares.userId, user.userId), eq(shares.id, id))),
  );
  return row ?? null;
}

export type ShareChange = Partial<
  Pick<NewShare, 'passwordHash' | 'leafId' | 'documentIds' | 'snapshot' | 'expiresAt'>
>;

/** A new snapshot is a new revision. */
export async function updateShare(
  db: Database,
  scope: ConversationScope,
  id: string,
  change: ShareChange,
  now: Date,
): Promise<ShareRow | null> {
  return db.scoped(scope, async (tx) => {
    const [row] = await tx
      .update(shares)
      .set({
        ...change,
        ...(change.snapshot === undefined ? {} : { revision: sql`${shares.revision} + 1` }),
        updatedAt: now,
      })
      .where(and(eq(shares.userId, scope.userId), eq(shares.id, id)))
      .returning(columns);
    if (row === undefined) return null;
    await recordAudit(tx, scope.user, { action: 'share.updated', target: id }, now);
    return row;
  });
}

/** The link ends at once. */
export async function deleteShare(
  db: Database,
  scope: ConversationScope,
  id: string,
  now: Date,
): Promise<boolean> {
  return db.scoped(scope, async (tx) => {
    const [row] = await tx
      .delete(shares)
      .where(and(eq(shares.userId, scope.userId), eq(shares.id, id)))
      .returning({ tokenHash: shares.tokenHash });
    if (row === undefined) return false;
    await tx
      .delete(loginKeys)
      .where(and(eq(loginKeys.key, linkKey(row.tokenHash)), eq(loginKeys.userId, scope.userId)));
    await recordAudit(tx, scope.user, { action: 'share.revoked', target: id }, now);
    return true;
  });
}

/** The link of a token as long as it counts: not expired, of an active account, its conversation there. */
export async function readOpenShare(
  db: Database,
  owner: UserScope,
  tokenHash: string,
): Promise<ShareRow | null> {
  const [row] = await db.reading(owner, (tx) =>
    tx
      .select(columns)
      .from(shares)
      .innerJoin(users, eq(users.id, shares.userId))
      .innerJoin(conversations, itsConversation)
      .where(isOpen(owner, tokenHash)),
  );
  return row ?? null;
}

/** Whether `readOpenShare` finds it, without reading what it shows. */
export async function isOpenShare(db: Database, owner: UserScope, tokenHash: string): Promise<boolean> {
  const rows = await db.reading(owner, (tx) =>
    tx
      .select({ id: shares.id })
      .from(shares)
      .innerJoin(users, eq(users.id, shares.userId))
      .innerJoin(conversations, itsConversation)
      .where(isOpen(owner, tokenHash)),
  );
  return rows.length > 0;
}

function isOpen(owner: UserScope, tokenHash: string) {
  return and(
    eq(shares.userId, owner.userId),
    eq(shares.tokenHash, tokenHash),
    eq(users.status, 'active'),
    sql`(${shares.expiresAt} IS NULL OR ${shares.expiresAt} > now())`,
  );
}

/** Those of the documents that are still there: one that is deleted goes from its links too. */
export async function existingDocuments(
  db: Database,
  scope: ConversationScope,
  ids: readonly string[],
): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await db.reading(scope, (tx) =>
    tx
      .select({ id: documents.id })
      .from(documents)
      .where(
        and(
          eq(documents.userId, scope.userId),
          eq(documents.conversationId, scope.conversationId),
          inArray(documents.id, [...ids]),
        ),
      ),
  );
  return new Set(rows.map(({ id }) => id));
}

/** Every document of the conversation. */
export async function allDocuments(db: Database, scope: ConversationScope): Promise<string[]> {
  const rows = await db.reading(scope, (tx) =>
    tx
      .select({ id: documents.id })
      .from(documents)
      .where(and(eq(documents.userId, scope.userId), eq(documents.conversationId, scope.conversationId))),
  );
  return rows.map(({ id }) => id);
}

/** Nothing else is kept of a reader. */
export async function countView(db: Database, owner: UserScope, id: string): Promise<void> {
  await db.scoped(owner, (tx) =>
    tx
      .update(shares)
      .set({ views: sql`${shares.views} + 1` })
      .where(and(eq(shares.userId, owner.userId), eq(shares.id, id))),
  );
}
