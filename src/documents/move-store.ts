import { and, eq, sql } from 'drizzle-orm';
import type { ConversationScope } from '../conversations/scope.ts';
import type { Transaction } from '../db/database.ts';
import { conversations, documents } from '../db/schema.ts';
import { AppError } from '../errors.ts';
import { bumpVersion, nextChange } from './store.ts';

/**
 * Moves all documents to another conversation of the same user; the foreign keys take chunks, vectors and segments
 * along, so that nothing is read or embedded again. The transaction must be the user's.
 */
export async function moveDocumentRows(
  tx: Transaction,
  from: ConversationScope,
  to: ConversationScope,
  maxDocuments: number,
  now: Date,
): Promise<void> {
  if (from.userId !== to.userId) throw new Error('documents cannot move between users');
  // Both rows first and always in one order: two moves in opposite directions would wait for each other.
  for (const scope of [from, to].toSorted((a, b) => (a.conversationId < b.conversationId ? -1 : 1)))
    await bumpVersion(tx, scope);
  const moved = await tx
    .update(documents)
    .set({ conversationId: to.conversationId, updatedAt: nextChange })
    .where(and(eq(documents.userId, from.userId), eq(documents.conversationId, from.conversationId)))
    .returning({ id: documents.id });
  await shift(tx, from, -moved.length, now);
  const count = await shift(tx, to, moved.length, now);
  if (count <= maxDocuments) return;
  throw new AppError(
    'quota_exceeded',
    `A conversation holds at most ${maxDocuments} documents: nothing was moved or deleted.`,
    { retryAfterSeconds: 60 },
  );
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
