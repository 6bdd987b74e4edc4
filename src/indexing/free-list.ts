interface Span {
  start: number;
  length: number;
}

/** Free spans of a memory: first fit, neighbours joined when they come back. */
export class FreeList {
  /** In order of address, never touching one another. */
  #spans: Span[] = [];

  /** Sum of the free spans. */
  get total(): number {
    return this.#spans.reduce((sum, span) => sum + span.length, 0);
  }

  /** Start of a free span of that length, now taken; null when none is long enough. */
  take(length: number): number | null {
    const at = this.#spans.findIndex((span) => span.length >= length);
    if (at < 0) return null;
    const span = this.#spans[at]!;
    const { start } = span;
    if (span.length === length) this.#spans.splice(at, 1);
    else this.#spans[at] = { start: start + length, length: span.length - length };
    return start;
  }

  give(start: number, length: number): void {
    if (length === 0) return;
    let at = this.#spans.findIndex((span) => span.start > start);
    if (at < 0) at = this.#spans.length;
    this.#spans.splice(at, 0, { start, length });
    this.#joinNext(at);
    if (at > 0) this.#joinNext(at - 1);
  }

  #joinNext(at: number): void {
    const span = this.#spans[at]!;
    const next = this.#spans[at + 1];
    if (next === undefined || span.start + span.length !== next.start) return;
    span.length += next.length;
    this.#spans.splice(at + 1, 1);
  }
}
