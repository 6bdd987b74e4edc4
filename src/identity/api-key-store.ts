import { and, desc, eq, gt, isNull, or, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { apiKeys, users } from '../db/schema.ts';
import { recordAudit } from './audit-store.ts';
import type { UserScope } from './user-scope.ts';
import type { UserRow } from './store.ts';

export type ApiKeyRow = typeof apiKeys.$inferSelect;

export async function insertApiKey(
  db: Database,
  scope: UserScope,
  key: Omit<ApiKeyRow, 'userId' | 'lastUsedAt'>,
): Promise<ApiKeyRow> {
  return db.scoped(scope, async (tx) => {
    const [row] = await tx
      .insert(apiKeys)
      .values({ ...key, userId: scope.userId })
      .returning();
    if (row === undefined) throw new Error('the API key was not written');
    await recordAudit(tx, scope, { action: 'key.created', target: row.id }, row.createdAt);
    return row;
  });
}

export async function listApiKeys(
  db: Database,
  scope: UserScope,
  limit: number,
  after: { createdAt: Date; id: string } | null,
): Promise<ApiKeyRow[]> {
  const before =
    after === null
      ? undefined
      : sql`(${apiKeys.createdAt}, ${apiKeys.id}) < (${after.createdAt}, ${after.id})`;
  return db.scoped(scope, (tx) =>
    tx
      .select()
      .from(apiKeys)
      .where(and(eq(apiKeys.userId, scope.userId), before))
      .orderBy(desc(apiKeys.createdAt), desc(apiKeys.id))
      .limit(limit),
  );
}

/** The live key with this hash, of an active user; its use is noted at most once a minute. */
export async function findApiKey(
  db: Database,
  scope: UserScope,
  keyHash: string,
  now: Date,
): Promise<{ key: ApiKeyRow; user: UserRow } | null> {
  return db.scoped(scope, async (tx) => {
    const [row] = await tx
      .select({ key: apiKeys, user: users })
      .from(apiKeys)
      .innerJoin(users, eq(users.id, apiKeys.userId))
      .where(
        and(
          eq(apiKeys.userId, scope.userId),
          eq(apiKeys.keyHash, keyHash),
          or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, now)),
        ),
      );
    if (row === undefined) return null;
    const { lastUsedAt } = row.key;
    if (lastUsedAt === null || now.getTime() - lastUsedAt.getTime() > 60_000) {
      await tx
        .update(apiKeys)
        .set({ lastUsedAt: now })
        .where(and(eq(apiKeys.userId, scope.userId), eq(apiKeys.id, row.key.id)));
    }
    return row;
  });
}

/** False when there is none. */
export async function deleteApiKey(db: Database, scope: UserScope, id: string, now: Date): Promise<boolean> {
  return db.scoped(scope, async (tx) => {
    const rows = await tx
      .delete(apiKeys)
      .where(and(eq(apiKeys.userId, scope.userId), eq(apiKeys.id, id)))
      .returning({ id: apiKeys.id });
    if (rows.length === 0) return false;
    await recordAudit(tx, scope, { action: 'key.revoked', target: id }, now);
    return true;
  });
}
