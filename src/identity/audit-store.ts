import type { Database } from '../db/database.ts';
import { newId } from '../db/ids.ts';
import { auditLog } from '../db/schema.ts';
import type { UserScope } from './user-scope.ts';

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
