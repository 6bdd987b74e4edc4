import { crc32 } from 'node:zlib';
import { BestHits, type Hit } from './best-hits.ts';
import { UnreadableSegment } from './segment.ts';

/**
 * The vectors of one document, normalised and quantised twice, in chunk order: 8 bits for the scan, and 8 bits more
 * for the residual of these, so that the best can be rescored as exactly as with the stored vectors.
 * Layout, little-endian: header (16 bytes) · scales (f32 each) · rows of int8, padded with zeros to a multiple of 32 ·
 * residuals of int8, of the same size.
 */
export interface VectorSegment {
  readonly dimension: number;
  readonly count: number;
  /** Bytes from one row to the next. */
  readonly stride: number;
  /** Factor that turns a row of whole numbers back into the unit vector. */
  readonly scales: Float32Array;
  readonly rows: Int8Array;
  /** What rounding to the rows left over, in 254ths of their unit. */
  readonly residuals: Int8Array;
  /** Of the whole segment: `checksumOf`. */
  readonly checksum: number;
}

/** Normalises and quantises the vectors of one document, in chunk order, all of one dimension. */
export function quantiseVectors(vectors: readonly (Float32Array | readonly number[])[]): Uint8Array {
  const dimension = vectors[0]?.length ?? 0;
  const stride = strideOf(dimension);
  const bytes = new Uint8Array(vectorHeaderBytes + vectors.length * (4 + 2 * stride));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic, true);
  view.setUint32(8, vectors.length, true);
  view.setUint32(12, dimension, true);
  const rowsAt = vectorHeaderBytes + 4 * vectors.length;
  const residualsAt = rowsAt + vectors.length * stride;
  vectors.forEach((vector, at) => {
    if (vector.length !== dimension) throw new RangeError('The vectors of a document differ in dimension');
    const row = new Int8Array(bytes.buffer, rowsAt + at * stride, dimension);
    const residuals = new Int8Array(bytes.buffer, residualsAt + at * stride, dimension);
    const scale = quantise(vector, row, 127, residuals);
    view.setFloat32(vectorHeaderBytes + 4 * at, scale, true);
  });
  view.setUint32(4, crc32(bytes.subarray(8)), true);
  return bytes;
}

/** Reads a vector segment in place; throws `UnreadableSegment` when it is cut, changed or of another kind. */
export function openVectors(bytes: Uint8Array): VectorSegment {
  const { count, dimension, stride, checksum } = readHeader(bytes);
  const rowsAt = vectorHeaderBytes + 4 * count;
  if (bytes.length !== rowsAt + 2 * count * stride) throw new UnreadableSegment('its length differs');
  if (crc32(bytes.subarray(8)) !== checksum) throw new UnreadableSegment('its checksum differs');
  const at = bytes.byteOffset + rowsAt;
  return {
    dimension,
    count,
    stride,
    scales: readScales(bytes, count),
    rows: new Int8Array(bytes.buffer, at, count * stride),
    residuals: new Int8Array(bytes.buffer, at + count * stride, count * stride),
    checksum,
  };
}

/** Of a segment whose parts stand apart: of its head, its scales, and its rows with their residuals. */
export function checksumOf(count: number, dimension: number, scales: Uint8Array, values: Uint8Array): number {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(count, 0);
  head.writeUInt32LE(dimension, 4);
  return crc32(values, crc32(scales, crc32(head)));
}

/** A copy: nothing says that they are aligned. */
function readScales(bytes: Uint8Array, count: number): Float32Array {
  return new Float32Array(
    new Uint8Array(bytes.subarray(vectorHeaderBytes, vectorHeaderBytes + 4 * count)).buffer,
  );
}

function readHeader(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < vectorHeaderBytes) throw new UnreadableSegment('it is cut short');
  if (view.getUint32(0, true) !== magic)
    throw new UnreadableSegment('it is not a vector segment of this version');
  const dimension = view.getUint32(12, true);
  const [checksum, count] = [view.getUint32(4, true), view.getUint32(8, true)];
  return { checksum, count, dimension, stride: strideOf(dimension) };
}

/**
 * Reads the leading part of a segment in place, without residuals: enough for a scan. The checksum is of the whole, so
 * only its form is looked at, and its scales, which are what could make scores that are no numbers.
 * @throws UnreadableSegment, and OtherDimension
 */
export function openRows(bytes: Uint8Array, wantedDimension: number): VectorSegment {
  const { count, dimension, stride, checksum } = readHeader(bytes);
  const rowsAt = vectorHeaderBytes + 4 * count;
  if (count > 0 && dimension !== wantedDimension) {
    // As long as vectors of the wanted dimension are: only what says the dimension is damaged.
    if (bytes.length === rowsAt + count * strideOf(wantedDimension))
      throw new UnreadableSegment('its dimension differs');
    throw new OtherDimension(wantedDimension, dimension);
  }
  if (bytes.length !== rowsAt + count * stride) throw new UnreadableSegment('its length differs');
  const scales = readScales(bytes, count);
  for (const scale of scales)
    if (!(scale >= 0 && scale <= largestScale)) throw new UnreadableSegment('it is damaged');
  const rows = new Int8Array(bytes.buffer, bytes.byteOffset + rowsAt, count * stride);
  return { dimension, count, stride, scales, rows, residuals: new Int8Array(), checksum };
}

