import { setTimeout as sleep } from 'node:timers/promises';
import { isTransient, readFacts } from './faults.ts';
import type { ModelLimits } from './limits.ts';

/**
 * Runs an attempt until it succeeds, fails for good, or has been made `maxAttempts` times. The
 * attempt must not have shown anything to a reader yet: what a reader has seen cannot be taken back.
 */
export async function retryTransient<T>(
  attempt: () => Promise<T>,
  limits: Pick<ModelLimits, 'maxAttempts' | 'backoffMs' | 'maxRetryAfterMs'>,
  signal: AbortSignal,
): Promise<T> {
  for (let made = 1; ; made++) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      const delayMs = made < limits.maxAttempts ? retryDelay(error, made, limits) : null;
      if (delayMs === null) throw error;
      await sleep(delayMs, undefined, { signal, ref: false }).catch(() => signal.throwIfAborted());
    }
  }
}

/**
 * Milliseconds to wait before the next attempt, or null when there is no use in one. Exponential
 * backoff with full jitter (https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/);
 * a `Retry-After` is a lower bound, and the jitter keeps replicas from coming back all at once.
 */
export function retryDelay(
  error: unknown,
  attemptsMade: number,
  limits: Pick<ModelLimits, 'backoffMs' | 'maxRetryAfterMs'>,
): number | null {
  const facts = readFacts(error);
  if (!isTransient(facts)) return null;
  const asked = facts.retryAfterMs ?? 0;
  if (asked > limits.maxRetryAfterMs) return null;
  const backoff = limits.backoffMs * 2 ** (attemptsMade - 1);
  return asked + Math.random() * backoff;
}
