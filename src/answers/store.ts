import { and, asc, eq, gt, lt, sql } from 'drizzle-orm';
import type { AnswerEvent } from '@alcove/contract';
import { appendMessages, type MessageRow, type NewMessage } from '../conversations/message-store.ts';
import { ConversationScope } from '../conversations/scope.ts';
import { type Database, pipeline, type Transaction } from '../db/database.ts';
import { isForeignKeyViolation, isUniqueViolation } from '../db/errors.ts';
import {
  answerEvents,
  conversations,
  generations,
  messages,
  retrievalTraces,
  userCounters,
} from '../db/schema.ts';
import { AppError } from '../errors.ts';
import { UserScope } from '../identity/user-scope.ts';
import type { NumberedEvent } from './stream/running.ts';

export interface Lease {
  owner: string;
  until: Date;
}

export interface AnswerStart {
  /** The message that the asker has read the history up to. */
  readLeaf: string | null;
  /** A new title for the conversation, or null to leave it. */
  title: string | null;
}

/**
 * Writes question, empty answer, its lease and its first events in one transaction.
 * @throws AppError `conflict` when an answer is already being written on this branch, or it has grown since it was read
 */
export async function startAnswer(
  db: Database,
  scope: ConversationScope,
  input: readonly NewMessage[],
  events: readonly NumberedEvent[],
  lease: Lease,
  { readLeaf, title }: AnswerStart,
  now: Date,
): Promise<MessageRow[]> {
  return appendMessages(db, scope, input, now, async (tx, rows) => {
    const answer = rows.at(-1);
    if (answer === undefined) throw new Error('the answer was not written');
    const before = rows[0]?.parentId ?? null;
    // Two questions sent at once: the later one has not seen the other.
    if (before !== readLeaf)
      throw new AppError('conflict', 'Another message came in just now: read it, then ask again.');
    const generation = { ...keyOf(scope, answer.id), leaseOwner: lease.owner, leaseUntil: lease.until };
    await pipeline(
      tx,
      () => (before === null ? Promise.resolve() : refuseWhileStreaming(tx, scope, before)),
      () => tx.insert(generations).values(generation),
      () => insertEvents(tx, scope, answer.id, events),
      () => (title === null ? Promise.resolve() : setTitle(tx, scope, title)),
    );
  });
}

async function setTitle(tx: Transaction, scope: ConversationScope, title: string): Promise<void> {
  await tx
    .update(conversations)
    .set({ title })
    .where(and(eq(conversations.userId, scope.userId), eq(conversations.id, scope.conversationId)));
}

async function refuseWhileStreaming(
  tx: Transaction,
  scope: ConversationScope,
  parentId: string,
): Promise<void> {
  const [parent] = await tx
    .select({ status: messages.status })
    .from(messages)
    .where(
      and(
        eq(messages.userId, scope.userId),
        eq(messages.conversationId, scope.conversationId),
        eq(messages.id, parentId),
      ),
    );
  if (parent?.status !== 'streaming') return;
  throw new AppError(
    'conflict',
    'An answer is still being written here: wait for it or stop it, then ask again.',
  );
}

export interface FinishedAnswer {
  content: string;
  status: Exclude<MessageRow['status'], 'streaming'>;
  metadata: unknown;
  trace: unknown;
  events: readonly NumberedEvent[];
  inputTokens: number;
  outputTokens: number;
  /** Null when nothing was retrieved. */
  cacheHit: boolean | null;
}

/** Ends the answer: exactly one caller wins, the one that removes the lease it holds. */
export async function finishAnswer(
  db: Database,
  scope: ConversationScope,
  messageId: string,
  owner: string,
  finished: FinishedAnswer,
  now: Date,
): Promise<boolean> {
  const written = db.scoped(scope, async (tx) => {
    const [won] = await pipeline(
      tx,
      () =>
        tx
          .delete(generations)
          .where(isMine(scope, messageId, owner))
          .returning({ messageId: generations.messageId }),
      () =>
        tx
          .update(messages)
          .set({ content: finished.content, status: finished.status, metadata: finished.metadata })
          .where(isMessage(scope, messageId)),
      () => insertEvents(tx, scope, messageId, finished.events),
      () =>
        tx
          .insert(retrievalTraces)
          .values({ ...keyOf(scope, messageId), trace: finished.trace, createdAt: now }),
      () =>
        tx
          .update(userCounters)
          .set({
            inputTokens: sql`${userCounters.inputTokens} + ${finished.inputTokens}`,
            outputTokens: sql`${userCounters.outputTokens} + ${finished.outputTokens}`,
            cacheHits: sql`${userCounters.cacheHits} + ${finished.cacheHit === true ? 1 : 0}`,
            cacheMisses: sql`${userCounters.cacheMisses} + ${finished.cacheHit === false ? 1 : 0}`,
          })
          .where(eq(userCounters.userId, scope.userId)),
    );
    if (won.length === 0) throw new LostLease();
    return true;
  });
  return written.catch((error: unknown) => {
    // Its events or its message are somebody else's by now, or gone.
    if (error instanceof LostLease || isUniqueViolation(error) || isForeignKeyViolation(error)) return false;
    throw error;
  });
}

