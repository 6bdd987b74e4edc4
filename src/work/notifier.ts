/**
 * Wakes those who wait for a change of something that is kept in the database. It carries nothing and may be missed:
 * who waits looks into the database again after `timeoutMs` in any case, which also covers other replicas.
 */
export interface Notifier {
  /** `about`: whose it is, for those who listen. */
  notify(key: string, about?: string): void;
  /** Hears of whom notifications are, those while nobody waits too, until the signal aborts. */
  listen(key: string, hear: (about: string) => void, signal: AbortSignal): void;
  /** Resolves at the next notification, after `timeoutMs`, or when the signal aborts. */
  wait(key: string, timeoutMs: number, signal: AbortSignal): Promise<void>;
}

export function createNotifier(): Notifier {
  const waiting = new Map<string, Set<() => void>>();
  const listening = new Map<string, Set<(about: string) => void>>();
  return {
    notify(key, about) {
      if (about !== undefined) for (const hear of listening.get(key) ?? []) hear(about);
      const wakes = waiting.get(key);
      waiting.delete(key);
      for (const wake of wakes ?? []) wake();
    },
    listen(key, hear, signal) {
      const all = listening.get(key) ?? new Set();
      listening.set(key, all.add(hear));
      signal.addEventListener('abort', () => all.delete(hear), { once: true });
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
