import type { Database } from '../db/database.ts';
import type { Doorbell } from '../jobs/doorbell.ts';
import type { Log } from '../jobs/every.ts';
import type { Models } from '../models/model.ts';
import type { RetrievalDeps } from '../retrieval/deps.ts';
import type { EventWriter } from './event-writer.ts';
import type { RunningAnswers } from './running.ts';

export interface AnswerDeps {
  db: Database;
  models: Models;
  retrieval: RetrievalDeps;
  doorbell: Doorbell;
  running: RunningAnswers;
  events: EventWriter;
  limits: { answerTimeoutMs: number; streamsPerUser: number };
  /** Names this process in leases. */
  owner: string;
  log: Log;
  now: () => Date;
}

/** Rung whenever an answer has new events, or is asked to stop. */
export function answerBell(messageId: string): string {
  return `answer:${messageId}`;
}
