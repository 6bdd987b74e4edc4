import { ModelFault, type FaultKind } from './faults.ts';

/** An abort signal that follows the caller's, and a clock that aborts it too. */
export interface Watchdog {
  signal: AbortSignal;
  /** Starts the clock anew: unless it is armed again or disarmed, the signal aborts after `ms`. */
  arm(ms: number, kind: FaultKind): void;
  disarm(): void;
  /** Waits for the work, but no longer than the signal lives. */
  race<T>(work: PromiseLike<T>): Promise<T>;
  /** Ends whatever still listens to the signal. Call it in `finally`. */
  stop(): void;
}

export function startWatchdog(parent: AbortSignal): Watchdog {
  const controller = new AbortController();
  const { signal } = controller;
  /** Waits that the signal ends; one listener for all of them, for there is a wait for each token. */
  const waits = new Set<(reason: unknown) => void>();
  let timer: NodeJS.Timeout | undefined;
  const follow = () => controller.abort(parent.reason);
  signal.addEventListener('abort', () => waits.forEach((reject) => reject(signal.reason)), { once: true });
  if (parent.aborted) follow();
  parent.addEventListener('abort', follow, { once: true });

  function disarm() {
    clearTimeout(timer);
  }
  return {
    signal,
    disarm,
    arm(ms, kind) {
      disarm();
      timer = setTimeout(() => controller.abort(new ModelFault(kind, `no progress for ${ms} ms`)), ms);
      timer.unref();
    },
    // Not Promise.race: its losing promise would keep one reaction per token until the stream ends.
    race: (work) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) reject(signal.reason);
        waits.add(reject);
        work.then(
          (value) => (waits.delete(reject), resolve(value)),
          (error) => (waits.delete(reject), reject(error)),
        );
      }),
    stop() {
      disarm();
      parent.removeEventListener('abort', follow);
      controller.abort();
    },
  };
}
