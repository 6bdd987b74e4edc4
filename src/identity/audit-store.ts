import { and, desc, eq, gte, lt, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/database.ts';
import { newId } from '../db/ids.ts';
import { auditLog } from '../db/schema.ts';
import type { AdminScope } from './admin-scope.ts';
import type { UserScope } from './user-scope.ts';

export type AuditRow = typeof auditLog.$inferSelect;

/** Ids and actions only, never content. */
export interface AuditEntry {
  action: string;
  target?: string | undefined;
  address?: string | undefined;
}

/** In the transaction that does what is recorded: neither is there without the other. */
export async function recordAudit(
  tx: Transaction,
  scope: UserScope | AdminScope,
  entry: AuditEntry,
  now: Date,
): Promise<void> {
  await tx.insert(auditLog).values(rowOf(scope, entry, now));
}

function rowOf({ userId }: UserScope | AdminScope, entry: AuditEntry, now: Date): AuditRow {
  const { action, target = null, address = null } = entry;
  return { userId, id: newId(), action, target, address, createdAt: now };
}

/** The same of several at once. */
export async function recordAudits(
  tx: Transaction,
  scope: UserScope,
  entries: readonly AuditEntry[],
  now: Date,
): Promise<void> {
  if (entries.length > 0) await tx.insert(auditLog).values(entries.map((entry) => rowOf(scope, entry, now)));
}

/** What an administrator does to an account, from where they are. */
export async function recordAct(
  tx: Transaction,
  admin: AdminScope,
  action: string,
  target: string,
  now: Date,
): Promise<void> {
  await recordAudit(tx, admin, { action, target, address: admin.address }, now);
}

export interface AuditFilter {
  userId?: string | undefined;
  target?: string | undefined;
  action?: string | undefined;
  since?: Date | undefined;
  until?: Date | undefined;
}

/** Newest first. */
export async function listAudit(
  db: Database,
  admin: AdminScope,
  { userId, target, action, since, until }: AuditFilter,
  limit: number,
  after: { createdAt: Date; id: string } | null,
): Promise<AuditRow[]> {
  const wanted = and(
    userId === undefined ? undefined : eq(auditLog.userId, userId),
    target === undefined ? undefined : eq(auditLog.target, target),
    action === undefined ? undefined : eq(auditLog.action, action),
    since === undefined ? undefined : gte(auditLog.createdAt, since),
    until === undefined ? undefined : lt(auditLog.createdAt, until),
    after === null
      ? undefined
      : sql`(${auditLog.createdAt}, ${auditLog.id}) < (${after.createdAt.toISOString()}::timestamptz, ${after.id}::uuid)`,
  );
  return db.asAdmin(admin, 'everybody', (tx) =>
    tx
      .select()
      .from(auditLog)
      .where(wanted)
      .orderBy(desc(auditLog.createdAt), desc(auditLog.id))
      .limit(limit),
  );
}
