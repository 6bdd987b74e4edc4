import type { AnswerEvent, Source } from '@alcove/contract';
import type { MessageRow } from '../../conversations/message-store.ts';
import type { ConversationScope } from '../../conversations/scope.ts';
import type { Database, Statement, StatementGroup } from '../../db/database.ts';
import { type Held, heldValues, isHeld, joinHeld, lookAtLeases, renewLeases } from '../lease-store.ts';
import { type EventRecord, replayOf } from './event-record.ts';
import type { NumberedEvent } from './running.ts';

export interface EventBatch extends Held {
  events: readonly NumberedEvent[];
  isRenewing: boolean;
}

/** `lost`: the answer is no longer this process's, and nothing of it was written. */
export type WriteOutcome = 'written' | 'stop' | 'lost';

/** Appends the events of answers of any users in one transaction, each user's under their own authority. */
export async function writeEventBatches(
  db: Database,
  batches: readonly EventBatch[],
  leaseMs: number,
): Promise<WriteOutcome[]> {
  const byUser = [...Map.groupBy(batches, (batch) => batch.scope.userId)];
  const groups: StatementGroup[] = byUser.map(([userId, own]) => ({
    authority: { userId },
    statements: [
      renewLeases(
        userId,
        own.filter(({ isRenewing }) => isRenewing),
        leaseMs,
      ),
      insertEvents(userId, own),
      lookAtLeases(userId, own),
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
  batches: readonly (Held & { events: readonly { seq: number; event: AnswerEvent | EventRecord }[] })[],
): Statement {
  const rows = batches.flatMap(({ scope, messageId, token, events }) =>
    events.map(({ seq, event }) => ({
      conversationId: scope.conversationId,
      messageId,
      token,
      seq,
      event: JSON.stringify(event),
    })),
  );
  return {
    name: 'insert_answer_events',
    text: `INSERT INTO answer_events (user_id, conversation_id, message_id, seq, event)
      SELECT $1, w.conversation_id, w.message_id, w.seq, w.event
      FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::int[], $6::text[])
        AS w (conversation_id, message_id, token, seq, event) ${joinHeld}
      ON CONFLICT DO NOTHING`,
    values: [
      userId,
      rows.map((row) => row.conversationId),
      rows.map((row) => row.messageId),
      rows.map((row) => row.token),
      rows.map((row) => row.seq),
      rows.map((row) => row.event),
    ],
  };
}

/** Puts one record in the place of all events of an answer, in the transaction that ends it. */
export function replaceByRecord(held: Held, seq: number, record: EventRecord): Statement[] {
  const drop: Statement = {
    name: 'drop_answer_events',
    text: `DELETE FROM answer_events WHERE user_id = $1 AND conversation_id = $2 AND message_id = $3
      AND EXISTS (SELECT 1 FROM work ${isHeld})`,
    values: heldValues(held),
  };
  return [drop, insertEvents(held.scope.userId, [{ ...held, events: [{ seq, event: record }] }])];
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
      name: 'answer_state',
      // A deleted conversation is not seen: who follows an answer in it is told that there is none.
      text: `SELECT m.status, CASE WHEN m.status <> 'streaming' THEN m.content END AS content,
          CASE WHEN m.status <> 'streaming' THEN m.metadata -> 'search_results' END AS sources
        FROM messages m JOIN conversations c ON c.user_id = m.user_id AND c.id = m.conversation_id
        WHERE m.user_id = $1 AND m.conversation_id = $2 AND m.id = $3`,
      values: key,
    },
    {
      name: 'answer_events_after',
      text: `SELECT seq, event FROM answer_events
        WHERE user_id = $1 AND conversation_id = $2 AND message_id = $3 AND seq > $4 ORDER BY seq`,
      values: [...key, afterSeq],
    },
  ]);
  const [state] = (states ?? []) as State[];
  const events = ((rows ?? []) as { seq: number; event: string }[]).flatMap(({ seq, event }) => {
    const stored = parseStored(event);
    if (stored.type !== 'record') return [{ seq, event: stored }];
    // Ended between the two reads: the next look knows its text too.
    if (state === undefined || state.content === null) return [];
    const text = { content: state.content, sources: state.sources ?? [] };
    return replayOf(stored, text).filter((one) => one.seq > afterSeq);
  });
  return { events, status: state?.status ?? null };
}

interface State {
  status: MessageRow['status'];
  content: string | null;
  sources: Source[] | null;
}

/** Safe: only `insertEvents` writes this column, from the same types; the failure had another name before. */
function parseStored(text: string): AnswerEvent | EventRecord {
  const event = JSON.parse(text) as AnswerEvent | EventRecord | (Omit<Failed, 'type'> & { type: 'error' });
  return event.type === 'error' ? { ...event, type: 'failed' } : event;
}

type Failed = Extract<AnswerEvent, { type: 'failed' }>;
