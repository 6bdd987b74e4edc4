import type { AnswerEvent } from '@alcove/contract';
import type { MessageRow } from '../../conversations/message-store.ts';
import type { ConversationScope } from '../../conversations/scope.ts';
import type { Database, Statement, StatementGroup } from '../../db/database.ts';
import { lookAtLeases, renewLeases } from '../lease-store.ts';
import type { NumberedEvent } from './running.ts';

export interface EventBatch {
  scope: ConversationScope;
  messageId: string;
  events: readonly NumberedEvent[];
  isRenewing: boolean;
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
    statements: [
      renewLeases(
        userId,
        owner,
        own.filter(({ isRenewing }) => isRenewing),
      ),
      insertEvents(userId, owner, own),
      lookAtLeases(userId, owner, own),
    ],
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

/**
 * The only way by which events are written: below a lease that this process holds, and again without harm, because a
 * commit of unknown outcome may have written them already.
 */
export function insertEvents(
  userId: string,
  owner: string,
  batches: readonly Pick<EventBatch, 'scope' | 'messageId' | 'events'>[],
): Statement {
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

/** Events after `afterSeq`, and whether more may come. */
export async function readEvents(
  db: Database,
  scope: ConversationScope,
  messageId: string,
  afterSeq: number,
): Promise<{ events: NumberedEvent[]; status: MessageRow['status'] | null }> {
  const key = [scope.userId, scope.conversationId, messageId];
  // The state first: events that come between the two reads are then found by the next look.
  const [states, rows] = await db.read(scope, [
    {
      name: 'answer_status',
      text: 'SELECT status FROM messages WHERE user_id = $1 AND conversation_id = $2 AND id = $3',
      values: key,
    },
    {
      name: 'answer_events_after',
      text: `SELECT seq, event FROM answer_events
        WHERE user_id = $1 AND conversation_id = $2 AND message_id = $3 AND seq > $4 ORDER BY seq`,
      values: [...key, afterSeq],
    },
  ]);
  const [state] = (states ?? []) as { status: MessageRow['status'] }[];
  const events = ((rows ?? []) as { seq: number; event: string }[]).map(({ seq, event }) => ({
    seq,
    event: parseStoredEvent(event),
  }));
  return { events, status: state?.status ?? null };
}

/** Safe: only `insertEvents` writes this column, from the same type; the failure had another name before. */
function parseStoredEvent(text: string): AnswerEvent {
  const event = JSON.parse(text) as AnswerEvent | (Omit<Failed, 'type'> & { type: 'error' });
  return event.type === 'error' ? { ...event, type: 'failed' } : event;
}

type Failed = Extract<AnswerEvent, { type: 'failed' }>;
