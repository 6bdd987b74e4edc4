import { explainDatabase } from './explain.ts';

export interface OutageLines {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface OutageLog {
  /** The database could not be reached, or the connection to it was lost. */
  failed(error: unknown): void;
  succeeded(): void;
}

/** However many wait for it, an outage is said when it begins, once in this time, and when it is over. */
const lineEveryMs = 60_000;

/** Says that the database is away: one line at the start, at most one a minute with a count, one when it is back. */
export function createOutageLog(log: OutageLines, address: string, now = () => performance.now()): OutageLog {
  let since: number | null = null;
  let attempts = 0;
  let lastLine = -Infinity;
  let isSaid = false;

  function failed(error: unknown): void {
    const at = now();
    attempts += 1;
    since ??= at;
    if (at - lastLine < lineEveryMs) return;
    lastLine = at;
    const why = explainDatabase(error, address);
    const fields = { reason: why instanceof Error ? why.message : String(why), attempts };
    log.warn(fields, isSaid ? 'the database is still away' : 'the database is away');
    isSaid = true;
  }

  function succeeded(): void {
    if (since === null) return;
    // An outage that was not said, soon after another one, is not said to be over either.
    if (isSaid) log.info({ seconds: Math.round((now() - since) / 1000), attempts }, 'the database is back');
    since = null;
    isSaid = false;
    attempts = 0;
  }

  return { failed, succeeded };
}
