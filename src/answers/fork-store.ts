import { and, eq, sql } from 'drizzle-orm';
import type { MessageRow } from '../conversations/message-store.ts';
import type { ConversationScope } from '../conversations/scope.ts';
import type { ConversationRow } from '../conversations/store.ts';
import type { Transaction } from '../db/database.ts';
import { conversations, messages, userCounters } from '../db/schema.ts';

/** Rows of one INSERT: 15 columns times this stays far below PostgreSQL's 65,535 parameters. */
const rowsAtOnce = 1_000;

/** Writes the messages of a new conversation, oldest first, and what its row says of them. */
export async function insertFork(
  tx: Transaction,
  scope: ConversationScope,
  rows: readonly MessageRow[],
  tags: readonly string[],
  now: Date,
): Promise<ConversationRow> {
  for (let at = 0; at < rows.length; at += rowsAtOnce) {
    const some = rows.slice(at, at + rowsAtOnce);
    const result = await tx.insert(messages).values(some);
    if (result.rowCount !== some.length) throw new Error('a message was not written');
  }
  const count = (role: string) => rows.filter((row) => row.role === role).length;
  await tx
    .update(userCounters)
    .set({
      userMessages: sql`${userCounters.userMessages} + ${count('user')}`,
      assistantMessages: sql`${userCounters.assistantMessages} + ${count('assistant')}`,
      systemMessages: sql`${userCounters.systemMessages} + ${count('system')}`,
    })
    .where(eq(userCounters.userId, scope.userId));
  const [row] = await tx
    .update(conversations)
    .set({
      tags: [...tags],
      nextSeq: rows.length + 1,
      messageCount: rows.length,
      activeLeafId: rows.at(-1)?.id ?? null,
      lastMessageAt: rows.at(-1)?.createdAt ?? null,
      updatedAt: now,
    })
    .where(and(eq(conversations.userId, scope.userId), eq(conversations.id, scope.conversationId)))
    .returning();
  if (row === undefined) throw new Error('the conversation was not written');
  return row;
}
