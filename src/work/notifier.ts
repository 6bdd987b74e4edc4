/**
 * Wakes those who wait for a change of something that is kept in the database. It carries nothing and may be missed:
 * who waits looks into the database again after `timeoutMs` in any case, which also covers other replicas.
 */
export interface Notifier {
  notify(key: string): void;
  /** Resolves at the next notification, after `timeoutMs`, or when the signal aborts. */
  wait(key: string, timeoutMs: number, signal: AbortSignal): Promise<void>;
}

export function createNotifier(): Notifier {
  const waiting = new Map<string, Set<() => void>>();
  return {
    notify(key) {
      const wakes = waiting.get(key);
      waiting.delete(key);
      for (const wake of wakes ?? []) wake();
    },
    wait(key, timeoutMs, signal) {
      return new Promise((resolve) => {
        if (signal.aborted) {
          resolve();
          return;
        }
        const wakes = waiting.get(key) ?? new Set();
        waiting.set(key, wakes);
        const wake = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', wake);
          wakes.delete(wake);
          if (wakes.size === 0 && waiting.get(key) === wakes) waiting.delete(key);
          resolve();
        };
        const timer = setTimeout(wake, timeoutMs);
        signal.addEventListener('abort', wake, { once: true });
        wakes.add(wake);
      });
    },
  };
}
