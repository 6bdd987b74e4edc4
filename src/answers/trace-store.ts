import type { ConversationScope } from '../conversations/scope.ts';
import type { Database } from '../db/database.ts';
import type { StoredTrace } from './compose/answer-record.ts';

/** How an answer came about; null while it is being written, and for what is no answer. */
export async function readTrace(
  db: Database,
  scope: ConversationScope,
  messageId: string,
): Promise<StoredTrace | null> {
  const [rows] = await db.read(scope, [
    {
      name: 'answer_trace',
      text: 'SELECT trace FROM retrieval_traces WHERE user_id = $1 AND conversation_id = $2 AND message_id = $3',
      values: [scope.userId, scope.conversationId, messageId],
    },
  ]);
  // Safe: only `finishAnswer` writes this column, with what `traceOf` makes or, for an orphan, with nothing.
  const [row] = (rows ?? []) as { trace: Partial<StoredTrace> }[];
  if (row?.trace.mode === undefined) return null;
  // Earlier versions did not keep the lists.
  return { queries: [], lists: [], fused: [], context: [], ...row.trace } as StoredTrace;
}
