import { and, desc, eq, gt, isNull, lt, or, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/database.ts';
import { isUniqueViolation } from '../db/errors.ts';
import { newId } from '../db/ids.ts';
import {
  apiKeys,
  auditLog,
  blobDeletions,
  conversationDirectory,
  documents,
  installation,
  loginKeys,
  refreshTokens,
  sessions,
  userCounters,
  users,
} from '../db/schema.ts';
import { AppError } from '../errors.ts';
import type { UserScope } from './user-scope.ts';

export type UserRow = typeof users.$inferSelect;
export type ApiKeyRow = typeof apiKeys.$inferSelect;

/** Who is behind a login key. No scope exists yet: the answer is an id and nothing else. */
export async function findLogin(db: Database, key: string): Promise<string | null> {
  const nobody = '00000000-0000-0000-0000-000000000000';
  const { rows } = await db.scoped({ userId: nobody }, (tx) =>
    tx.execute<{ id: string | null }>(sql`SELECT alcove_find_login(${key}) AS id`),
  );
  return rows[0]?.id ?? null;
}

export async function hasAccounts(db: Database): Promise<boolean> {
  const nobody = '00000000-0000-0000-0000-000000000000';
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

/** Creates the account; the first one of the installation becomes its administrator. @throws AppError `email_taken` */
export async function insertUser(db: Database, scope: UserScope, user: NewUser, now: Date): Promise<UserRow> {
  try {
    return await db.scoped(scope, async (tx) => {
      const first = await tx
        .insert(installation)
        .values({ key: 'first_account', value: scope.userId })
        .onConflictDoNothing()
        .returning({ key: installation.key });
      const [row] = await tx
        .insert(users)
        .values({
          id: scope.userId,
          email: user.email,
          name: user.name,
          passwordHash: user.passwordHash,
          role: first.length > 0 ? 'admin' : 'user',
          status: 'active',
          createdAt: now,
          updatedAt: now,
        })
        .returning();
      if (row === undefined) throw new Error('the account was not written');
      await tx.insert(loginKeys).values({ key: user.loginKey, userId: scope.userId, createdAt: now });
      await tx.insert(userCounters).values({ userId: scope.userId });
      return row;
    });
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new AppError('email_taken', 'An account with this e-mail address exists already: sign in instead.');
  }
}

export async function readUser(db: Database, scope: UserScope): Promise<UserRow | null> {
  const [row] = await db.scoped(scope, (tx) => tx.select().from(users).where(eq(users.id, scope.userId)));
  return row ?? null;
}

export async function updateName(db: Database, scope: UserScope, name: string | null, now: Date): Promise<UserRow> {
  const [row] = await db.scoped(scope, (tx) =>
    tx.update(users).set({ name, updatedAt: now }).where(eq(users.id, scope.userId)).returning(),
  );
  if (row === undefined) throw new AppError('unauthenticated', 'This account does not exist any more.');
  return row;
}

/** Sets the password and ends every other session. */
export async function updatePassword(
  db: Database,
  scope: UserScope,
  passwordHash: string,
  now: Date,
): Promise<UserRow> {
  return db.scoped(scope, async (tx) => {
    await tx
      .update(sessions)
      .set({ revokedAt: now })
      .where(and(eq(sessions.userId, scope.userId), isNull(sessions.revokedAt)));
    const [row] = await tx
      .update(users)
      .set({ passwordHash, tokenVersion: sql`${users.tokenVersion} + 1`, updatedAt: now })
      .where(eq(users.id, scope.userId))
      .returning();
    if (row === undefined) throw new AppError('unauthenticated', 'This account does not exist any more.');
    return row;
  });
}

/** Erases the account and everything below it; its blobs are queued in the same transaction. */
export async function eraseUser(db: Database, scope: UserScope, now: Date): Promise<void> {
  await db.scoped(scope, async (tx) => {
    const blobs = await tx
      .select({ blobKey: documents.blobKey })
      .from(documents)
      .where(eq(documents.userId, scope.userId));
    for (let at = 0; at < blobs.length; at += 500) {
      const rows = blobs.slice(at, at + 500).map((row) => ({ blobKey: row.blobKey, userId: scope.userId, dueAt: now }));
      await tx.insert(blobDeletions).values(rows).onConflictDoNothing();
    }
    await tx.delete(conversationDirectory).where(eq(conversationDirectory.userId, scope.userId));
    await tx.delete(loginKeys).where(eq(loginKeys.userId, scope.userId));
    await tx.delete(users).where(eq(users.id, scope.userId));
  });
}

export interface SessionState {
  role: UserRow['role'];
  status: UserRow['status'];
  tokenVersion: number;
  revoked: boolean;
}

/** What decides whether an access token still counts. */
export async function readSessionState(
  db: Database,
  scope: UserScope,
  sessionId: string,
  now: Date,
): Promise<SessionState | null> {
  const [row] = await db.scoped(scope, (tx) =>
    tx
      .select({
        role: users.role,
        status: users.status,
        tokenVersion: users.tokenVersion,
        revokedAt: sessions.revokedAt,
        expiresAt: sessions.expiresAt,
      })
      .from(users)
      .innerJoin(sessions, and(eq(sessions.userId, users.id), eq(sessions.id, sessionId)))
      .where(eq(users.id, scope.userId)),
  );
  if (row === undefined) return null;
  return { role: row.role, status: row.status, tokenVersion: row.tokenVersion, revoked: row.revokedAt !== null || row.expiresAt <= now };
}

export interface NewSession {
  sessionId: string;
  refreshHash: string;
  expiresAt: Date;
}

export async function insertSession(db: Database, scope: UserScope, session: NewSession, now: Date): Promise<void> {
  await db.scoped(scope, async (tx) => {
    // Sessions that ended a month ago say nothing any more.
    await tx.delete(sessions).where(and(eq(sessions.userId, scope.userId), lt(sessions.expiresAt, now)));
    await tx
      .insert(sessions)
      .values({ userId: scope.userId, id: session.sessionId, createdAt: now, expiresAt: session.expiresAt });
    await tx.insert(refreshTokens).values({
      userId: scope.userId,
      tokenHash: session.refreshHash,
      sessionId: session.sessionId,
      createdAt: now,
    });
  });
}

export async function revokeSession(db: Database, scope: UserScope, sessionId: string, now: Date): Promise<void> {
  await db.scoped(scope, (tx) =>
    tx
      .update(sessions)
      .set({ revokedAt: now })
      .where(and(eq(sessions.userId, scope.userId), eq(sessions.id, sessionId), isNull(sessions.revokedAt))),
  );
}

export type Rotation =
  | { outcome: 'rotated' | 'repeated'; sessionId: string; user: UserRow }
  | { outcome: 'reused'; sessionId: string }
  | { outcome: 'unknown' };

/** Uses a refresh token once; the same one within `graceMs` gives the same successor, later it is a theft. */
export async function rotateRefreshToken(
  db: Database,
  scope: UserScope,
  tokenHash: string,
  successorHash: string,
  now: Date,
  graceMs: number,
): Promise<Rotation> {
  return db.scoped(scope, async (tx) => {
    const mine = and(eq(refreshTokens.userId, scope.userId), eq(refreshTokens.tokenHash, tokenHash));
    const [used] = await tx
      .update(refreshTokens)
      .set({ usedAt: now })
      .where(and(mine, isNull(refreshTokens.usedAt)))
      .returning({ sessionId: refreshTokens.sessionId });
    if (used !== undefined) {
      const user = await liveUser(tx, scope, used.sessionId, now);
      if (user === null) return { outcome: 'unknown' };
      await tx
        .insert(refreshTokens)
        .values({ userId: scope.userId, tokenHash: successorHash, sessionId: used.sessionId, createdAt: now });
      return { outcome: 'rotated', sessionId: used.sessionId, user };
    }
    const [known] = await tx.select().from(refreshTokens).where(mine);
    if (known === undefined || known.usedAt === null) return { outcome: 'unknown' };
    const user = await liveUser(tx, scope, known.sessionId, now);
    if (user === null) return { outcome: 'unknown' };
    if (now.getTime() - known.usedAt.getTime() <= graceMs) {
      return { outcome: 'repeated', sessionId: known.sessionId, user };
    }
    await tx
      .update(sessions)
      .set({ revokedAt: now })
      .where(and(eq(sessions.userId, scope.userId), eq(sessions.id, known.sessionId)));
    return { outcome: 'reused', sessionId: known.sessionId };
  });
}

async function liveUser(tx: Transaction, scope: UserScope, sessionId: string, now: Date): Promise<UserRow | null> {
  const [row] = await tx
    .select({ user: users })
    .from(users)
    .innerJoin(sessions, and(eq(sessions.userId, users.id), eq(sessions.id, sessionId)))
    .where(
      and(
        eq(users.id, scope.userId),
        eq(users.status, 'active'),
        isNull(sessions.revokedAt),
        gt(sessions.expiresAt, now),
      ),
    );
  return row?.user ?? null;
}

export async function insertApiKey(
  db: Database,
  scope: UserScope,
  key: Omit<ApiKeyRow, 'userId' | 'lastUsedAt'>,
): Promise<ApiKeyRow> {
  const [row] = await db.scoped(scope, (tx) =>
    tx
      .insert(apiKeys)
      .values({ ...key, userId: scope.userId })
      .returning(),
  );
  if (row === undefined) throw new Error('the API key was not written');
  return row;
}

export async function listApiKeys(
  db: Database,
  scope: UserScope,
  limit: number,
  after: { createdAt: Date; id: string } | null,
): Promise<ApiKeyRow[]> {
  const before =
    after === null ? undefined : sql`(${apiKeys.createdAt}, ${apiKeys.id}) < (${after.createdAt}, ${after.id})`;
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

export async function deleteApiKey(db: Database, scope: UserScope, id: string): Promise<boolean> {
  const rows = await db.scoped(scope, (tx) =>
    tx
      .delete(apiKeys)
      .where(and(eq(apiKeys.userId, scope.userId), eq(apiKeys.id, id)))
      .returning({ id: apiKeys.id }),
  );
  return rows.length > 0;
}

/** Ids and actions only, never content. */
export async function appendAudit(
  db: Database,
  scope: UserScope,
  entry: { action: string; target?: string | undefined; address?: string | undefined },
  now: Date,
): Promise<void> {
  await db.scoped(scope, (tx) =>
    tx.insert(auditLog).values({
      userId: scope.userId,
      id: newId(),
      action: entry.action,
      target: entry.target ?? null,
      address: entry.address ?? null,
      createdAt: now,
    }),
  );
}

const accountColumns = {
  id: users.id,
  email: users.email,
  name: users.name,
  role: users.role,
  status: users.status,
  createdAt: users.createdAt,
};
export type AccountRow = Pick<UserRow, keyof typeof accountColumns>;

/** Accounts as an administrator sees them: never what is in them. */
export async function listAccounts(
  db: Database,
  limit: number,
  after: { createdAt: Date; id: string } | null,
): Promise<AccountRow[]> {
  const before = after === null ? undefined : sql`(${users.createdAt}, ${users.id}) < (${after.createdAt}, ${after.id})`;
  return db.asAdmin((tx) =>
    tx
      .select(accountColumns)
      .from(users)
      .where(before)
      .orderBy(desc(users.createdAt), desc(users.id))
      .limit(limit),
  );
}

export async function updateAccount(
  db: Database,
  id: string,
  change: { status?: UserRow['status'] | undefined; role?: UserRow['role'] | undefined },
  now: Date,
): Promise<AccountRow | null> {
  const set: Partial<Pick<UserRow, 'status' | 'role' | 'updatedAt'>> = { updatedAt: now };
  if (change.status !== undefined) set.status = change.status;
  if (change.role !== undefined) set.role = change.role;
  const [row] = await db.asAdmin((tx) =>
    tx.update(users).set(set).where(eq(users.id, id)).returning(accountColumns),
  );
  return row ?? null;
}
