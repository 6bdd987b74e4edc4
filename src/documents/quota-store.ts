import { eq, sql } from 'drizzle-orm';
import type { ConversationScope } from '../conversations/scope.ts';
import type { Database } from '../db/database.ts';
import { userCounters, users } from '../db/schema.ts';
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
