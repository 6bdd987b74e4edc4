/**
 * What was last told of each thing, in steps: a list of them that was asked for before a step says nothing of what was told
 * since.
 */
export class LastTold<T> {
  readonly #told = new Map<string, { step: number; thing: T | null }>();
  #step = 0;

  /** For `isNewer`, when a list is asked for. */
  get step(): number {
    return this.#step;
  }

  /** @param thing null where it is gone */
  note(id: string, thing: T | null): void {
    this.#step += 1;
    this.#told.set(id, { step: this.#step, thing });
  }

  /** It was told since. */
  isNewer(id: string, step: number): boolean {
    return (this.#told.get(id)?.step ?? 0) > step;
  }

  /** Null for what is gone, or was never told. */
  of(id: string): T | null {
    return this.#told.get(id)?.thing ?? null;
  }
}
