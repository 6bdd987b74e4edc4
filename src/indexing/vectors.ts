import { crc32 } from 'node:zlib';
import { UnreadableSegment } from './segment.ts';

/**
 * The vectors of one document, quantised to 8 bits, in chunk order.
 * Layout, little-endian: header (16 bytes) · scales (f32 each) · rows of int8.
 */
export interface VectorSegment {
  readonly dimension: number;
  readonly count: number;
  /** Factor that turns a row of whole numbers back into the unit vector. */
  readonly scales: Float32Array;
  readonly rows: Int8Array;
}

export interface VectorHit {
  /** Place of the segment in the given list. */
  segment: number;
  ordinal: number;
  /** Cosine similarity, right to about 0.005: re-rank with the full vectors. */
  score: number;
}

/** Normalises and quantises the vectors of one document, in chunk order. */
export function quantiseVectors(vectors: readonly (Float32Array | readonly number[])[]): Uint8Array {
  const dimension = vectors[0]?.length ?? 0;
  const bytes = new Uint8Array(headerLength + vectors.length * (4 + dimension));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic, true);
  view.setUint32(8, vectors.length, true);
  view.setUint32(12, dimension, true);
  const rows = new Int8Array(bytes.buffer, headerLength + 4 * vectors.length);
  vectors.forEach((vector, at) => {
    if (vector.length !== dimension) throw new RangeError('The vectors of a document differ in dimension');
    const scale = quantise(vector, rows.subarray(at * dimension, (at + 1) * dimension));
    view.setFloat32(headerLength + 4 * at, scale, true);
  });
  view.setUint32(4, crc32(bytes.subarray(8)), true);
  return bytes;
}

/** Reads a vector segment in place; throws `UnreadableSegment`. */
export function openVectors(bytes: Uint8Array): VectorSegment {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  const view = new DataView(aligned.buffer, aligned.byteOffset, aligned.byteLength);
  if (aligned.length < headerLength) throw new UnreadableSegment('it is cut short');
  if (view.getUint32(0, true) !== magic) throw new UnreadableSegment('it is not a vector segment of this version');
  const count = view.getUint32(8, true);
  const dimension = view.getUint32(12, true);
  if (aligned.length !== headerLength + count * (4 + dimension)) throw new UnreadableSegment('its length differs');
  if (crc32(aligned.subarray(8)) !== view.getUint32(4, true)) throw new UnreadableSegment('its checksum differs');
  const start = aligned.byteOffset + headerLength;
  return {
    dimension,
    count,
    scales: new Float32Array(aligned.buffer, start, count),
    rows: new Int8Array(aligned.buffer, start + 4 * count, count * dimension),
  };
}

/** The k rows nearest to the query by cosine, over the segments of one conversation. */
export function scanVectors(segments: readonly VectorSegment[], query: Float32Array, k: number): VectorHit[] {
  const hits: VectorHit[] = [];
  const wanted = new Int8Array(query.length);
  const queryScale = quantise(query, wanted);
  segments.forEach(({ rows, scales, count, dimension }, segment) => {
    if (dimension !== query.length) throw new RangeError('The query and the vectors differ in dimension');
    for (let ordinal = 0; ordinal < count; ordinal++) {
      let sum = 0;
      const start = ordinal * dimension;
      for (let at = 0; at < dimension; at++) sum += rows[start + at]! * wanted[at]!;
      hits.push({ segment, ordinal, score: sum * scales[ordinal]! * queryScale });
    }
  });
  hits.sort((a, b) => b.score - a.score || a.segment - b.segment || a.ordinal - b.ordinal);
  return hits.slice(0, k);
}

const magic = 0x31565841;
const headerLength = 16;

function quantise(vector: Float32Array | readonly number[], into: Int8Array): number {
  let squares = 0;
  let largest = 0;
  for (const value of vector) {
    squares += value * value;
    largest = Math.max(largest, Math.abs(value));
  }
  if (!(largest > 0) || !Number.isFinite(squares)) return 0;
  const factor = 127 / largest;
  for (let at = 0; at < into.length; at++) into[at] = Math.round(vector[at]! * factor);
  return largest / 127 / Math.sqrt(squares);
}
