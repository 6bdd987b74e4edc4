import { and, asc, eq, gt, inArray, isNotNull, lt, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { auditLog, sessions, setupTokens, users } from '../db/schema.ts';
import { addressPrefix } from '../limits/address-prefix.ts';
import { operatorId } from './admin-scope.ts';
import type { UserScope } from './user-scope.ts';

/** Ids of accounts behind `after`, in their order. */
export async function readUserIds(db: Database, after: string, limit: number): Promise<string[]> {
  const rows = await db.asAdmin({ userId: operatorId }, 'everybody', (tx) =>
    tx.select({ id: users.id }).from(users).where(gt(users.id, after)).orderBy(asc(users.id)).limit(limit),
  );
  return rows.map(({ id }) => id);
}

/**
 * Drops sessions and reset links that are over.
 * @returns whether the account is an invitation whose link was over before `invitesBefore`
 */
export async function forgetOldCredentials(
  db: Database,
  scope: UserScope,
  now: Date,
  invitesBefore: Date,
): Promise<boolean> {
  return db.scoped(scope, async (tx) => {
    const mine = eq(setupTokens.userId, scope.userId);
    await tx.delete(sessions).where(and(eq(sessions.userId, scope.userId), lt(sessions.expiresAt, now)));
    await tx
      .delete(setupTokens)
      .where(and(mine, eq(setupTokens.purpose, 'reset'), lt(setupTokens.expiresAt, now)));
    const over = await tx
      .select({ id: users.id })
      .from(users)
      .innerJoin(setupTokens, and(eq(setupTokens.userId, users.id), eq(setupTokens.purpose, 'invite')))
      .where(
        and(
          eq(users.id, scope.userId),
          eq(users.status, 'invited'),
          lt(setupTokens.expiresAt, invitesBefore),
        ),
      );
    return over.length > 0;
  });
}

/** Puts networks in the place of addresses in at most `limit` entries. @returns how many there were */
export async function cutAuditAddresses(db: Database, before: Date, limit: number): Promise<number> {
  return db.asWorker('everybody', async (tx) => {
    const rows = await tx
      .select({ userId: auditLog.userId, id: auditLog.id, address: auditLog.address })
      .from(auditLog)
      .where(
        and(
          lt(auditLog.createdAt, before),
          isNotNull(auditLog.address),
          sql`position('/' in ${auditLog.address}) = 0`,
        ),
      )
      .limit(limit);
    for (const { userId, id, address } of rows)
      await tx
        .update(auditLog)
        .set({ address: addressPrefix(address ?? '') })
        .where(and(eq(auditLog.userId, userId), eq(auditLog.id, id)));
    return rows.length;
  });
}

/** Deletes at most `limit` entries. @returns how many there were */
export async function deleteOldAudit(db: Database, before: Date, limit: number): Promise<number> {
  return db.asWorker('everybody', async (tx) => {
    const rows = await tx
      .select({ userId: auditLog.userId, id: auditLog.id })
      .from(auditLog)
      .where(lt(auditLog.createdAt, before))
      .limit(limit);
    for (const [userId, own] of Map.groupBy(rows, (row) => row.userId)) {
      const ids = own.map(({ id }) => id);
      await tx.delete(auditLog).where(and(eq(auditLog.userId, userId), inArray(auditLog.id, ids)));
    }
    return rows.length;
  });
}
