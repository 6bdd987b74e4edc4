import { crc32 } from 'node:zlib';
import type { TermHash } from './term-hash.ts';

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
  return new Segment(aligned, readHeader(view, aligned));
}

/**
 * The keyword index of one document, read in place from its bytes: nothing is built at open.
 * Layout, little-endian: header (40 bytes) · chunk lengths (u32) · term hashes, high part, ascending (u32)
 * · posting offsets (u32, one more than terms) · term hashes, low part (u16) · postings.
 * A posting list is varints: number of chunks; for each the distance to the previous ordinal and the weight;
 * then for each the number of positions and the distance from one position to the next.
 */
export class Segment {
  /** ISO 639-1 or `und`: how queries must be analysed to meet these terms. */
  readonly language: string;
  readonly chunkCount: number;
  /** Sum of `lengths`. */
  readonly totalLength: number;
  /** Weighted number of terms of each chunk, in units of 1/16 term. */
  readonly lengths: Uint32Array;
  /** All posting lists; `positions.ts` reads the positions in them. */
  readonly postings: Uint8Array;
  readonly #high: Uint32Array;
  readonly #low: Uint16Array;
  readonly #offsets: Uint32Array;

  constructor({ buffer, byteOffset }: Uint8Array, header: Header) {
    const { chunkCount, termCount, postingsLength } = header;
    this.language = header.language;
    this.chunkCount = chunkCount;
    this.totalLength = header.totalLength;
    let at = byteOffset + headerLength;
    this.lengths = new Uint32Array(buffer, at, chunkCount);
    this.#high = new Uint32Array(buffer, (at += 4 * chunkCount), termCount);
    this.#offsets = new Uint32Array(buffer, (at += 4 * termCount), termCount + 1);
    this.#low = new Uint16Array(buffer, (at += 4 * (termCount + 1)), termCount);
    this.postings = new Uint8Array(buffer, at + 2 * termCount, postingsLength);
  }

  /** Index of a term, or -1. */
  find(hash: TermHash): number {
    const high = this.#high;
    let from = 0;
    let to = high.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (high[middle]! < hash.high) from = middle + 1;
      else to = middle;
    }
    for (; from < high.length && high[from] === hash.high; from++) {
      if (this.#low[from] === hash.low) return from;
    }
    return -1;
  }

  /** Number of chunks that hold the term. */
  documentFrequency(term: number): number {
    let at = this.#offsets[term]!;
    let byte = this.postings[at++]!;
    let count = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) count |= ((byte = this.postings[at++]!) & 0x7f) << shift;
    return count;
  }

  /** Decodes which chunks hold the term and how much, from `list.start` on in the shared buffers. */
  readPostings(term: number, list: PostingList, buffers: PostingBuffers): void {
    const bytes = this.postings;
    const { ordinals, weights } = buffers;
    const count = this.documentFrequency(term);
    let at = this.#offsets[term]!;
    while (bytes[at++]! >= 0x80);
    let ordinal = -1;
    // The hot loop of every query: one-byte values, nearly all of them, take the short way.
    for (let entry = list.start; entry < list.start + count; entry++) {
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
    list.count = count;
    list.positionsAt = at;
  }
}

/** Memory for the decoded posting lists of one query, one behind the other. */
export interface PostingBuffers {
  ordinals: Uint32Array;
  /** Weighted term frequency in units of 1/16. */
  weights: Uint32Array;
}

/** Where a decoded list is in the buffers. */
export interface PostingList {
  start: number;
  count: number;
  /** Where its positions begin in the segment's postings. */
  positionsAt: number;
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