/** Parts of a segment: its head, and of one vector the scale, the row and its residuals. */
export interface VectorParts {
  head: Uint8Array;
  scale: Uint8Array;
  values: Uint8Array;
  residuals: Uint8Array;
}

/** The unit vector that one was stored as, right to about 0.00001; null for parts of anything else. */
export function restoreVector({ head, scale, values, residuals }: VectorParts): Float32Array | null {
  if (head.length !== vectorHeaderBytes || scale.length !== 4) return null;
  const header = Buffer.from(head);
  if (header.readUInt32LE(0) !== magic) return null;
  const dimension = header.readUInt32LE(12);
  const stride = strideOf(dimension);
  if (values.length !== stride || residuals.length !== stride) return null;
  const factor = Buffer.from(scale).readFloatLE(0);
  const [whole, rest] = [new Int8Array(values), new Int8Array(residuals)];
  const vector = new Float32Array(dimension);
  for (let at = 0; at < dimension; at++)
    vector[at] = (whole[at]! + rest[at]! / residualStepsPerUnit) * factor;
  return vector;
}

/**
 * The k rows nearest to the query by cosine, right to about 0.00001. Plain and slow; `VectorArena` does the same a
 * hundred times faster.
 */
export function scanVectors(segments: readonly VectorSegment[], query: Float32Array, k: number): Hit[] {
  const best = new BestHits(k, Number.NEGATIVE_INFINITY);
  const length = Math.sqrt(query.reduce((sum, value) => sum + value * value, 0));
  segments.forEach(({ rows, residuals, scales, count, dimension, stride }, segment) => {
    if (count > 0) checkDimension(dimension, query);
    const scores = new Float64Array(count);
    for (let ordinal = 0; ordinal < count; ordinal++) {
      let sum = 0;
      const start = ordinal * stride;
      for (let at = 0; at < dimension; at++)
        sum += query[at]! * (rows[start + at]! + residuals[start + at]! / residualStepsPerUnit);
      scores[ordinal] = length > 0 ? (sum * scales[ordinal]!) / length : 0;
    }
    best.offer(segment, scores, count);
  });
  return best.sorted();
}

/** A query is scanned with 12 bits: sums of int8 × 12-bit products fit 32 bits up to 8,192 dimensions. */
export const maxQueryValue = 2047;

/**
 * Scales a vector to whole numbers up to `largestValue`, and what rounding left over to `residuals`.
 * @returns the factor back to the unit vector, 0 for no direction
 */
export function quantise(
  vector: Float32Array | readonly number[],
  into: Int8Array | Int16Array,
  largestValue: number,
  residuals?: Int8Array | Int16Array,
): number {
  let squares = 0;
  let largest = 0;
  for (const value of vector) {
    squares += value * value;
    largest = Math.max(largest, Math.abs(value));
  }
  if (!(largest > 0) || !Number.isFinite(squares)) return 0;
  const factor = largestValue / largest;
  for (let at = 0; at < into.length; at++) {
    const scaled = (vector[at] ?? 0) * factor;
    into[at] = Math.round(scaled);
    if (residuals !== undefined) residuals[at] = Math.round((scaled - into[at]!) * residualStepsPerUnit);
  }
  return largest / largestValue / Math.sqrt(squares);
}

export function checkDimension(dimension: number, query: Float32Array): void {
  if (dimension !== query.length) throw new OtherDimension(query.length, dimension);
}

/** A name of a model has come to mean another one since the documents were embedded. */
export class OtherDimension extends RangeError {
  readonly ofQuery: number;
  readonly ofDocument: number;

  constructor(ofQuery: number, ofDocument: number) {
    super(`The query has ${ofQuery} dimensions, the document's vectors ${ofDocument}`);
    this.name = 'OtherDimension';
    this.ofQuery = ofQuery;
    this.ofDocument = ofDocument;
  }
}

/** The rest after rounding is at most a half: 127 of these. */
export const residualStepsPerUnit = 254;
const magic = 0x33565841;
/** A unit vector's largest value is at most 1, which is 127 in a row; and what rounding may add. */
const largestScale = 1.001 / 127;
/** Bytes before the scales. */
export const vectorHeaderBytes = 16;

/** Bytes of a row of that many dimensions. */
export function strideOf(dimension: number): number {
  return Math.ceil(dimension / 32) * 32;
}
