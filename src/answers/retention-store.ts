import { sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { answerEvents, messages, retrievalTraces } from '../db/schema.ts';
import type { UserScope } from '../identity/user-scope.ts';

/** Drops events of answers that ended and were asked before, at most `limit`. @returns how many there were */
export async function deleteOldEvents(
  db: Database,
  scope: UserScope,
  before: Date,
  limit: number,
): Promise<number> {
  const deleted = await db.scoped(scope, (tx) =>
    tx.execute(sql`
      DELETE FROM ${answerEvents} WHERE user_id = ${scope.userId} AND (conversation_id, message_id, seq) IN (
        SELECT e.conversation_id, e.message_id, e.seq FROM ${answerEvents} e
        JOIN ${messages} m ON m.user_id = e.user_id AND m.conversation_id = e.conversation_id AND m.id = e.message_id
        WHERE e.user_id = ${scope.userId} AND m.status <> 'streaming'
          AND m.created_at < ${before.toISOString()}::timestamptz LIMIT ${limit})`),
  );
  return deleted.rowCount ?? 0;
}

/** Drops traces of before, at most `limit`. @returns how many there were */
export async function deleteOldTraces(
  db: Database,
  scope: UserScope,
  before: Date,
  limit: number,
): Promise<number> {
  const deleted = await db.scoped(scope, (tx) =>
    tx.execute(sql`
      DELETE FROM ${retrievalTraces} WHERE user_id = ${scope.userId} AND (conversation_id, message_id) IN (
        SELECT conversation_id, message_id FROM ${retrievalTraces}
        WHERE user_id = ${scope.userId} AND created_at < ${before.toISOString()}::timestamptz LIMIT ${limit})`),
  );
  return deleted.rowCount ?? 0;
}
