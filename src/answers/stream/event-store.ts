import type { ConversationScope } from '../../conversations/scope.ts';
import type { Database, Statement, StatementGroup } from '../../db/database.ts';
import type { NumberedEvent } from './running.ts';

export interface EventBatch {
  scope: ConversationScope;
  messageId: string;
  events: readonly NumberedEvent[];
  /** Extends the lease to this time; null leaves it. */
  renewUntil: Date | null;
}

/** `lost`: the answer is no longer this process's, and nothing of it was written. */
export type WriteOutcome = 'written' | 'stop' | 'lost';

/** Appends the events of answers of any users in one transaction, each user's under their own authority. */
export async function writeEventBatches(
  db: Database,
  owner: string,
  batches: readonly EventBatch[],
): Promise<WriteOutcome[]> {
  const byUser = [...Map.groupBy(batches, (batch) => batch.scope.userId)];
  const groups: StatementGroup[] = byUser.map(([userId, own]) => ({
    authority: { userId },
    statements: [renew(userId, owner, own), insert(userId, owner, own), look(userId, owner, own)],
  }));
  const results = await db.batch(groups);
  const held = new Map<string, boolean>();
  for (const [, , rows] of results) {
    for (const row of (rows ?? []) as { id: string; stop: boolean }[]) held.set(row.id, row.stop);
  }
  return batches.map(({ messageId }) => {
    const stop = held.get(messageId);
    if (stop === undefined) return 'lost';
    return stop ? 'stop' : 'written';
  });
}

function renew(userId: string, owner: string, batches: readonly EventBatch[]): Statement {
  const due = batches.filter((batch) => batch.renewUntil !== null);
  return {
    name: 'renew_leases',
    text: `UPDATE generations g SET lease_until = w.until
      FROM unnest($3::uuid[], $4::uuid[], $5::timestamptz[]) AS w (conversation_id, message_id, until)
      WHERE g.user_id = $1 AND g.lease_owner = $2 AND g.conversation_id = w.conversation_id AND g.message_id = w.message_id`,
    values: [
      userId,
      owner,
      due.map((batch) => batch.scope.conversationId),
      due.map((batch) => batch.messageId),
      due.map((batch) => batch.renewUntil?.toISOString()),
    ],
  };
}

/** Only below a lease that this process holds; what a commit of unknown outcome has written already stays as it is. */
function insert(userId: string, owner: string, batches: readonly EventBatch[]): Statement {
  const rows = batches.flatMap(({ scope, messageId, events }) =>
    events.map(({ seq, event }) => ({
      conversationId: scope.conversationId,
      messageId,
      seq,
      event: JSON.stringify(event),
    })),
  );
  return {
    name: 'insert_answer_events',
    text: `INSERT INTO answer_events (user_id, conversation_id, message_id, seq, event)
      SELECT $1, w.conversation_id, w.message_id, w.seq, w.event
      FROM unnest($3::uuid[], $4::uuid[], $5::int[], $6::text[]) AS w (conversation_id, message_id, seq, event)
      JOIN generations g ON g.user_id = $1 AND g.lease_owner = $2 AND g.conversation_id = w.conversation_id
        AND g.message_id = w.message_id
      ON CONFLICT DO NOTHING`,
    values: [
      userId,
      owner,
      rows.map((row) => row.conversationId),
      rows.map((row) => row.messageId),
      rows.map((row) => row.seq),
      rows.map((row) => row.event),
    ],
  };
}

function look(userId: string, owner: string, batches: readonly EventBatch[]): Statement {
  return {
    name: 'look_at_generations',
    text: `SELECT message_id AS id, stop_requested AS stop FROM generations
      WHERE user_id = $1 AND lease_owner = $2 AND conversation_id = ANY($3::uuid[]) AND message_id = ANY($4::uuid[])`,
    values: [
      userId,
      owner,
      batches.map((batch) => batch.scope.conversationId),
      batches.map((batch) => batch.messageId),
    ],
  };
}
