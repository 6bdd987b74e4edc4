import { and, eq, isNull, lt, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/database.ts';
import { idempotencyKeys } from '../db/schema.ts';
import type { UserScope } from './user-scope.ts';

export type KeyClaim =
  | { outcome: 'claimed' }
  | { outcome: 'running' }
  | { outcome: 'mismatch' }
  | { outcome: 'answered'; status: number; response: string };

const keepMs = 24 * 3600_000;
/** A request that died without an answer gives its key back after this time. */
const lockMs = 60_000;

/** Claims the key for this request, or says what became of the request that had it first. */
export async function claimKey(
  db: Database,
  scope: UserScope,
  key: string,
  requestHash: string,
  now: Date,
): Promise<KeyClaim> {
  const lockedUntil = new Date(now.getTime() + lockMs);
  const expiresAt = new Date(now.getTime() + keepMs);
  return db.scoped(scope, async (tx) => {
    const mine = and(eq(idempotencyKeys.userId, scope.userId), eq(idempotencyKeys.key, key));
    const claimed = await tx
      .insert(idempotencyKeys)
      .values({ userId: scope.userId, key, requestHash, lockedUntil, expiresAt })
      .onConflictDoUpdate({
        target: [idempotencyKeys.userId, idempotencyKeys.key],
        set: { requestHash, lockedUntil, expiresAt, status: null, response: null },
        // Expired, or left behind by a request that died: it is free again.
        setWhere: sql`${idempotencyKeys.expiresAt} < ${now.toISOString()}::timestamptz
          OR (${idempotencyKeys.status} IS NULL AND ${idempotencyKeys.lockedUntil} < ${now.toISOString()}::timestamptz
            AND ${idempotencyKeys.requestHash} = ${requestHash})`,
      })
      .returning({ key: idempotencyKeys.key });
    if (claimed.length > 0) return { outcome: 'claimed' };
    const [row] = await tx.select().from(idempotencyKeys).where(mine);
    if (row === undefined) return { outcome: 'running' };
    if (row.requestHash !== requestHash) return { outcome: 'mismatch' };
    if (row.status === null) return { outcome: 'running' };
    return { outcome: 'answered', status: row.status, response: row.response ?? '' };
  });
}

export async function settleKey(
  db: Database,
  scope: UserScope,
  key: string,
  answer: { status: number; response: string },
): Promise<void> {
  await db.scoped(scope, (tx) => settleKeyWithin(tx, scope, key, answer));
}

/** In the transaction that has the effect: a crash cannot come between the two, so that a repeat has one effect. */
export async function settleKeyWithin(
  tx: Transaction,
  scope: UserScope,
  key: string,
  answer: { status: number; response: string },
): Promise<void> {
  await tx
    .update(idempotencyKeys)
    .set(answer)
    .where(and(eq(idempotencyKeys.userId, scope.userId), eq(idempotencyKeys.key, key)));
}

/** A request that changed nothing gives its key back. */
export async function releaseKey(db: Database, scope: UserScope, key: string): Promise<void> {
  await db.scoped(scope, (tx) =>
    tx
      .delete(idempotencyKeys)
      .where(
        and(
          eq(idempotencyKeys.userId, scope.userId),
          eq(idempotencyKeys.key, key),
          isNull(idempotencyKeys.status),
        ),
      ),
  );
}

export async function deleteExpiredKeys(db: Database, now: Date): Promise<void> {
  await db.asWorker((tx) => tx.delete(idempotencyKeys).where(lt(idempotencyKeys.expiresAt, now)));
}
