import { setTimeout as pause } from 'node:timers/promises';

/** Looks again until `look` gives something truthy, and returns it. @throws when it does not come about in time */
export async function until<T>(
  what: string,
  look: () => Promise<T> | T,
  withinMs = 30_000,
  everyMs = 25,
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen) return seen as NonNullable<Exclude<T, false>>;
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await pause(everyMs);
  }
}
