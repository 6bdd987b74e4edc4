import type { Database, Transaction } from '../db/database.ts';
import { newId } from '../db/ids.ts';
import { auditLog } from '../db/schema.ts';
import type { UserScope } from './user-scope.ts';

export interface AuditEntry {
  action: string;
  target?: string | undefined;
  address?: string | undefined;
}

/** Ids and actions only, never content. */
export async function appendAudit(
  db: Database,
  scope: UserScope,
  entry: AuditEntry,
  now: Date,
): Promise<void> {
  await db.scoped(scope, (tx) => recordAudit(tx, scope, entry, now));
}

/** The same within the transaction that does what is recorded. */
export async function recordAudit(
  tx: Transaction,
  scope: UserScope,
  entry: AuditEntry,
  now: Date,
): Promise<void> {
  await tx.insert(auditLog).values({
    userId: scope.userId,
    id: newId(),
    action: entry.action,
    target: entry.target ?? null,
    address: entry.address ?? null,
    createdAt: now,
  });
}
