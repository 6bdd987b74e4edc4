import { and, eq, inArray, sql } from 'drizzle-orm';
import type { ConversationScope } from '../conversations/scope.ts';
import type { Database, Transaction } from '../db/database.ts';
import { conversations, documents } from '../db/schema.ts';
import { AppError } from '../errors.ts';
import { bumpVersion } from './store.ts';

/** All or nothing; the foreign keys take chunks, vectors and segments along. */
export async function moveRows(
  db: Database,
  from: ConversationScope,
  to: ConversationScope,
  documentIds: readonly string[] | undefined,
  maxDocuments: number,
  now: Date,
): Promise<number> {
  // Two conversations are in play, so that the transaction is the user's; the filter names one of them.
  return db.scoped({ userId: from.userId }, async (tx) => {
    // Both rows first and always in one order: two moves in opposite directions would wait for each other.
    for (const scope of [from, to].toSorted((a, b) => (a.conversationId < b.conversationId ? -1 : 1)))
      await bumpVersion(tx, scope);
    const moved = await tx
      .update(documents)
      .set({ conversationId: to.conversationId, updatedAt: now })
      .where(
        and(
          eq(documents.userId, from.userId),
          eq(documents.conversationId, from.conversationId),
          documentIds === undefined ? undefined : inArray(documents.id, [...documentIds]),
        ),
      )
      .returning({ id: documents.id });
    if (documentIds !== undefined && moved.length !== new Set(documentIds).size) {
      throw new AppError(
        'not_found',
        'One of the documents does not exist in this conversation: nothing was moved.',
      );
    }
    await shift(tx, from, -moved.length, now);
    const count = await shift(tx, to, moved.length, now);
    if (count > maxDocuments) {
      throw new AppError(
        'quota_exceeded',
        `A conversation holds at most ${maxDocuments} documents: nothing was moved.`,
        {
          retryAfterSeconds: 60,
        },
      );
    }
    return moved.length;
  });
}

async function shift(tx: Transaction, scope: ConversationScope, by: number, now: Date): Promise<number> {
  const [row] = await tx
    .update(conversations)
    .set({
      documentCount: sql`${conversations.documentCount} + ${by}`,
      updatedAt: now,
    })
    .where(and(eq(conversations.userId, scope.userId), eq(conversations.id, scope.conversationId)))
    .returning({ count: conversations.documentCount });
  if (row === undefined) throw new AppError('not_found', 'This conversation does not exist.');
  return row.count;
}
