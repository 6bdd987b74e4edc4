/** Walks the positions of a posting list entry by entry, decoding only those that are asked for. */
export class PositionReader {
  /** Positions of the entry that was read last: the first `count`, ascending. */
  values = new Uint32Array(64);
  count = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  /** Entries passed. */
  #entry = 0;

  /** Begins a list: `at` is where its positions begin. */
  open(bytes: Uint8Array, at: number): void {
    this.#bytes = bytes;
    this.#at = at;
    this.#entry = 0;
  }

  /** Reads the positions of an entry, at or after those read before. */
  read(entry: number): void {
    for (; this.#entry < entry; this.#entry++) this.#skip();
    const count = this.#varint();
    if (count > this.values.length) this.values = new Uint32Array(count * 2);
    let position = -1;
    for (let at = 0; at < count; at++) this.values[at] = position += this.#varint();
    this.count = count;
    this.#entry++;
  }

  #skip(): void {
    let left = this.#varint();
    while (left > 0) if (this.#bytes[this.#at++]! < 0x80) left--;
  }

  #varint(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.#at++]!;
    let value = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) value |= ((byte = bytes[this.#at++]!) & 0x7f) << shift;
    return value;
  }
}

/** How often a position that the one has read is followed by the next position in the other. */
export function countAdjacent(left: PositionReader, right: PositionReader): number {
  let at = 0;
  let other = 0;
  let count = 0;
  while (at < left.count && other < right.count) {
    const wanted = left.values[at]! + 1;
    const here = right.values[other]!;
    if (here === wanted) count++;
    if (here <= wanted) other++;
    if (here >= wanted) at++;
  }
  return count;
}
