import { AppError } from '../errors.ts';

const windowMs = 15 * 60_000;
const maxFailures = 10;
const maxTracked = 50_000;

/** Counts failed sign-ins per account, whatever address they come from. */
export interface Attempts {
  /** @throws AppError `rate_limited` after 10 failures within 15 minutes */
  check(account: string): void;
  failed(account: string): void;
  succeeded(account: string): void;
}

export function createAttempts(now: () => Date): Attempts {
  const failures = new Map<string, { count: number; since: number }>();

  function current(account: string): { count: number; since: number } {
    const known = failures.get(account);
    const at = now().getTime();
    if (known !== undefined && at - known.since < windowMs) return known;
    const fresh = { count: 0, since: at };
    failures.delete(account);
    failures.set(account, fresh);
    const oldest = failures.size > maxTracked ? failures.keys().next().value : undefined;
    if (oldest !== undefined) failures.delete(oldest);
    return fresh;
  }

  return {
    check(account) {
      const { count, since } = current(account);
      if (count < maxFailures) return;
      const retryAfterSeconds = Math.max(1, Math.ceil((since + windowMs - now().getTime()) / 1000));
      throw new AppError(
        'rate_limited',
        'Too many failed sign-ins for this account: wait a few minutes and try again.',
        {
          retryAfterSeconds,
        },
      );
    },
    failed(account) {
      current(account).count += 1;
    },
    succeeded(account) {
      failures.delete(account);
    },
  };
}
