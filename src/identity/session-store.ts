import { and, eq, gt, isNull, lt } from 'drizzle-orm';
import type { Database, Transaction } from '../db/database.ts';
import { refreshTokens, sessions, users } from '../db/schema.ts';
import { recordAudit } from './audit-store.ts';
import type { Device } from './device.ts';
import type { UserScope } from './user-scope.ts';
import type { UserRow } from './store.ts';

export interface SessionState {
  role: UserRow['role'];
  status: UserRow['status'];
  tokenVersion: number;
  revoked: boolean;
  /** Of the account; null where the server's own limit counts. */
  messagesPerMinute: number | null;
}

/** What decides whether an access token still counts. */
export async function readSessionState(
  db: Database,
  scope: UserScope,
  sessionId: string,
  now: Date,
): Promise<SessionState | null> {
  const [row] = await db.reading(scope, (tx) =>
    tx
      .select({
        role: users.role,
        status: users.status,
        tokenVersion: users.tokenVersion,
        messagesPerMinute: users.quotaMessagesPerMinute,
        revokedAt: sessions.revokedAt,
        expiresAt: sessions.expiresAt,
      })
      .from(users)
      .innerJoin(sessions, and(eq(sessions.userId, users.id), eq(sessions.id, sessionId)))
      .where(eq(users.id, scope.userId)),
  );
  if (row === undefined) return null;
  return {
    role: row.role,
    status: row.status,
    tokenVersion: row.tokenVersion,
    messagesPerMinute: row.messagesPerMinute,
    revoked: row.revokedAt !== null || row.expiresAt <= now,
  };
}

export interface NewSession {
  sessionId: string;
  refreshHash: string;
  expiresAt: Date;
  device: Device;
  /** Of a sign-in, which is written down: from where, where that is known. */
  signIn?: { address: string | undefined } | undefined;
}

export async function insertSession(
  db: Database,
  scope: UserScope,
  session: NewSession,
  now: Date,
): Promise<void> {
  await db.scoped(scope, async (tx) => {
    // Sessions that ended a month ago say nothing any more.
    await tx.delete(sessions).where(and(eq(sessions.userId, scope.userId), lt(sessions.expiresAt, now)));
    await tx.insert(sessions).values({
      userId: scope.userId,
      id: session.sessionId,
      createdAt: now,
      expiresAt: session.expiresAt,
      lastUsedAt: now,
      ...session.device,
    });
    await tx.insert(refreshTokens).values({
      userId: scope.userId,
      tokenHash: session.refreshHash,
      sessionId: session.sessionId,
      createdAt: now,
    });
    if (session.signIn === undefined) return;
    const { address } = session.signIn;
    await recordAudit(tx, scope, { action: 'session.started', target: session.sessionId, address }, now);
  });
}

export type Rotation =
  | { outcome: 'rotated' | 'repeated'; sessionId: string; user: UserRow }
  | { outcome: 'reused' }
  | { outcome: 'unknown' };

export interface UsedToken {
  hash: string;
  successorHash: string;
  /** Of whoever uses it. */
  device: Device;
}

/** Uses a refresh token once; the same one within `graceMs` gives the same successor, later it is a theft. */
export async function rotateRefreshToken(
  db: Database,
  scope: UserScope,
  token: UsedToken,
  now: Date,
  graceMs: number,
): Promise<Rotation> {
  return db.scoped(scope, async (tx) => {
    const mine = and(eq(refreshTokens.userId, scope.userId), eq(refreshTokens.tokenHash, token.hash));
    const [used] = await tx
      .update(refreshTokens)
      .set({ usedAt: now })
      .where(and(mine, isNull(refreshTokens.usedAt)))
      .returning({ sessionId: refreshTokens.sessionId });
    if (used !== undefined) {
      const user = await liveUser(tx, scope, used.sessionId, now);
      if (user === null) return { outcome: 'unknown' };
      await tx.insert(refreshTokens).values({
        userId: scope.userId,
        tokenHash: token.successorHash,
        sessionId: used.sessionId,
        createdAt: now,
      });
      await tx
        .update(sessions)
        .set({ lastUsedAt: now, ...token.device })
        .where(and(eq(sessions.userId, scope.userId), eq(sessions.id, used.sessionId)));
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
    await recordAudit(tx, scope, { action: 'session.reuse_detected', target: known.sessionId }, now);
    return { outcome: 'reused' };
  });
}

async function liveUser(
  tx: Transaction,
  scope: UserScope,
  sessionId: string,
  now: Date,
): Promise<UserRow | null> {
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
