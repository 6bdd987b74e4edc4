import { crc32 } from 'node:zlib';
import type { TermHash } from './term-hash.ts';

/**
 * The keyword index of one document, read in place from its bytes: nothing is built at open.
 * Layout, little-endian: header (40 bytes) · chunk lengths (u32) · term hashes, high part, ascending (u32)
 * · posting offsets (u32, one more than terms) · term hashes, low part (u16) · postings.
 * A posting list is varints: number of chunks; for each the distance to the previous ordinal and the weight;
 * then for each the number of positions and the distance from one position to the next.
 */
export interface Segment {
  /** ISO 639-1 or `und`: how queries must be analysed to meet these terms. */
  readonly language: string;
  readonly chunkCount: number;
  /** Sum of `lengths`. */
  readonly totalLength: number;
  /** Weighted number of terms of each chunk, in units of 1/16 term. */
  readonly lengths: Uint32Array;
  /** Index of a term, or -1. */
  find(hash: TermHash): number;
  /** Number of chunks that hold the term. */
  documentFrequency(term: number): number;
  /** Decodes which chunks hold the term and how much. */
  readPostings(term: number, into: Postings): void;
  /** Decodes where in those chunks the term stands, after `readPostings` of the same list. */
  readPositions(postings: Postings): Positions;
}

/** A decoded posting list in buffers that are used again; `createPostings` makes them long enough. */
export interface Postings {
  count: number;
  ordinals: Uint32Array;
  /** Weighted term frequency in units of 1/16. */
  weights: Uint32Array;
  /** Where the positions begin. */
  next: number;
}

/** Positions of all entries of a posting list, one entry after the other. */
export interface Positions {
  /** The positions of entry e are `values` from `starts[e]` to `starts[e + 1]`, ascending. */
  starts: Uint32Array;
  values: Uint32Array;
}

/** One occurrence in running text weighs 16: fields of less weight stay whole numbers. */
export const unitsPerTerm = 16;

export const segmentMagic = 0x58434c41;
export const segmentVersion = 2;
export const headerLength = 40;

/** The bytes are not a segment of this version: the caller builds it again from the chunks. */
export class UnreadableSegment extends Error {
  constructor(reason: string) {
    super(`The index segment cannot be read: ${reason}`);
    this.name = 'UnreadableSegment';
  }
}

/** Reads a segment; throws `UnreadableSegment` when it is cut, changed or of another version. */
export function openSegment(bytes: Uint8Array): Segment {
  const aligned = align(bytes);
  const view = new DataView(aligned.buffer, aligned.byteOffset, aligned.byteLength);
  const header = readHeader(view, aligned);
  const { chunkCount, termCount, postingsLength } = header;

  let at = aligned.byteOffset + headerLength;
  const lengths = new Uint32Array(aligned.buffer, at, chunkCount);
  const high = new Uint32Array(aligned.buffer, (at += 4 * chunkCount), termCount);
  const offsets = new Uint32Array(aligned.buffer, (at += 4 * termCount), termCount + 1);
  const low = new Uint16Array(aligned.buffer, (at += 4 * (termCount + 1)), termCount);
  const postings = new Uint8Array(aligned.buffer, at + 2 * termCount, postingsLength);

  return {
    language: header.language,
    chunkCount,
    totalLength: header.totalLength,
    lengths,
    find(hash) {
      for (let term = lowerBound(high, hash.high); term < termCount && high[term] === hash.high; term++) {
        if (low[term] === hash.low) return term;
      }
      return -1;
    },
    documentFrequency(term) {
      return readVarint(postings, offsets[term]!).value;
    },
    readPostings(term, into) {
      decodePostings(postings, offsets[term]!, into);
    },
    readPositions(list) {
      return decodePositions(postings, list);
    },
  };
}

export function createPostings(length: number): Postings {
  return { count: 0, ordinals: new Uint32Array(length), weights: new Uint32Array(length), next: 0 };
}

