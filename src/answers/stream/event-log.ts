import type { AnswerEvent } from '@alcove/contract';
import { AppError } from '../../errors.ts';
import { textPaceMs } from '../../models/answer-source.ts';
import { type AnswerDeps, answerTopic } from '../deps.ts';
import type { Held } from '../lease-store.ts';
import type { NumberedEvent, RunningAnswer } from './running.ts';

/** A stop asked for on another replica is seen within this time. */
const heartbeatMs = 1_000;

/**
 * The numbered events of one answer: committed first, then announced. Deltas are written together: everything up to the
 * first at once, later ones at most `textPaceMs` late.
 */
export interface EventLog {
  append(event: AnswerEvent): void;
  /** Numbers the last events without writing them: they go with the end of the answer, in its transaction. */
  takeRest(last: AnswerEvent): Promise<NumberedEvent[]>;
  /** Everything of the text so far, as readers have it or will have it. */
  readonly text: string;
  close(): Promise<void>;
}

/** `firstSeq` continues what `startAnswer` has written. Aborts `answer.stop` when asked to, or when the lease is lost. */
export function openEventLog(
  held: Held,
  answer: RunningAnswer,
  firstSeq: number,
  deps: AnswerDeps,
): EventLog {
  const renewEveryMs = deps.limits.leaseMs / 4;
  let seq = firstSeq - 1;
  let pending: NumberedEvent[] = [];
  /** So many of `pending` were handed to the database before and may be committed: they stay as they are. */
  let attempted = 0;
  /** True once a word of the text was handed to the database. */
  let hasSpoken = false;
  let text = '';
  let lastWrite = 0;
  let renewedAt = performance.now();
  let writing: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  function number(event: AnswerEvent): void {
    const last = pending.at(-1);
    if (event.type === 'delta') text += event.text;
    if (event.type === 'delta' && last?.event.type === 'delta' && pending.length > attempted) {
      last.event = { type: 'delta', text: last.event.text + event.text };
      return;
    }
    seq += 1;
    pending.push({ seq, event });
  }

  async function write(): Promise<void> {
    const batch = pending;
    pending = [];
    attempted = 0;
    const isFirst = !hasSpoken && batch.length > 0;
    hasSpoken ||= batch.some(({ event }) => event.type === 'delta');
    lastWrite = performance.now();
    const isRenewing = lastWrite - renewedAt > renewEveryMs;
    if (isRenewing) renewedAt = lastWrite;
    try {
      const outcome = await deps.events.write(held, batch, isRenewing, isFirst);
      if (outcome === 'lost')
        answer.stop.abort(new AppError('unavailable', 'This answer was taken over or deleted elsewhere.'));
      if (outcome === 'stop') answer.stop.abort(stopRequested);
      if (outcome === 'lost' || batch.length === 0) return;
      answer.committed.push(...batch);
      deps.notifier.notify(answerTopic(answer.messageId));
    } catch (error) {
      // Away for a moment: the events wait for the next write, in order.
      pending = [...batch, ...pending];
      attempted = batch.length;
      renewedAt = 0;
      deps.log.warn({ err: error, messageId: answer.messageId }, 'answer events were not written yet');
    }
  }

  function schedule(): void {
    if (closed || timer !== undefined) return;
    // What comes before the first word must not take its place.
    const isPaced = hasSpoken || attempted > 0;
    const wait = isPaced ? Math.max(0, lastWrite + textPaceMs - performance.now()) : 0;
    timer = setTimeout(() => {
      timer = undefined;
      writing = writing.then(write).then(() => {
        if (pending.length > 0) schedule();
      });
    }, wait);
  }

  const heartbeat = setInterval(() => {
    // Half of it: a write just before the last beat must not make the next one skip, or a stop waits twice as long.
    if (performance.now() - lastWrite > heartbeatMs / 2) writing = writing.then(write);
  }, heartbeatMs);
  heartbeat.unref();

  return {
    append(event) {
      number(event);
      schedule();
    },
    get text() {
      return text;
    },
    async takeRest(last) {
      clearTimeout(timer);
      await writing;
      number(last);
      const rest = pending;
      pending = [];
      return rest;
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      clearInterval(heartbeat);
      await writing;
    },
  };
}

/** The reason of an abort that a person asked for. */
export const stopRequested = new Error('stopped by the user');
