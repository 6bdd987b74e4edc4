import type { Database } from '../../db/database.ts';
import type { Log } from '../../work/every.ts';
import type { Held } from '../lease-store.ts';
import type { NumberedEvent } from './running.ts';
import { type EventBatch, type WriteOutcome, writeEventBatches } from './event-store.ts';

/**
 * Writes the events of all running answers of this process, many answers in one transaction: while one commits, what
 * comes meanwhile waits for the next. A thousand answers cost a few commits a moment instead of a thousand.
 */
export interface EventWriter {
  /**
   * Resolves when the events are committed; `isRenewing` extends the lease with them. The beginning of an answer up to
   * its first word does not queue with what the others go on saying.
   */
  write(
    held: Held,
    events: readonly NumberedEvent[],
    isRenewing: boolean,
    isFirst: boolean,
  ): Promise<WriteOutcome>;
}

interface Waiting {
  batch: EventBatch;
  resolve(outcome: WriteOutcome): void;
  reject(error: unknown): void;
}

/** Answers of one transaction: enough to share its commit, few enough to keep it short. */
const answersAtOnce = 200;

/** Renewed leases last `leaseMs`. */
export function createEventWriter(db: Database, leaseMs: number, log: Log): EventWriter {
  const first = openLane(db, leaseMs, log);
  const rest = openLane(db, leaseMs, log);
  return {
    write: (held, events, isRenewing, isFirst) =>
      new Promise((resolve, reject) => {
        const batch = { ...held, events, isRenewing };
        (isFirst ? first : rest)({ batch, resolve, reject });
      }),
  };
}

/** One transaction at a time. */
function openLane(db: Database, leaseMs: number, log: Log): (one: Waiting) => void {
  let waiting: Waiting[] = [];
  let isWriting = false;

  async function drain(): Promise<void> {
    isWriting = true;
    while (waiting.length > 0) {
      const taken = waiting.slice(0, answersAtOnce);
      waiting = waiting.slice(answersAtOnce);
      await writeTogether(taken);
    }
    isWriting = false;
  }

  async function writeTogether(taken: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await writeEventBatches(
        db,
        taken.map((one) => one.batch),
        leaseMs,
      );
      for (const [at, one] of taken.entries()) one.resolve(outcomes[at] ?? 'lost');
    } catch (error) {
      if (taken.length === 1) {
        taken[0]?.reject(error);
        return;
      }
      // One answer that cannot be written, such as a deleted one, must not hold up the others.
      log.debug({ err: error, answers: taken.length }, 'events are written one answer at a time');
      for (const one of taken) await writeTogether([one]);
    }
  }

  return (one) => {
    waiting.push(one);
    if (!isWriting) void drain();
  };
}