/** Bytes of a segment: header and sections, with the counts that openSegment checks. */
export function segmentLength(chunkCount: number, termCount: number, postingsLength: number): number {
  return headerLength + 4 * chunkCount + 4 * termCount + 4 * (termCount + 1) + 2 * termCount + postingsLength;
}

interface Header {
  language: string;
  chunkCount: number;
  termCount: number;
  postingsLength: number;
  totalLength: number;
}

function readHeader(view: DataView, bytes: Uint8Array): Header {
  if (bytes.length < headerLength) throw new UnreadableSegment('it is cut short');
  if (view.getUint32(0, true) !== segmentMagic) throw new UnreadableSegment('it is not an index segment');
  const version = view.getUint32(4, true);
  if (version !== segmentVersion) {
    throw new UnreadableSegment(`it has version ${version}, this server reads version ${segmentVersion}`);
  }
  const header = {
    chunkCount: view.getUint32(12, true),
    termCount: view.getUint32(16, true),
    postingsLength: view.getUint32(20, true),
    totalLength: view.getFloat64(24, true),
    language: String.fromCharCode(...bytes.subarray(32, 40)).replace(/\0+$/, ''),
  };
  const expected = segmentLength(header.chunkCount, header.termCount, header.postingsLength);
  if (bytes.length !== expected) {
    throw new UnreadableSegment(`it has ${bytes.length} bytes, its header says ${expected}`);
  }
  if (crc32(bytes.subarray(12)) !== view.getUint32(8, true))
    throw new UnreadableSegment('its checksum differs');
  return header;
}

/** Typed arrays need aligned memory; database drivers hand out slices of a pool. */
function align(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
}

function lowerBound(sorted: Uint32Array, value: number): number {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (sorted[middle]! < value) from = middle + 1;
    else to = middle;
  }
  return from;
}

function readVarint(bytes: Uint8Array, start: number): { value: number; next: number } {
  let value = 0;
  let shift = 0;
  let at = start;
  let byte: number;
  do {
    byte = bytes[at++]!;
    value |= (byte & 0x7f) << shift;
    shift += 7;
  } while (byte >= 0x80);
  return { value: value >>> 0, next: at };
}

/** The hot loop of every query: one-byte values, nearly all of them, take the short way. */
function decodePostings(bytes: Uint8Array, start: number, into: Postings): void {
  const { value: count, next } = readVarint(bytes, start);
  const { ordinals, weights } = into;
  let at = next;
  let ordinal = -1;
  for (let entry = 0; entry < count; entry++) {
    let byte = bytes[at++]!;
    let distance = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) distance |= ((byte = bytes[at++]!) & 0x7f) << shift;
    ordinal += distance;
    byte = bytes[at++]!;
    let weight = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) weight |= ((byte = bytes[at++]!) & 0x7f) << shift;
    ordinals[entry] = ordinal;
    weights[entry] = weight;
  }
  into.count = count;
  into.next = at;
}

function decodePositions(bytes: Uint8Array, { count, next }: Postings): Positions {
  const starts = new Uint32Array(count + 1);
  let values = new Uint32Array(count * 2 + 8);
  let at = next;
  let total = 0;
  for (let entry = 0; entry < count; entry++) {
    let byte = bytes[at++]!;
    let here = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) here |= ((byte = bytes[at++]!) & 0x7f) << shift;
    if (total + here > values.length) values = enlarge(values, total + here);
    let position = -1;
    for (let occurrence = 0; occurrence < here; occurrence++) {
      byte = bytes[at++]!;
      let distance = byte & 0x7f;
      for (let shift = 7; byte >= 0x80; shift += 7) distance |= ((byte = bytes[at++]!) & 0x7f) << shift;
      values[total++] = position += distance;
    }
    starts[entry + 1] = total;
  }
  return { starts, values };
}

function enlarge(values: Uint32Array<ArrayBuffer>, needed: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(needed * 2);
  larger.set(values);
  return larger;
}
