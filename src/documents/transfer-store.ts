import { and, eq, isNull } from 'drizzle-orm';
import type { ConversationScope } from '../conversations/scope.ts';
import type { Transaction } from '../db/database.ts';
import { conversations, documents } from '../db/schema.ts';
import type { UserScope } from '../identity/user-scope.ts';
import { isAmong } from './copy-store.ts';

/** In which of the user's conversations these documents are; those that are in none are left out. */
export async function conversationsOf(
  tx: Transaction,
  user: UserScope,
  ids: readonly string[],
): Promise<{ id: string; userId: string; conversationId: string }[]> {
  return tx
    .select({ id: documents.id, userId: documents.userId, conversationId: documents.conversationId })
    .from(documents)
    .innerJoin(
      conversations,
      and(eq(conversations.userId, documents.userId), eq(conversations.id, documents.conversationId)),
    )
    .where(
      and(eq(documents.userId, user.userId), isAmong(documents.id, ids), isNull(conversations.deletedAt)),
    )
    .orderBy(documents.id);
}

/** Those of these documents that are in the conversation. */
export async function documentsAmong(
  tx: Transaction,
  scope: ConversationScope,
  ids: readonly string[],
): Promise<string[]> {
  const rows = await tx
    .select({ id: documents.id })
    .from(documents)
    .where(
      and(
        eq(documents.userId, scope.userId),
        eq(documents.conversationId, scope.conversationId),
        isAmong(documents.id, ids),
      ),
    )
    .orderBy(documents.id);
  return rows.map(({ id }) => id);
}
