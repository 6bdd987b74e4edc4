import { CountedPieces } from './counted-pieces.ts';

/** Enough for a piece that occurs again and again to be merged once; beyond it they are forgotten. */
const maxKept = 50_000;
const none = 0x7fff_ffff;
const newline = 10;
const space = 32;

/** Counts what byte pair encoding makes of a piece of text. */
export class BytePairs {
  /** The bytes of all tokens, one after another. */
  readonly #bytes: Uint8Array;
  /** Where each token begins, by rank, and where the last one ends. */
  readonly #starts: Uint32Array;
  /** Ranks and one, by the hash of the bytes; a collision goes on to the next place. */
  readonly #places: Uint32Array;
  readonly #kept = new Map<string, number>();
  readonly #counted = new CountedPieces();
  readonly #encoder = new TextEncoder();

  private constructor(bytes: Uint8Array, starts: Uint32Array, places: Uint32Array) {
    this.#bytes = bytes;
    this.#starts = starts;
    this.#places = places;
  }

  /**
   * Reads a file of tokens in the form of tiktoken: a line for each, its bytes in base 64 and its rank, in the order of the
   * ranks. It takes a tenth of the time and of the memory that a map of strings takes.
   */
  static parse(file: Uint8Array): BytePairs {
    const bytes = new Uint8Array(file.length);
    const starts: number[] = [0];
    let written = 0;
    for (let at = 0; at < file.length; at += 1) {
      written = decodeLine(file, at, bytes, written);
      starts.push(written);
      at = file.indexOf(newline, at);
      if (at < 0) break;
    }
    const places = new Uint32Array(2 ** Math.ceil(Math.log2(starts.length * 2)));
    const pairs = new BytePairs(bytes.slice(0, written), Uint32Array.from(starts), places);
    for (let rank = 0; rank + 1 < starts.length; rank += 1) pairs.#place(rank);
    return pairs;
  }

  /** What `unpack` reads in no time: most processes count a page or two. In the byte order of this machine. */
  pack(): Uint8Array {
    const sizes = Uint32Array.of(this.#starts.length, this.#places.length);
    return Buffer.concat([sizes, this.#starts, this.#places, this.#bytes].map(bytesOf));
  }

  /** @param packed begins at a multiple of four bytes */
  static unpack(packed: Uint8Array): BytePairs {
    const { buffer, byteOffset } = packed;
    const [starts = 0, places = 0] = new Uint32Array(buffer, byteOffset, 2);
    const placesAt = byteOffset + 4 * (2 + starts);
    return new BytePairs(
      packed.subarray(4 * (2 + starts + places)),
      new Uint32Array(buffer, byteOffset + 8, starts),
      new Uint32Array(buffer, placesAt, places),
    );
  }

  /** Tokens of a piece that the pattern of the encoding has cut off. */
  count(piece: string): number {
    const kept = this.#kept.get(piece);
    if (kept !== undefined) return kept;
    const bytes = this.#encoder.encode(piece);
    const count = this.#rankOf(bytes, 0, bytes.length) === none ? this.#merge(bytes) : 1;
    if (this.#kept.size >= maxKept) this.#kept.clear();
    this.#kept.set(piece, count);
    return count;
  }

  /** The same of a piece of ASCII, which most often is a token: only where it is none a string is made of it. */
  countAscii(text: string, start: number, end: number): number {
    if (end - start === 1) return 1;
    let value = hashStart;
    for (let at = start; at < end; at += 1) value = hashStep(value, text.charCodeAt(at));
    const hash = hashEnd(value);
    if (this.#isToken(hash, text, start, end)) return 1;
    const known = this.#counted.get(hash, text, start, end);
    if (known !== undefined) return known;
    const count = this.#merge(this.#encoder.encode(text.slice(start, end)));
    this.#counted.set(hash, text, start, end, count);
    return count;
  }

  #isToken(hash: number, text: string, start: number, end: number): boolean {
    const mask = this.#places.length - 1;
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const found = this.#places[place]!;
      if (found === 0) return false;
      const from = this.#starts[found - 1]!;
      if (this.#starts[found]! - from !== end - start) continue;
      let same = 0;
      while (start + same < end && this.#bytes[from + same] === text.charCodeAt(start + same)) same += 1;
      if (start + same === end) return true;
    }
  }

  /** Joins the two neighbours of the lowest rank until no two make a token. */
  #merge(bytes: Uint8Array): number {
    let parts = bytes.length;
    const starts = new Uint32Array(parts + 1);
    const ranks = new Uint32Array(parts);
    const rankAt = (at: number): number =>
      at + 2 > parts ? none : this.#rankOf(bytes, starts[at]!, starts[at + 2]!);
    for (let at = 0; at <= parts; at += 1) starts[at] = at;
    for (let at = 0; at < parts; at += 1) ranks[at] = rankAt(at);
    for (;;) {
      let lowest = 0;
      for (let at = 1; at < parts; at += 1) if (ranks[at]! < ranks[lowest]!) lowest = at;
      if (parts < 2 || ranks[lowest] === none) return parts;
      starts.copyWithin(lowest + 1, lowest + 2, parts + 1);
      ranks.copyWithin(lowest + 1, lowest + 2, parts);
      parts -= 1;
      ranks[lowest] = rankAt(lowest);
      if (lowest > 0) ranks[lowest - 1] = rankAt(lowest - 1);
    }
  }

  #rankOf(bytes: Uint8Array, start: number, end: number): number {
    const mask = this.#places.length - 1;
    for (let place = hash(bytes, start, end) & mask; ; place = (place + 1) & mask) {
      const found = this.#places[place]!;
      if (found === 0) return none;
      if (this.#is(found - 1, bytes, start, end)) return found - 1;
    }
  }

  #is(rank: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#starts[rank]!;
    if (this.#starts[rank + 1]! - from !== end - start) return false;
    for (let at = start; at < end; at += 1) if (this.#bytes[from + at - start] !== bytes[at]) return false;
    return true;
  }

  #place(rank: number): void {
    const mask = this.#places.length - 1;
    let place = hash(this.#bytes, this.#starts[rank]!, this.#starts[rank + 1]!) & mask;
    while (this.#places[place] !== 0) place = (place + 1) & mask;
    this.#places[place] = rank + 1;
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint8Array | Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** By code; 64 for what is no letter of base 64. */
const values = Uint8Array.from({ length: 256 }, (_, code) => {
  const value = letters.indexOf(String.fromCharCode(code));
  return value < 0 ? 64 : value;
});

/** Decodes base 64 from `at` up to its end. @returns where the bytes end in `into` */
function decodeLine(file: Uint8Array, at: number, into: Uint8Array, written: number): number {
  let bits = 0;
  let held = 0;
  for (; at < file.length && file[at] !== space; at += 1) {
    const value = values[file[at]!]!;
    if (value === 64) continue;
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    into[written] = held >> bits;
    written += 1;
  }
  return written;
}

/** FNV-1a. */
function hash(bytes: Uint8Array, start: number, end: number): number {
  let value = hashStart;
  for (let at = start; at < end; at += 1) value = hashStep(value, bytes[at]!);
  return hashEnd(value);
}

const hashStart = 0x811c9dc5;

function hashStep(value: number, byte: number): number {
  return Math.imul(value ^ byte, 0x01000193);
}

function hashEnd(value: number): number {
  return (value ^ (value >>> 15)) >>> 0;
}
