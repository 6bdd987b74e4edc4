import type { Source } from '@alcove/contract';
import {
  appendedRows,
  appendStatements,
  type MessageRow,
  type NewMessage,
  parentMissing,
} from '../conversations/message-store.ts';
import { bindChat, chatTaken } from '../conversations/chat-binding-store.ts';
import type { ConversationScope } from '../conversations/scope.ts';
import { beginConversation, type NewConversation } from '../conversations/store.ts';
import type { Database, Statement, Transaction } from '../db/database.ts';
import { isUniqueViolation, isUnknownCommit } from '../db/errors.ts';
import { AppError } from '../errors.ts';
import { countAnswer, type CountedAnswer } from './count-answer.ts';
import { countHeld, endLease, type Held, heldValues, isHeld, lockLease, takeLease } from './lease-store.ts';
import { recordOf } from './stream/event-record.ts';
import { insertEvents, replaceByRecord } from './stream/event-store.ts';
import type { NumberedEvent } from './stream/running.ts';

export interface AnswerStart {
  /** Names the process in the lease, for people who look. */
  owner: string;
  leaseMs: number;
  /** So many answers may be written for the user at once, in all processes; null where this one counts them. */
  atOnce: number | null;
  /** The question, and its answer that is still empty; the answer alone when the question is stored. */
  messages: readonly [NewMessage, ...NewMessage[]];
  events: readonly NumberedEvent[];
  /** The message that the asker has read the history up to. */
  readLeaf: string | null;
  /** The conversation, when it begins with this question. */
  begins: (NewConversation & { chatId?: string | undefined }) | null;
  /** A new title for a conversation that is there already, or null to leave it. */
  title: string | null;
  /** Writes more in the same transaction; called again when that is tried again. */
  alsoWrite?: ((tx: Transaction) => Promise<void>) | undefined;
}

/**
 * Writes question, empty answer, its lease and its first events in one transaction, and the conversation with them when
 * it begins here. Below a lost connection it finds out whether that has happened.
 * @throws AppError `conflict` when an answer is already being written on this branch, or it has grown since it was read;
 * `rate_limited` when there are `atOnce`
 */
export async function startAnswer(db: Database, held: Held, start: AnswerStart, now: Date): Promise<void> {
  try {
    await writeStart(db, held, start, now);
  } catch (error) {
    if (!isUnknownCommit(error)) throw error;
    // The same once more: what is there already refuses its own ids.
    await writeStart(db, held, start, now).catch((again: unknown) => {
      if (isUniqueViolation(again)) return;
      // Only a refusal says that nothing was written, neither now nor before.
      throw again instanceof AppError && again.status < 500 ? again : error;
    });
  }
}

async function writeStart(db: Database, held: Held, start: AnswerStart, now: Date): Promise<void> {
  const { scope } = held;
  const { owner, leaseMs, atOnce, messages, events, readLeaf, begins, title, alsoWrite } = start;
  const beginning = begins === null ? [] : beginConversation(scope, begins, now);
  if (begins?.chatId !== undefined) beginning.push(bindChat(scope, begins.chatId));
  const written = db.write(
    scope,
    [...beginning, ...appendStatements(scope, messages, now), statusAbove(scope, messages[0].id)],
    async (tx, results) => {
      const rows = appendedRows(results.slice(beginning.length), messages);
      // Two questions sent at once: the later one has not seen the other.
      if ((rows[0]?.parentId ?? null) !== readLeaf)
        throw new AppError('conflict', 'Another message came in just now: read it, then ask again.');
      const [above] = (results.at(-1) ?? []) as { status: MessageRow['status'] }[];
      if (above?.status === 'streaming') throw stillWriting();
      // Appending has locked the row of the user's day: whoever begins at the same time waits there until we have a lease.
      if (atOnce !== null && (await countHeld(tx, scope)) >= atOnce) throw tooManyAnswers(atOnce);
      await alsoWrite?.(tx);
      return [
        takeLease(held, owner, leaseMs),
        insertEvents(scope.userId, [{ ...held, events }]),
        ...(title === null ? [] : [setTitle(scope, title)]),
      ];
    },
  );
  await written.catch(chatTaken).catch(parentMissing);
}

export function tooManyAnswers(limit: number): AppError {
  return new AppError(
    'rate_limited',
    `${limit} answers are being written for you already: wait for one, or stop it.`,
    { retryAfterSeconds: 2 },
  );
}

function stillWriting(): AppError {
  return new AppError(
    'conflict',
    'An answer is still being written here: wait for it or stop it, then ask again.',
  );
}

function statusAbove(scope: ConversationScope, questionId: string): Statement {
  return {
    name: 'status_above',
    text: `SELECT p.status FROM messages q
      JOIN messages p ON p.user_id = q.user_id AND p.conversation_id = q.conversation_id AND p.id = q.parent_id
      WHERE q.user_id = $1 AND q.conversation_id = $2 AND q.id = $3`,
    values: [scope.userId, scope.conversationId, questionId],
  };
}

function setTitle(scope: ConversationScope, title: string): Statement {
  return {
    name: 'set_title',
    text: 'UPDATE conversations SET title = $3 WHERE user_id = $1 AND id = $2',
    values: [scope.userId, scope.conversationId, title],
  };
}

