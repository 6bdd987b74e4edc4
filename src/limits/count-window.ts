/** Keys beyond these push out the oldest: memory stays bounded whoever makes keys up. */
const maxKeys = 50_000;

/** Counts by key within windows of time that begin with their first count. */
export class CountWindow {
  readonly #now: () => number;
  readonly #counts = new Map<string, { count: number; since: number }>();

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** One more. @returns how many are in the window with it, and when the window ends */
  add(key: string, windowMs: number): { count: number; endsInMs: number } {
    const now = this.#now();
    let counted = this.#counts.get(key);
    if (counted === undefined || now - counted.since >= windowMs) {
      counted = { count: 0, since: now };
      this.#counts.delete(key);
      this.#counts.set(key, counted);
    }
    counted.count += 1;
    const oldest = this.#counts.size > maxKeys ? this.#counts.keys().next().value : undefined;
    if (oldest !== undefined) this.#counts.delete(oldest);
    return { count: counted.count, endsInMs: windowMs - (now - counted.since) };
  }

  /** One less: what was counted turned out not to count. */
  takeBack(key: string): void {
    const counted = this.#counts.get(key);
    if (counted !== undefined && counted.count > 0) counted.count -= 1;
  }

  forget(key: string): void {
    this.#counts.delete(key);
  }
}
