import { and, eq, isNotNull, ne, sql } from 'drizzle-orm';
import type { ConversationScope } from '../conversations/scope.ts';
import { beyondConversation } from '../db/beyond-conversation.ts';
import type { Database, Transaction } from '../db/database.ts';
import { documents, userCounters, users } from '../db/schema.ts';
import { readAnswerBytes } from '../identity/idempotency-store.ts';
import type { UserScope } from '../identity/user-scope.ts';

/** How many bytes the user's documents may still take: by the account's own quota, or else by `bytesPerUser`. */
export async function readBytesLeft(
  db: Database,
  scope: ConversationScope | UserScope,
  bytesPerUser: number,
): Promise<number> {
  return db.reading(scope, async (tx) => {
    const [row] = await tx
      .select({
        used: sql<number>`${userCounters.bytes} + ${userCounters.deletedBytes}`,
        quota: users.quotaBytes,
      })
      .from(users)
      .innerJoin(userCounters, eq(userCounters.userId, users.id))
      .where(eq(users.id, scope.userId));
    return (
      (row?.quota ?? bytesPerUser) -
      (row?.used ?? 0) -
      (await readAnswerBytes(tx, 'user' in scope ? scope.user : scope))
    );
  });
}

/**
 * What new versions that wait to be read will take beyond the documents whose places they take, over all of the user's
 * conversations. `replaced`: whose new version is about to make way for another.
 */
export async function readPendingBytes(
  tx: Transaction,
  { userId }: ConversationScope,
  replaced: string | null,
): Promise<number> {
  const [row] = await beyondConversation(tx, null, () =>
    tx
      .select({
        bytes: sql<number>`coalesce(sum(greatest(0,
          (${documents.replacement}->>'sizeBytes')::bigint - ${documents.sizeBytes})), 0)::float8`,
      })
      .from(documents)
      .where(
        and(
          eq(documents.userId, userId),
          isNotNull(documents.replacementBlobKey),
          replaced === null ? undefined : ne(documents.id, replaced),
        ),
      ),
  );
  return row?.bytes ?? 0;
}
