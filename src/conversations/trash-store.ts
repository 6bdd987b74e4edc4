import { and, eq, isNotNull, lte, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/database.ts';
import { chatBindings, conversationDirectory, conversations, userCounters } from '../db/schema.ts';
import { AppError } from '../errors.ts';
import type { UserScope } from '../identity/user-scope.ts';
import { type ConversationRow, countContents, type DeletedCounts, shiftedBy } from './store.ts';
import type { ConversationScope } from './scope.ts';

// A deleted conversation keeps its rows until its time to come back is over. Row-level security hides its own row from
// every transaction that does not ask for deleted ones, the directory does not name it, and nothing works below it.

/** Sees the conversation although it is deleted. */
export function withDeleted({ userId, conversationId }: ConversationScope) {
  return { userId, conversationId, showsDeleted: true };
}

/**
 * Puts the conversation out of everybody's sight, in a transaction that sees deleted ones. `purgeAt`: when it is to be
 * erased.
 */
export async function hideConversation(
  tx: Transaction,
  scope: ConversationScope,
  purgeAt: Date,
  now: Date,
): Promise<DeletedCounts> {
  const { userId, conversationId } = scope;
  const [hidden] = await tx
    .update(conversations)
    .set({ deletedAt: now, purgeAt, updatedAt: now })
    .where(and(isThis(scope), sql`${conversations.deletedAt} IS NULL`))
    .returning({ id: conversations.id });
  if (hidden === undefined) throw gone();
  const inside = sql`user_id = ${userId} AND conversation_id = ${conversationId}`;
  // Whoever works below it finds out at the next write; then nobody begins any more.
  await tx.execute(sql`DELETE FROM work WHERE ${inside}`);
  const bound = await tx.execute<{ id: string }>(
    sql`DELETE FROM chat_bindings WHERE ${inside} RETURNING chat_id AS id`,
  );
  await tx.execute(sql`DELETE FROM idempotency_answers WHERE ${inside}`);
  await tx.delete(conversationDirectory).where(eq(conversationDirectory.conversationId, conversationId));
  if (bound.rows.length > 0)
    await tx
      .update(conversations)
      .set({ keptChatIds: bound.rows.map((one) => one.id) })
      .where(isThis(scope));
  const counts = await countContents(tx, scope);
  await tx
    .update(userCounters)
    .set({
      ...shiftedBy(counts, -1),
      deletedBytes: sql`${userCounters.deletedBytes} + ${counts.bytes}`,
    })
    .where(eq(userCounters.userId, userId));
  return counts;
}

/** Shows the conversation again, as it was. Null when it cannot come back any more; unchanged when it is there. */
export async function showConversation(
  tx: Transaction,
  scope: ConversationScope,
  now: Date,
): Promise<{ row: ConversationRow; isChanged: boolean } | null> {
  const { userId, conversationId } = scope;
  const [before] = await tx.select().from(conversations).where(isThis(scope)).for('update');
  if (before === undefined) return null;
  if (before.deletedAt === null) return { row: before, isChanged: false };
  if (before.purgeAt !== null && before.purgeAt <= now) return null;
  const { expiresInS } = before;
  const [row] = await tx
    .update(conversations)
    .set({
      deletedAt: null,
      purgeAt: expiresInS === null ? null : new Date(now.getTime() + expiresInS * 1000),
      keptChatIds: [],
      updatedAt: now,
    })
    .where(isThis(scope))
    .returning();
  if (row === undefined) throw new Error('the conversation was not written');
  // A client that has begun anew under the same id stays with what it has.
  if (before.keptChatIds.length > 0)
    await tx
      .insert(chatBindings)
      .values(before.keptChatIds.map((chatId) => ({ userId, conversationId, chatId })))
      .onConflictDoNothing();
  await tx.insert(conversationDirectory).values({ conversationId, userId }).onConflictDoNothing();
  const counts = await countContents(tx, scope);
  await tx
    .update(userCounters)
    .set({
      ...shiftedBy(counts, 1),
      deletedBytes: sql`${userCounters.deletedBytes} - ${counts.bytes}`,
    })
    .where(eq(userCounters.userId, userId));
  return { row, isChanged: true };
}

/** Answers whose writing the deletion has ended, for the reaper to end in words. */
export async function brokenAnswers(tx: Transaction, scope: ConversationScope): Promise<string[]> {
  const { rows } = await tx.execute<{ id: string }>(sql`
    SELECT id FROM messages WHERE user_id = ${scope.userId} AND conversation_id = ${scope.conversationId}
      AND status = 'streaming'`);
  return rows.map(({ id }) => id);
}

/** Conversations of anybody whose time is over, those first that have waited longest. */
export async function duePurges(
  db: Database,
  now: Date,
  limit: number,
): Promise<{ userId: string; conversationId: string }[]> {
  return db.asWorker('everybody', (tx) =>
    tx
      .select({ userId: conversations.userId, conversationId: conversations.id })
      .from(conversations)
      .where(and(isNotNull(conversations.purgeAt), lte(conversations.purgeAt, now)))
      .orderBy(conversations.purgeAt)
      .limit(limit),
  );
}

/** Looks again at another time. */
export async function postponePurge(tx: Transaction, scope: ConversationScope, until: Date): Promise<void> {
  await tx.update(conversations).set({ purgeAt: until }).where(isThis(scope));
}

/** The conversation as it is, deleted or not, and nobody else changes it before the transaction ends. */
export async function lockWithDeleted(
  tx: Transaction,
  scope: ConversationScope,
): Promise<ConversationRow | null> {
  const [row] = await tx.select().from(conversations).where(isThis(scope)).for('update');
  return row ?? null;
}

/** Whether an answer is being written there. */
export async function isAnswering(tx: Transaction, scope: ConversationScope): Promise<boolean> {
  const { rows } = await tx.execute(sql`SELECT 1 FROM work WHERE user_id = ${scope.userId}
    AND conversation_id = ${scope.conversationId} AND kind = 'answer' LIMIT 1`);
  return rows.length > 0;
}

/** Conversations without activity since `before`, that are not deleted yet. */
export async function idleConversations(
  db: Database,
  user: UserScope,
  before: Date,
  limit: number,
): Promise<string[]> {
  const rows = await db.reading(user, (tx) =>
    tx
      .select({ id: conversations.id })
      .from(conversations)
      .where(
        and(
          eq(conversations.userId, user.userId),
          sql`${conversations.status} <> 'template'`,
          lte(conversations.activityAt, before),
        ),
      )
      .orderBy(conversations.activityAt)
      .limit(limit),
  );
  return rows.map(({ id }) => id);
}

function isThis(scope: ConversationScope) {
  return and(eq(conversations.userId, scope.userId), eq(conversations.id, scope.conversationId));
}

function gone(): AppError {
  return new AppError('not_found', 'This conversation does not exist.');
}