export interface FinishedAnswer extends CountedAnswer {
  content: string;
  metadata: unknown;
  trace: unknown;
  /** All of the answer, of which the last may not be written yet. */
  events: readonly NumberedEvent[];
  sources: readonly Source[];
  /** Null when nobody was asked. */
  model: string | null;
  inputTokens: number;
  outputTokens: number;
}

/**
 * Ends the answer: exactly one caller wins, the one that holds its lease. Every statement asks for the lease, so that
 * who lost it, or comes again after a commit of unknown outcome, changes nothing.
 * @returns whether the answer ended as this caller says, now or by an earlier call of its own
 */
export async function finishAnswer(
  db: Database,
  held: Held,
  finished: FinishedAnswer,
  now: Date,
): Promise<boolean> {
  const { scope, messageId } = held;
  const { events } = finished;
  const last = events.at(-1);
  if (last === undefined) throw new Error('an answer ends with an event');
  const record = recordOf(events, finished);
  const results = await db.write(scope, [
    lockLease(held),
    ...(record === null
      ? [insertEvents(scope.userId, [{ ...held, events }])]
      : replaceByRecord(held, last.seq, record)),
    settleMessage(held, finished),
    insertTrace(held, finished.trace, now),
    countUsage(held, finished),
    countAnswer(held, finished, now),
    ...(finished.model === null ? [] : [countModel(held, finished.model, finished, now)]),
    endLease(held),
    storedEvent(scope, messageId, last.seq),
  ]);
  const [stored] = (results.at(-1) ?? []) as { event: string }[];
  return stored?.event === JSON.stringify(record ?? last.event);
}

function settleMessage(held: Held, { content, status, metadata }: FinishedAnswer): Statement {
  return {
    name: 'settle_answer',
    text: `UPDATE messages SET content = $5, status = $6, metadata = $7::jsonb
      WHERE user_id = $1 AND conversation_id = $2 AND id = $3
        AND EXISTS (SELECT 1 FROM work ${isHeld})`,
    values: [...heldValues(held), content, status, JSON.stringify(metadata)],
  };
}

function insertTrace(held: Held, trace: unknown, now: Date): Statement {
  return {
    name: 'insert_trace',
    text: `INSERT INTO retrieval_traces (user_id, conversation_id, message_id, trace, figures, created_at)
      SELECT user_id, conversation_id, item_id, $5::jsonb, jsonb_strip_nulls(jsonb_build_object(
        'timings_ms', $5::jsonb -> 'timings_ms', 'processing_time_ms', $5::jsonb -> 'processing_time_ms',
        'cache_hit', $5::jsonb -> 'cache_hit')), $6::timestamptz FROM work ${isHeld}`,
    values: [...heldValues(held), JSON.stringify(trace), now],
  };
}

function countUsage(held: Held, { inputTokens, outputTokens, cacheHit }: FinishedAnswer): Statement {
  return {
    name: 'count_usage',
    text: `UPDATE user_counters SET input_tokens = input_tokens + $5, output_tokens = output_tokens + $6,
        cache_hits = cache_hits + $7, cache_misses = cache_misses + $8
      WHERE user_id = $1 AND EXISTS (SELECT 1 FROM work ${isHeld})`,
    values: [
      ...heldValues(held),
      inputTokens,
      outputTokens,
      cacheHit === true ? 1 : 0,
      cacheHit === false ? 1 : 0,
    ],
  };
}

function countModel(
  held: Held,
  model: string,
  { inputTokens, outputTokens }: FinishedAnswer,
  now: Date,
): Statement {
  return {
    name: 'count_model_usage',
    text: `INSERT INTO model_usage (user_id, day, model, answers, input_tokens, output_tokens)
      SELECT user_id, $5::date, $6::text, 1, $7::bigint, $8::bigint FROM work ${isHeld}
      ON CONFLICT (user_id, day, model) DO UPDATE SET answers = model_usage.answers + 1,
        input_tokens = model_usage.input_tokens + excluded.input_tokens,
        output_tokens = model_usage.output_tokens + excluded.output_tokens`,
    values: [...heldValues(held), now.toISOString().slice(0, 10), model, inputTokens, outputTokens],
  };
}

function storedEvent(scope: ConversationScope, messageId: string, seq: number): Statement {
  return {
    name: 'stored_answer_event',
    text: `SELECT event FROM answer_events
      WHERE user_id = $1 AND conversation_id = $2 AND message_id = $3 AND seq = $4`,
    values: [scope.userId, scope.conversationId, messageId, seq],
  };
}

/**
 * That an answer is there to be read, and which documents it cites, in whatever conversation of the user's they are. A
 * temporary conversation stays its time from here on.
 */
export async function noteAnswered(
  db: Database,
  scope: ConversationScope,
  documentIds: readonly string[],
  now: Date,
): Promise<void> {
  const { userId, conversationId } = scope;
  await db.write({ userId }, [
    {
      name: 'note_unread',
      text: `UPDATE conversations SET unread = true, updated_at = greatest(updated_at, $3),
          purge_at = to_timestamp($4::float8 + expires_in_s)
        WHERE user_id = $1 AND id = $2`,
      // As appending counts it.
      values: [userId, conversationId, now, now.getTime() / 1000],
    },
    {
      name: 'note_cited',
      text: 'UPDATE documents SET last_cited_at = $3 WHERE user_id = $1 AND id = ANY($2::uuid[])',
      values: [userId, [...new Set(documentIds)], now],
    },
  ]);
}
