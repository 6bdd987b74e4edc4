import { and, eq, gt, isNull, or, sql } from 'drizzle-orm';
import { throughAll } from '../db/citus.ts';
import type { Database, Transaction } from '../db/database.ts';
import { isUniqueViolation } from '../db/errors.ts';
import { nobody } from '../db/ids.ts';
import {
  apiKeys,
  conversationDirectory,
  conversations,
  documents,
  installation,
  loginKeys,
  sessions,
  userCounters,
  users,
} from '../db/schema.ts';
import { AppError } from '../errors.ts';
import { keysOf, namedBlobs, queueBlobs } from '../files/store.ts';
import { type AuditEntry, recordAudit } from './audit-store.ts';
import { refuseUnderHold } from './hold-store.ts';
import type { UserScope } from './user-scope.ts';

export type UserRow = typeof users.$inferSelect;

/** Who is behind a login key. No scope exists yet: the answer is an id and nothing else. */
export async function findLogin(db: Database, key: string): Promise<string | null> {
  const [rows] = await db.read({ userId: nobody, askedLogin: key }, [
    { name: 'find_login', text: 'SELECT user_id AS id FROM login_keys WHERE key = $1', values: [key] },
  ]);
  const [found] = (rows ?? []) as { id: string }[];
  return found?.id ?? null;
}

export async function hasAccounts(db: Database): Promise<boolean> {
  const rows = await db.scoped({ userId: nobody }, (tx) =>
    tx.select({ key: installation.key }).from(installation).where(eq(installation.key, 'first_account')),
  );
  return rows.length > 0;
}

export interface NewUser {
  loginKey: string;
  email: string | null;
  name: string | null;
  passwordHash: string | null;
}

/**
 * Creates the account. `roleOf` is asked inside the transaction, with whether it is the installation's first: of many
 * at once one is. What it throws leaves no account.
 * @throws AppError `email_taken`
 */
export async function insertUser(
  db: Database,
  scope: UserScope,
  user: NewUser,
  roleOf: (isFirst: boolean) => UserRow['role'],
  now: Date,
  { mayBeFirst = true } = {},
): Promise<UserRow> {
  const { loginKey, ...account } = user;
  return refusingTaken(() =>
    db.scoped(scope, async (tx) => {
      const role = roleOf(mayBeFirst && (await claimFirst(tx, now)));
      const [row] = await tx
        .insert(users)
        .values({ ...account, id: scope.userId, role, status: 'active', createdAt: now, updatedAt: now })
        .returning();
      if (row === undefined) throw new Error('the account was not written');
      await insertBelow(tx, scope.userId, loginKey, now);
      await recordAudit(tx, scope, { action: 'account.created' }, now);
      return row;
    }),
  );
}

/**
 * Creates an account without a password for somebody whom another system knows: never the installation's first one, so
 * that the next who registers may still become its administrator. @throws AppError `email_taken`
 */
export async function insertProvidedUser(
  db: Database,
  scope: UserScope,
  { loginKey, ...account }: Pick<UserRow, 'email' | 'name' | 'status'> & { loginKey: string },
  now: Date,
): Promise<void> {
  await refusingTaken(() =>
    db.scoped(scope, async (tx) => {
      await tx
        .insert(users)
        .values({ ...account, id: scope.userId, role: 'user', createdAt: now, updatedAt: now });
      await insertBelow(tx, scope.userId, loginKey, now);
      await recordAudit(tx, scope, { action: 'account.created' }, now);
    }),
  );
}

/** Whether this transaction makes the installation's first account. */
export async function claimFirst(tx: Transaction, now: Date): Promise<boolean> {
  const first = await tx
    .insert(installation)
    .values({ key: 'first_account', value: now.toISOString() })
    .onConflictDoNothing()
    .returning({ key: installation.key });
  return first.length > 0;
}

/** What every account has beside its row. */
export async function insertBelow(tx: Transaction, userId: string, key: string, now: Date): Promise<void> {
  await tx.insert(loginKeys).values({ key, userId, createdAt: now });
  await tx.insert(userCounters).values({ userId });
}

/** @throws AppError `email_taken` when the account's login key is another's */
export async function refusingTaken<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new AppError('email_taken', 'An account with this e-mail address exists already: sign in instead.');
  }
}

export async function readUser(db: Database, scope: UserScope): Promise<UserRow | null> {
  const [row] = await db.reading(scope, (tx) => tx.select().from(users).where(eq(users.id, scope.userId)));
  return row ?? null;
}

/** What people change of their own account. */
export async function updateAccount(
  db: Database,
  scope: UserScope,
  change: Partial<Pick<UserRow, 'name' | 'retentionDays'>>,
  now: Date,
): Promise<UserRow> {
  const [row] = await db.scoped(scope, (tx) =>
    tx
      .update(users)
      .set({ ...change, updatedAt: now })
      .where(eq(users.id, scope.userId))
      .returning(),
  );
  if (row === undefined) throw new AppError('unauthenticated', 'This account does not exist any more.');
  return row;
}

/** Sets the password and ends every session, and every API key where that is asked for. */
export async function updatePassword(
  db: Database,
  scope: UserScope,
  passwordHash: string,
  revokeKeys: boolean,
  now: Date,
): Promise<{ user: UserRow; keys: { revoked: number; kept: number } }> {
  return db.scoped(scope, async (tx) => {
    await tx
      .update(sessions)
      .set({ revokedAt: now })
      .where(and(eq(sessions.userId, scope.userId), isNull(sessions.revokedAt)));
    const mine = eq(apiKeys.userId, scope.userId);
    const revoked = revokeKeys ? await tx.delete(apiKeys).where(mine).returning({ id: apiKeys.id }) : [];
    const live = or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, now));
    const kept = await tx.$count(apiKeys, and(mine, live));
    const [row] = await tx
      .update(users)
      .set({ passwordHash, tokenVersion: sql`${users.tokenVersion} + 1`, updatedAt: now })
      .where(eq(users.id, scope.userId))
      .returning();
    if (row === undefined) throw new AppError('unauthenticated', 'This account does not exist any more.');
    await recordAudit(tx, scope, { action: 'password.changed' }, now);
    return { user: row, keys: { revoked: revoked.length, kept } };
  });
}

/**
 * Erases the account and everything below it; its blobs are queued, and `entry` is written, in the same transaction.
 * @throws AppError `conflict` under a legal hold
 */
export async function eraseUser(
  db: Database,
  scope: UserScope,
  entry: AuditEntry | null,
  now: Date,
): Promise<void> {
  await db.scoped(scope, async (tx) => {
    await refuseUnderHold(tx, scope);
    const blobs = await tx.select(namedBlobs).from(documents).where(eq(documents.userId, scope.userId));
    await queueBlobs(tx, scope.userId, blobs.flatMap(keysOf), now);
    // Both lie apart from the user's rows, by keys of their own.
    await tx.execute(sql.raw(throughAll));
    const own = await tx
      .select({ id: conversations.id })
      .from(conversations)
      .where(eq(conversations.userId, scope.userId));
    const ids = sql.param(own.map(({ id }) => id));
    await tx
      .delete(conversationDirectory)
      .where(sql`${conversationDirectory.conversationId} = ANY(${ids}::uuid[])`);
    await tx.delete(loginKeys).where(eq(loginKeys.userId, scope.userId));
    await tx.delete(users).where(eq(users.id, scope.userId));
    if (entry !== null) await recordAudit(tx, scope, entry, now);
  });
}