/** Undoes the transaction of a writer that no longer holds the answer. */
class LostLease extends Error {}

async function insertEvents(
  tx: Transaction,
  scope: ConversationScope,
  messageId: string,
  events: readonly NumberedEvent[],
): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map(({ seq, event }) => ({
    ...keyOf(scope, messageId),
    seq,
    event: JSON.stringify(event),
  }));
  const result = await tx.insert(answerEvents).values(rows);
  if (result.rowCount !== rows.length) throw new Error('an answer event was not written');
}

/** Events after `afterSeq`, and whether more may come. */
export async function readEvents(
  db: Database,
  scope: ConversationScope,
  messageId: string,
  afterSeq: number,
): Promise<{ events: NumberedEvent[]; status: MessageRow['status'] | null }> {
  return db.reading(scope, async (tx) => {
    // The state first: events that come between the two reads are then found by the next look.
    const [message] = await tx
      .select({ status: messages.status })
      .from(messages)
      .where(isMessage(scope, messageId));
    const rows = await tx
      .select({ seq: answerEvents.seq, event: answerEvents.event })
      .from(answerEvents)
      .where(
        and(
          eq(answerEvents.userId, scope.userId),
          eq(answerEvents.conversationId, scope.conversationId),
          eq(answerEvents.messageId, messageId),
          gt(answerEvents.seq, afterSeq),
        ),
      )
      .orderBy(asc(answerEvents.seq));
    const events = rows.map((row) => ({ seq: row.seq, event: parseStoredEvent(row.event) }));
    return { events, status: message?.status ?? null };
  });
}

/** Safe: only `insertEvents` writes this column, from the same type. */
function parseStoredEvent(text: string): AnswerEvent {
  return JSON.parse(text) as AnswerEvent;
}

/** Asks whoever writes the answer to stop. False when nobody does. */
export async function requestStop(
  db: Database,
  scope: ConversationScope,
  messageId: string,
): Promise<boolean> {
  const rows = await db.scoped(scope, (tx) =>
    tx
      .update(generations)
      .set({ stopRequested: true })
      .where(
        and(
          eq(generations.userId, scope.userId),
          eq(generations.conversationId, scope.conversationId),
          eq(generations.messageId, messageId),
        ),
      )
      .returning({ messageId: generations.messageId }),
  );
  return rows.length > 0;
}

export interface OrphanedAnswer {
  scope: ConversationScope;
  messageId: string;
}

/** Answers whose writer has let its lease run out, over all users. */
export async function orphanedAnswers(db: Database, now: Date, limit: number): Promise<OrphanedAnswer[]> {
  const rows = await db.asWorker((tx) =>
    tx
      .select({
        userId: generations.userId,
        conversationId: generations.conversationId,
        messageId: generations.messageId,
      })
      .from(generations)
      .where(lt(generations.leaseUntil, now))
      .limit(limit),
  );
  return rows.map((row) => ({
    scope: ConversationScope.ofOwnRow(UserScope.grant(row.userId), row),
    messageId: row.messageId,
  }));
}

/** Takes an orphan over, so that exactly one reaper ends it. */
export async function takeOver(
  db: Database,
  orphan: OrphanedAnswer,
  lease: Lease,
  now: Date,
): Promise<boolean> {
  const { scope, messageId } = orphan;
  const rows = await db.scoped(scope, (tx) =>
    tx
      .update(generations)
      .set({ leaseOwner: lease.owner, leaseUntil: lease.until })
      .where(
        and(
          eq(generations.userId, scope.userId),
          eq(generations.conversationId, scope.conversationId),
          eq(generations.messageId, messageId),
          lt(generations.leaseUntil, now),
        ),
      )
      .returning({ messageId: generations.messageId }),
  );
  return rows.length > 0;
}

function keyOf(scope: ConversationScope, messageId: string) {
  return { userId: scope.userId, conversationId: scope.conversationId, messageId };
}

function isMessage(scope: ConversationScope, messageId: string) {
  return and(
    eq(messages.userId, scope.userId),
    eq(messages.conversationId, scope.conversationId),
    eq(messages.id, messageId),
  );
}

function isMine(scope: ConversationScope, messageId: string, owner: string) {
  return and(
    eq(generations.userId, scope.userId),
    eq(generations.conversationId, scope.conversationId),
    eq(generations.messageId, messageId),
    eq(generations.leaseOwner, owner),
  );
}
