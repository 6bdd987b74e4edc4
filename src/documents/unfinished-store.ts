import { sql } from 'drizzle-orm';
import type { ConversationScope } from '../conversations/scope.ts';
import type { Transaction } from '../db/database.ts';
import { vectorKind } from './segment-kinds.ts';

/** What is still to be done for the documents of a conversation. `model`: whose vectors they are to have. */
export async function unfinishedDocuments(
  tx: Transaction,
  scope: ConversationScope,
  model: string | null,
): Promise<{ unread: string[]; unembedded: string[] }> {
  const { rows } = await tx.execute<{ id: string; isReady: boolean }>(sql`
    SELECT id, status = 'ready' AND replacement_blob_key IS NULL AS "isReady" FROM documents d
    WHERE user_id = ${scope.userId} AND conversation_id = ${scope.conversationId}
      AND (status IN ('queued', 'extracting', 'chunking', 'embedding') OR replacement_blob_key IS NOT NULL
        OR (status = 'ready' AND (embedding_model IS DISTINCT FROM ${model}::text
          OR (chunk_count > 0 AND NOT EXISTS (SELECT 1 FROM segments s WHERE s.user_id = ${scope.userId}
            AND s.conversation_id = d.conversation_id AND s.document_id = d.id
            AND s.kind = ${vectorKind(model ?? '')})))))
    ORDER BY id`);
  const idsOf = (isReady: boolean): string[] =>
    rows.filter((row) => row.isReady === isReady).map(({ id }) => id);
  return { unread: idsOf(false), unembedded: model === null ? [] : idsOf(true) };
}
