import { and, desc, eq, gte, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { messages } from '../db/schema.ts';
import type { MessageRow } from './message-store.ts';
import type { ConversationScope } from './scope.ts';

/** Of one conversation; more of them no model's window has room for. */
const mostSystemMessages = 100;
/** Rows of a walk that reads no text. */
const idsAtOnce = 5_000;

/** The newest system messages of the branch that ends at `leafId`, oldest first. */
export async function readSystemMessages(
  db: Database,
  scope: ConversationScope,
  leafId: string,
): Promise<MessageRow[]> {
  const inConversation = and(
    eq(messages.userId, scope.userId),
    eq(messages.conversationId, scope.conversationId),
  );
  const upTo = (id: string) =>
    sql`${messages.seq} <= (SELECT seq FROM messages WHERE user_id = ${scope.userId} AND conversation_id = ${scope.conversationId} AND id = ${id}::uuid)`;
  return db.reading(scope, async (tx) => {
    const found = await tx
      .select()
      .from(messages)
      .where(and(inConversation, eq(messages.role, 'system'), upTo(leafId)))
      .orderBy(desc(messages.seq))
      .limit(mostSystemMessages);
    const lowest = found.at(-1)?.seq;
    if (lowest === undefined) return [];
    // Which of them are on this branch is told by the ids alone, in pages as `readBranch` walks.
    const branch = new Set<string>();
    let wanted: string | null = leafId;
    while (wanted !== null) {
      const page: Pick<MessageRow, 'id' | 'parentId'>[] = await tx
        .select({ id: messages.id, parentId: messages.parentId })
        .from(messages)
        .where(and(inConversation, gte(messages.seq, lowest), upTo(wanted)))
        .orderBy(desc(messages.seq))
        .limit(idsAtOnce);
      if (page[0]?.id !== wanted) break;
      for (const row of page) {
        if (row.id !== wanted) continue;
        branch.add(row.id);
        wanted = row.parentId;
      }
    }
    return found.filter(({ id }) => branch.has(id)).toReversed();
  });
}
