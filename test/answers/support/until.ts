import { setTimeout as pause } from 'node:timers/promises';

/** Most looks are at a server that has work to do meanwhile: what takes long is looked for more and more rarely. */
const firstPauseMs = 25;
const longestPauseMs = 200;

/**
 * Looks again until `look` gives something truthy, and returns it.
 * @param everyMs looks at this interval, where a moment would be missed otherwise
 * @throws when it does not come about in time
 */
export async function until<T>(
  what: string,
  look: () => Promise<T> | T,
  withinMs = 30_000,
  everyMs?: number,
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = performance.now() + withinMs;
  for (
    let pauseMs = everyMs ?? firstPauseMs;
    ;
    pauseMs = everyMs ?? Math.min(pauseMs * 1.3, longestPauseMs)
  ) {
    const seen = await look();
    if (seen) return seen as NonNullable<Exclude<T, false>>;
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await pause(pauseMs);
  }
}
