import type { Background } from '../limits/background.ts';
import type { Limits } from '../limits/limits.ts';
import type { Database } from '../db/database.ts';
import type { Notifier } from '../work/notifier.ts';
import type { Log } from '../work/every.ts';
import type { Replicas } from '../work/replicas.ts';
import type { Models } from '../models/model.ts';
import type { RetrievalDeps } from '../retrieval/deps.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { EventWriter } from './stream/event-writer.ts';
import type { RunningAnswers } from './stream/running.ts';

export interface AnswerDeps {
  db: Database;
  models: Models;
  retrieval: RetrievalDeps;
  notifier: Notifier;
  running: RunningAnswers;
  events: EventWriter;
  replicas: Pick<Replicas, 'isAlone'>;
  limits: Pick<
    Limits,
    'answerTimeoutMs' | 'streamsPerUser' | 'waitForFilesMs' | 'leaseMs' | 'maxTemperature' | 'maxOutputTokens'
  >;
  /** A model looks again at citations that words do not verify. */
  citationCheck: boolean;
  /** What a model is asked for after an answer. */
  afterwards: { titles: boolean; summaries: boolean };
  /** A model is asked which questions a document is worth. */
  suggestions: boolean;
  background: Background;
  /** Names this process in leases. */
  owner: string;
  log: Log;
  telemetry?: Telemetry | undefined;
  now: () => Date;
}

/** Notified whenever an answer has new events, or is asked to stop. */
export function answerTopic(messageId: string): string {
  return `answer:${messageId}`;
}
