import type { Logger } from '../http/app.ts';
import type { Config } from '../config.ts';
import { connectDatabase } from '../db/client.ts';
import type { Database } from '../db/database.ts';

export interface OpeningDatabase {
  database: Promise<Database>;
  /** Resolves when the rest goes on elsewhere: from then on this thread has time for other things. */
  begun: Promise<void>;
  /** Resolves with the reason when the embedded database is gone for good. */
  died: Promise<Error>;
}

/** Begins to open the database, which takes longer than loading the rest of the server beside it. */
export function openDatabaseOf(config: Config, log: Logger): OpeningDatabase {
  const died = Promise.withResolvers<Error>();
  const begun = Promise.withResolvers<void>();
  const database = connectDatabase(config.database, {
    log: log.level === 'debug' || log.level === 'trace' ? (entry) => log.debug(entry, 'query') : undefined,
    onStarting: begun.resolve,
    onRestart: (error) => log.warn({ err: error }, 'the embedded database ended and is started again'),
    onDead: died.resolve,
    outages: log,
  });
  // A server of its own is at work already; of the embedded one whoever awaits it is told why it failed.
  if (config.database.kind !== 'pglite') begun.resolve();
  database.catch(() => begun.resolve());
  return { database, begun: begun.promise, died: died.promise };
}
