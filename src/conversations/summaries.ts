import type { ConversationSummary } from '@alcove/contract';
import type { Database } from '../db/database.ts';
import { type PriceTable, priceUsage } from '../identity/prices.ts';
import type { UserScope } from '../identity/user-scope.ts';
import { countInside, readConversationUsage, type SummaryRow } from './summary-store.ts';

/** A page of conversations with what is in each of them and what its answers cost. */
export async function summarise(
  db: Database,
  user: UserScope,
  rows: readonly SummaryRow[],
  prices: PriceTable,
): Promise<ConversationSummary[]> {
  const ids = rows.map(({ id }) => id);
  const counts = await countInside(db, user, ids);
  const usage = await readConversationUsage(db, user, ids);
  return rows.flatMap((row) => {
    const inside = counts.get(row.id);
    // Deleted just now.
    if (inside === undefined) return [];
    const models = usage.get(row.id) ?? [];
    return [
      {
        conversation_id: row.id,
        title: row.title,
        status: row.status,
        created_at: row.createdAt.toISOString(),
        last_message_at: row.lastMessageAt?.toISOString() ?? null,
        messages: inside.messages,
        questions: inside.questions,
        unanswered_questions: inside.unanswered,
        documents: inside.documents,
        documents_never_cited: inside.neverCited,
        chunks: inside.chunks,
        bytes: inside.bytes,
        tokens: {
          input: models.reduce((sum, one) => sum + one.input, 0),
          output: models.reduce((sum, one) => sum + one.output, 0),
        },
        ...priceUsage(models, prices),
      },
    ];
  });
}
