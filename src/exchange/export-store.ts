import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { MessageRow } from '../conversations/message-store.ts';
import type { ConversationScope } from '../conversations/scope.ts';
import type { Database } from '../db/database.ts';
import { conversations, documents, messages } from '../db/schema.ts';
import { recordAudit } from '../identity/audit-store.ts';
import type { DocumentRow } from '../documents/store.ts';
import type { UserScope } from '../identity/user-scope.ts';

/** A page may hold long texts: this many fit into memory whatever they are. */
const pageRows = 50;

/** Every message of the conversation in the order in which they came, page by page. */
export async function* readAllMessages(db: Database, scope: ConversationScope): AsyncGenerator<MessageRow> {
  let after = 0;
  for (;;) {
    const rows = await db.reading(scope, (tx) =>
      tx
        .select()
        .from(messages)
        .where(
          and(
            eq(messages.userId, scope.userId),
            eq(messages.conversationId, scope.conversationId),
            gt(messages.seq, after),
          ),
        )
        .orderBy(asc(messages.seq))
        .limit(pageRows),
    );
    yield* rows;
    after = rows.at(-1)?.seq ?? 0;
    if (rows.length < pageRows) return;
  }
}

/** Ids of the messages from the root to this one. Twenty bytes each: a long conversation is no problem. */
export async function readBranchIds(
  db: Database,
  scope: ConversationScope,
  leafId: string,
): Promise<Set<string>> {
  const { rows } = await db.reading(scope, (tx) =>
    tx.execute<{ id: string }>(sql`
      WITH RECURSIVE branch AS (
        SELECT id, parent_id FROM messages
        WHERE user_id = ${scope.userId} AND conversation_id = ${scope.conversationId} AND id = ${leafId}::uuid
        UNION ALL
        SELECT m.id, m.parent_id FROM messages m JOIN branch b ON m.id = b.parent_id
        WHERE m.user_id = ${scope.userId} AND m.conversation_id = ${scope.conversationId})
      SELECT id FROM branch`),
  );
  return new Set(rows.map(({ id }) => id));
}

/** Every document of the conversation, in the order in which they came. */
export async function* readAllDocuments(db: Database, scope: ConversationScope): AsyncGenerator<DocumentRow> {
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const rows = await db.reading(scope, (tx) =>
      tx
        .select()
        .from(documents)
        .where(
          and(
            eq(documents.userId, scope.userId),
            eq(documents.conversationId, scope.conversationId),
            gt(documents.id, after),
          ),
        )
        .orderBy(asc(documents.id))
        .limit(pageRows),
    );
    yield* rows;
    after = rows.at(-1)?.id ?? after;
    if (rows.length < pageRows) return;
  }
}

/** Every conversation of the user's, those of templates too, page by page. */
export async function* readAllConversations(
  db: Database,
  user: UserScope,
): AsyncGenerator<{ id: string; isTemplate: boolean }> {
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const rows = await db.reading(user, (tx) =>
      tx
        .select({ id: conversations.id, status: conversations.status })
        .from(conversations)
        .where(and(eq(conversations.userId, user.userId), gt(conversations.id, after)))
        .orderBy(asc(conversations.id))
        .limit(pageRows * 10),
    );
    for (const { id, status } of rows) yield { id, isTemplate: status === 'template' };
    after = rows.at(-1)?.id ?? after;
    if (rows.length < pageRows * 10) return;
  }
}

/** That somebody took a conversation away, or everything; never what was in it. */
export async function recordExport(
  db: Database,
  user: UserScope,
  action: 'conversation.exported' | 'account.exported',
  target: string,
  now: Date,
): Promise<void> {
  await db.scoped(user, (tx) => recordAudit(tx, user, { action, target }, now));
}
