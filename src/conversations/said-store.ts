import { and, desc, eq, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { messages } from '../db/schema.ts';
import type { MessageRow } from './message-store.ts';
import type { ConversationScope } from './scope.ts';

/** Ids of the messages with this role and these words, but for white space around them; newest first. */
export async function findSaid(
  db: Database,
  scope: ConversationScope,
  { role, content }: Pick<MessageRow, 'role' | 'content'>,
  limit: number,
): Promise<string[]> {
  const rows = await db.reading(scope, (tx) =>
    tx
      .select({ id: messages.id })
      .from(messages)
      .where(
        and(
          eq(messages.userId, scope.userId),
          eq(messages.conversationId, scope.conversationId),
          eq(messages.role, role),
          sql`btrim(${messages.content}, E' \\t\\r\\n') = ${content}`,
        ),
      )
      .orderBy(desc(messages.seq))
      .limit(limit),
  );
  return rows.map(({ id }) => id);
}
