import { crc32 } from 'node:zlib';
import { headerLength, segmentLength, segmentMagic, segmentVersion } from './segment.ts';
import { hashKey, hashTerm, type TermHash } from './term-hash.ts';
import { ByteWriter } from './varint.ts';

/** Where and how much a term stands in one chunk. */
export interface Occurrences {
  /** In units of 1/16 term. */
  weight: number;
  /** Ascending. */
  positions: number[];
}

/** The chunks that hold a term, ascending, and its occurrences in each. */
export interface TermPostings {
  ordinals: number[];
  occurrences: Occurrences[];
}

/** The bytes that `openSegment` reads. */
export function encodeSegment(
  language: string,
  lengths: number[],
  terms: ReadonlyMap<string, TermPostings>,
): Uint8Array {
  const sorted = sortByHash(terms);
  const postings = new ByteWriter();
  const offsets = sorted.map((term) => {
    const start = postings.length;
    writePostings(term, postings);
    return start;
  });
  offsets.push(postings.length);

  const bytes = new Uint8Array(segmentLength(lengths.length, sorted.length, postings.length));
  const into = Buffer.from(bytes.buffer);
  into.writeUInt32LE(segmentMagic, 0);
  into.writeUInt32LE(segmentVersion, 4);
  into.writeUInt32LE(lengths.length, 12);
  into.writeUInt32LE(sorted.length, 16);
  into.writeUInt32LE(postings.length, 20);
  into.writeDoubleLE(sum(lengths), 24);
  into.write(language.slice(0, 8), 32, 'latin1');

  let at = headerLength;
  for (const length of lengths) at = into.writeUInt32LE(length, at);
  for (const { high } of sorted) at = into.writeUInt32LE(high, at);
  for (const offset of offsets) at = into.writeUInt32LE(offset, at);
  for (const { low } of sorted) at = into.writeUInt16LE(low, at);
  bytes.set(postings.toBytes(), at);
  into.writeUInt32LE(crc32(bytes.subarray(12)), 8);
  return bytes;
}

function sortByHash(terms: ReadonlyMap<string, TermPostings>): (TermHash & TermPostings)[] {
  const hashed = Array.from(terms, ([term, postings]) => ({ ...hashTerm(term), ...postings }));
  return hashed.toSorted((a, b) => hashKey(a) - hashKey(b));
}

function writePostings({ ordinals, occurrences }: TermPostings, into: ByteWriter): void {
  into.pushVarint(ordinals.length);
  let previous = -1;
  ordinals.forEach((ordinal, entry) => {
    into.pushVarint(ordinal - previous);
    into.pushVarint(occurrences[entry]!.weight);
    previous = ordinal;
  });
  for (const { positions } of occurrences) {
    into.pushVarint(positions.length);
    let last = -1;
    for (const position of positions) {
      into.pushVarint(position - last);
      last = position;
    }
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
