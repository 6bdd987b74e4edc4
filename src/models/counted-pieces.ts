/** Entries and bytes after which all are forgotten. */
const maxEntries = 50_000;
const maxBytes = 1 << 20;
/** Longer pieces seldom come again. */
const maxLength = 64;
const slots = 1 << 17;

/** How many tokens pieces of ASCII are, found by a hash that the caller has and without making a string of them. */
export class CountedPieces {
  /** Entries and one, by hash; a collision goes on to the next place. */
  readonly #places = new Uint32Array(slots);
  readonly #bytes = new Uint8Array(maxBytes);
  /** Where the bytes of each entry begin, and where those of the last one end. */
  readonly #starts = new Uint32Array(maxEntries + 1);
  readonly #counts = new Uint8Array(maxEntries);
  #entries = 0;

  /** Undefined where the piece is not known. */
  get(hash: number, text: string, start: number, end: number): number | undefined {
    const entry = this.#places[this.#find(hash, text, start, end)]!;
    return entry === 0 ? undefined : this.#counts[entry - 1];
  }

  set(hash: number, text: string, start: number, end: number, count: number): void {
    const length = end - start;
    if (length > maxLength) return;
    if (this.#entries === maxEntries || this.#starts[this.#entries]! + length > maxBytes) {
      this.#places.fill(0);
      this.#entries = 0;
    }
    let at = this.#starts[this.#entries]!;
    for (let from = start; from < end; from += 1) this.#bytes[at++] = text.charCodeAt(from);
    this.#counts[this.#entries] = count;
    this.#places[this.#find(hash, text, start, end)] = this.#entries + 1;
    this.#entries += 1;
    this.#starts[this.#entries] = at;
  }

  /** The place of the piece, or the free one where it would be. */
  #find(hash: number, text: string, start: number, end: number): number {
    let place = hash & (slots - 1);
    while (this.#places[place] !== 0 && !this.#is(this.#places[place]! - 1, text, start, end))
      place = (place + 1) & (slots - 1);
    return place;
  }

  #is(entry: number, text: string, start: number, end: number): boolean {
    const from = this.#starts[entry]!;
    if (this.#starts[entry + 1]! - from !== end - start) return false;
    for (let at = start; at < end; at += 1)
      if (this.#bytes[from + at - start] !== text.charCodeAt(at)) return false;
    return true;
  }
}
