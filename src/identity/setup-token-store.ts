import { and, eq, gt, isNull, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { apiKeys, sessions, setupTokens, users } from '../db/schema.ts';
import { recordAudit } from './audit-store.ts';
import type { SetupTokenRow } from './people-store.ts';
import type { UserRow } from './store.ts';
import type { UserScope } from './user-scope.ts';

type Proof = Pick<SetupTokenRow, 'purpose' | 'tokenHash'>;

/** Asked before a password costs anything. */
export async function isSetupToken(
  db: Database,
  scope: UserScope,
  proof: Proof,
  now: Date,
): Promise<boolean> {
  const rows = await db.reading(scope, (tx) =>
    tx
      .select({ userId: setupTokens.userId })
      .from(setupTokens)
      .where(isGood(scope, proof, now)),
  );
  return rows.length > 0;
}

/** Leaves a link of the user's own asking. */
export async function putOwnSetupToken(
  db: Database,
  scope: UserScope,
  token: SetupTokenRow,
  address: string | undefined,
  now: Date,
): Promise<void> {
  const { tokenHash, expiresAt } = token;
  await db.scoped(scope, async (tx) => {
    await tx
      .insert(setupTokens)
      .values({ userId: scope.userId, ...token, createdAt: now })
      .onConflictDoUpdate({
        target: [setupTokens.userId, setupTokens.purpose],
        set: { tokenHash, expiresAt, createdAt: now },
      });
    await recordAudit(tx, scope, { action: 'password.reset_requested', address }, now);
  });
}

export interface NewPassword {
  passwordHash: string;
  name?: string | undefined;
  revokeKeys: boolean;
  address: string | undefined;
}

/** Uses the token, sets the password and ends every session. Null when the token does not serve any more. */
export async function useSetupToken(
  db: Database,
  scope: UserScope,
  proof: Proof,
  { passwordHash, name, revokeKeys, address }: NewPassword,
  now: Date,
): Promise<UserRow | null> {
  return db.scoped(scope, async (tx) => {
    const used = await tx
      .delete(setupTokens)
      .where(isGood(scope, proof, now))
      .returning({ userId: setupTokens.userId });
    if (used.length === 0) return null;
    await tx.delete(setupTokens).where(eq(setupTokens.userId, scope.userId));
    await tx
      .update(sessions)
      .set({ revokedAt: now })
      .where(and(eq(sessions.userId, scope.userId), isNull(sessions.revokedAt)));
    if (revokeKeys) await tx.delete(apiKeys).where(eq(apiKeys.userId, scope.userId));
    const [row] = await tx
      .update(users)
      .set({
        passwordHash,
        name,
        status: 'active',
        tokenVersion: sql`${users.tokenVersion} + 1`,
        updatedAt: now,
      })
      .where(
        and(eq(users.id, scope.userId), eq(users.status, proof.purpose === 'invite' ? 'invited' : 'active')),
      )
      .returning();
    if (row === undefined) return null;
    const action = proof.purpose === 'invite' ? 'account.created' : 'password.reset';
    await recordAudit(tx, scope, { action, address }, now);
    return row;
  });
}

function isGood(scope: UserScope, { purpose, tokenHash }: Proof, now: Date) {
  return and(
    eq(setupTokens.userId, scope.userId),
    eq(setupTokens.purpose, purpose),
    eq(setupTokens.tokenHash, tokenHash),
    gt(setupTokens.expiresAt, now),
  );
}
