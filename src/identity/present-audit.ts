import type { AuditEntry } from '@alcove/contract';
import { operatorId } from './admin-scope.ts';
import type { AuditRow } from './audit-store.ts';

export function presentAudit(row: AuditRow): AuditEntry {
  return {
    id: row.id,
    user_id: row.userId === operatorId ? null : row.userId,
    action: row.action,
    target: row.target,
    address: row.address,
    created_at: row.createdAt.toISOString(),
  };
}
