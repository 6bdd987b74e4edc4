import { isAlcoveError } from './errors.ts';

/** Waits between tries while a server is away: about 30 seconds in all. */
export const tryAgainAfterMs = [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000];

/** True where the same call may succeed a moment later: a proxy says 502 and 504 while a server is replaced. */
export function isPassing(error: unknown): boolean {
  return isAlcoveError(error) && (error.code === 'network' || [502, 503, 504].includes(error.status));
}
