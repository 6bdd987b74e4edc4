/** What is done or has lasted less says nothing of the rest. */
const leastShare = 0.05;
const leastMs = 1_000;

/** How fast something goes on, from when it was first seen. */
export class Pace {
  readonly #share: number;
  readonly #at: number;

  /** @param share of 0 to 1 @param at in milliseconds since 1970 */
  constructor(share: number, at: number) {
    this.#share = share;
    this.#at = at;
  }

  /** Milliseconds until it is done, in whole seconds, at the speed so far; null while that is a guess. */
  left(share: number, at: number): number | null {
    const [done, lasted] = [share - this.#share, at - this.#at];
    if (done < leastShare || lasted < leastMs) return null;
    return Math.ceil(((1 - share) * lasted) / done / 1_000) * 1_000;
  }
}
