import { and, eq } from 'drizzle-orm';
import type { ConversationScope } from '../conversations/scope.ts';
import type { Database } from '../db/database.ts';
import { documentTexts } from '../db/schema.ts';

/** What was read of the document; null while nothing was. */
export async function readText(db: Database, scope: ConversationScope, id: string): Promise<string | null> {
  const [row] = await db.reading(scope, (tx) =>
    tx
      .select({ text: documentTexts.text })
      .from(documentTexts)
      .where(
        and(
          eq(documentTexts.userId, scope.userId),
          eq(documentTexts.conversationId, scope.conversationId),
          eq(documentTexts.documentId, id),
        ),
      ),
  );
  return row?.text ?? null;
}
