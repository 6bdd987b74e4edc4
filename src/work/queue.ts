import { PgBoss } from 'pg-boss';
import type { Database } from '../db/database.ts';
import { databaseCode, isUniqueViolation } from '../db/errors.ts';
import type { Log } from './every.ts';

/** A hint that a document is due; its row is the truth, so a job may be lost or come twice. */
export interface IngestJob {
  userId: string;
  conversationId: string;
  documentId: string;
}

export interface Queue {
  enqueue(job: IngestJob): Promise<void>;
  /** Handles jobs, at most `concurrency` at once and `perUser` of one user. */
  work(
    handle: (job: IngestJob) => Promise<void>,
    options: { concurrency: number; perUser: number },
  ): Promise<void>;
  /** Looks for jobs now instead of at the next poll. */
  wake(): void;
  /** Stops taking jobs and waits for the running ones. */
  stop(): Promise<void>;
}

const name = 'ingest';
const pollingSeconds = 0.5;
/** Longer than any ingestion may take; a dead worker's document comes back by its own lease much sooner. */
const expireSeconds = 1800;
const stopTimeoutMs = 20_000;

export async function openQueue(database: Database, log: Log): Promise<Queue> {
  const boss = new PgBoss({
    db: { executeSql: (text: string, values?: unknown[]) => database.pool.query(text, values) },
    schema: 'alcove_jobs',
    schedule: false,
    ...(database.kind === 'pglite' ? { backend: 'pglite' as const } : {}),
  });
  boss.on('error', (reported) => {
    // The queue reports copies of errors, which are no instances any more.
    const error = Object.assign(new Error(reported.message), reported);
    // While the database is away this comes at every poll.
    if (databaseCode(error) === undefined) log.error({ err: error }, 'the job queue failed');
    else log.warn({ err: error }, 'the job queue cannot reach the database');
  });
  await boss.start().catch((error: unknown) => {
    // Of replicas that start together on an empty database one makes the queue's tables; the others find them now.
    if (!isUniqueViolation(error)) throw error;
    return boss.start();
  });
  // `short`: at most one waiting job per document, so that the sweeper cannot pile them up.
  await boss.createQueue(name, {
    policy: 'short',
    retryLimit: 0,
    expireInSeconds: expireSeconds,
    retentionSeconds: 24 * 3600,
    deleteAfterSeconds: 3600,
  });
  const workers: string[] = [];

  return {
    async enqueue(job) {
      await boss.send(name, job, { singletonKey: job.documentId, group: { id: job.userId } });
      for (const id of workers) boss.notifyWorker(id);
    },
    async work(handle, { concurrency, perUser }) {
      const id = await boss.work<IngestJob>(
        name,
        {
          batchSize: 1,
          pollingIntervalSeconds: pollingSeconds,
          localConcurrency: concurrency,
          localGroupConcurrency: perUser,
        },
        async (jobs) => {
          for (const job of jobs) {
            try {
              await handle(job.data);
            } finally {
              // The document's row says what became of it; a job that is done would only go on naming its user.
              await boss.deleteJob(name, job.id);
            }
          }
        },
      );
      workers.push(id);
    },
    wake() {
      for (const id of workers) boss.notifyWorker(id);
    },
    stop: () => boss.stop({ graceful: true, close: false, timeout: stopTimeoutMs }),
  };
}
