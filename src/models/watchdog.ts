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
  let timer: NodeJS.Timeout | undefined;
  const follow = () => controller.abort(parent.reason);
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
    race: (work) => raceAbort(work, signal),
    stop() {
      disarm();
      parent.removeEventListener('abort', follow);
      controller.abort();
    },
  };
}

// Not Promise.race: its losing promise would keep one reaction per token until the stream ends.
function raceAbort<T>(work: PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    const settled = () => signal.removeEventListener('abort', onAbort);
    work.then(
      (value) => (settled(), resolve(value)),
      (error) => (settled(), reject(error)),
    );
  });
}
