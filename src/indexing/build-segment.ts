import { crc32 } from 'node:zlib';
import { type Analyzer, createAnalyzer } from './analyze.ts';
import { headerLength, segmentLength, segmentMagic, segmentVersion, unitsPerTerm } from './segment.ts';
import { hashKey, hashTerm } from './term-hash.ts';
import { ByteWriter } from './varint.ts';

/** What a chunk is found by. Only `searchText` counts in full. */
export interface SearchableChunk {
  searchText: string;
  /** Words about the chunk that it does not hold itself: headings, title, table header. */
  context?: string;
  /** Lines that repeat on many pages of the document. */
  boilerplate?: string;
}

export interface SegmentInput {
  /** ISO 639-1 or `und`. */
  language: string;
  /** In ordinal order: a chunk's ordinal is its place here. */
  chunks: readonly SearchableChunk[];
  /** Weight of one occurrence, of 16; text counts 16. */
  units?: { context: number; boilerplate: number };
}

/** Measured on pages of annual reports and on help articles. */
const defaultUnits = { context: 6, boilerplate: 2 };

/** Builds the immutable keyword index of one document; `openSegment` reads it. */
export function buildSegment(input: SegmentInput): Uint8Array {
  const { context, boilerplate } = input.units ?? defaultUnits;
  const analyze = createAnalyzer(input.language);
  const terms = new Map<string, TermPostings>();
  const lengths = input.chunks.map((chunk, ordinal) => {
    const weights = new Map<string, number>();
    let length = 0;
    length += addField(chunk.searchText, unitsPerTerm, analyze, weights);
    length += addField(chunk.context, context, analyze, weights);
    length += addField(chunk.boilerplate, boilerplate, analyze, weights);
    for (const [term, weight] of weights) append(terms, term, ordinal, weight);
    return length;
  });
  return encode(input.language, lengths, sortByHash(terms));
}

interface TermPostings {
  ordinals: number[];
  weights: number[];
}

interface HashedPostings extends TermPostings {
  high: number;
  low: number;
}

function addField(text: string | undefined, units: number, analyze: Analyzer, weights: Map<string, number>): number {
  if (!text || units === 0) return 0;
  const terms = analyze(text);
  for (const term of terms) weights.set(term, (weights.get(term) ?? 0) + units);
  return terms.length * units;
}

function append(terms: Map<string, TermPostings>, term: string, ordinal: number, weight: number): void {
  const postings = terms.get(term);
  if (!postings) {
    terms.set(term, { ordinals: [ordinal], weights: [weight] });
    return;
  }
  postings.ordinals.push(ordinal);
  postings.weights.push(weight);
}

function sortByHash(terms: Map<string, TermPostings>): HashedPostings[] {
  const hashed = Array.from(terms, ([term, postings]) => ({ ...hashTerm(term), ...postings }));
  return hashed.sort((a, b) => hashKey(a) - hashKey(b));
}

function encode(language: string, lengths: number[], terms: HashedPostings[]): Uint8Array {
  const postings = new ByteWriter();
  const offsets = terms.map((term) => {
    const start = postings.length;
    writePostings(term, postings);
    return start;
  });
  offsets.push(postings.length);

  const bytes = new Uint8Array(segmentLength(lengths.length, terms.length, postings.length));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, segmentMagic, true);
  view.setUint32(4, segmentVersion, true);
  view.setUint32(12, lengths.length, true);
  view.setUint32(16, terms.length, true);
  view.setUint32(20, postings.length, true);
  view.setFloat64(24, lengths.reduce((sum, length) => sum + length, 0), true);
  bytes.set(new TextEncoder().encode(language.slice(0, 8)), 32);

  let at = headerLength;
  for (const length of lengths) view.setUint32(at, length, true), (at += 4);
  for (const term of terms) view.setUint32(at, term.high, true), (at += 4);
  for (const offset of offsets) view.setUint32(at, offset, true), (at += 4);
  for (const term of terms) view.setUint16(at, term.low, true), (at += 2);
  bytes.set(postings.toBytes(), at);
  view.setUint32(8, crc32(bytes.subarray(12)), true);
  return bytes;
}

function writePostings(term: TermPostings, into: ByteWriter): void {
  into.pushVarint(term.ordinals.length);
  let previous = -1;
  term.ordinals.forEach((ordinal, entry) => {
    into.pushVarint(ordinal - previous);
    into.pushVarint(term.weights[entry]!);
    previous = ordinal;
  });
}
