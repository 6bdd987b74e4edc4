import { setTimeout as sleep } from 'node:timers/promises';

export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Runs the task again and again with a pause between, until the signal aborts. Failures are logged; the loop goes on. */
export async function every(
  pauseMs: number,
  name: string,
  task: () => Promise<unknown>,
  signal: AbortSignal,
  log: Log,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await task();
    } catch (error) {
      log.warn({ err: error, task: name }, 'a background task failed and will be tried again');
    }
    await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => {});
  }
}
