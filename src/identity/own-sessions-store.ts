import { and, desc, eq, gt, isNull, ne, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { auditLog, sessions } from '../db/schema.ts';
import { recordAudit, recordAudits } from './audit-store.ts';
import type { Device } from './device.ts';
import type { UserScope } from './user-scope.ts';

export interface OwnSession extends Device {
  id: string;
  createdAt: Date;
  /** Null where it was begun, and not refreshed yet, on a server that did not note it. */
  lastUsedAt: Date | null;
  /** From where it was signed in to, as the audit log still has it. */
  address: string | null;
}

/** The sessions that still serve, newest first. */
export async function listSessions(
  db: Database,
  scope: UserScope,
  limit: number,
  after: { createdAt: Date; id: string } | null,
  now: Date,
): Promise<OwnSession[]> {
  const before =
    after === null
      ? undefined
      : sql`(${sessions.createdAt}, ${sessions.id}) < (${after.createdAt}, ${after.id})`;
  return db.reading(scope, (tx) =>
    tx
      .select({
        id: sessions.id,
        createdAt: sessions.createdAt,
        lastUsedAt: sessions.lastUsedAt,
        program: sessions.program,
        system: sessions.system,
        address: auditLog.address,
      })
      .from(sessions)
      .leftJoin(
        auditLog,
        and(
          eq(auditLog.userId, sessions.userId),
          eq(auditLog.action, 'session.started'),
          eq(auditLog.target, sql`${sessions.id}::text`),
          // Written by the same transaction; the log has an index by time, and none by target.
          eq(auditLog.createdAt, sessions.createdAt),
        ),
      )
      .where(and(serving(scope, now), before))
      .orderBy(desc(sessions.createdAt), desc(sessions.id))
      .limit(limit),
  );
}

/** False when it is none of the user's that still serves. */
export async function revokeSession(db: Database, scope: UserScope, id: string, now: Date): Promise<boolean> {
  return db.scoped(scope, async (tx) => {
    const ended = await tx
      .update(sessions)
      .set({ revokedAt: now })
      .where(and(serving(scope, now), eq(sessions.id, id)))
      .returning({ id: sessions.id });
    if (ended.length === 0) return false;
    await recordAudit(tx, scope, { action: 'session.ended', target: id }, now);
    return true;
  });
}

/** All but `kept`. @returns how many there were */
export async function revokeOtherSessions(
  db: Database,
  scope: UserScope,
  kept: string | null,
  now: Date,
): Promise<number> {
  return db.scoped(scope, async (tx) => {
    const ended = await tx
      .update(sessions)
      .set({ revokedAt: now })
      .where(and(serving(scope, now), kept === null ? undefined : ne(sessions.id, kept)))
      .returning({ id: sessions.id });
    const entries = ended.map(({ id }) => ({ action: 'session.ended', target: id }));
    await recordAudits(tx, scope, entries, now);
    return ended.length;
  });
}

function serving(scope: UserScope, now: Date): SQL | undefined {
  return and(eq(sessions.userId, scope.userId), isNull(sessions.revokedAt), gt(sessions.expiresAt, now));
}
