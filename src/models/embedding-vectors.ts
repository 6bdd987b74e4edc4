import { ModelFault } from './faults.ts';
import { isRecord } from './json.ts';

export interface RawVectors {
  embeddings: number[][];
  /** The body as the provider sent it. */
  body: unknown;
}

/**
 * Checks a response against what was asked and makes every vector's length 1, in the order of the texts.
 * @param mayLack a vector of zeros is kept as it is, beside others: its text has nothing that could be encoded
 */
export function toUnitVectors(
  raw: RawVectors,
  count: number,
  dimensions: number | null,
  mayLack = false,
): Float32Array[] {
  const { embeddings } = raw;
  if (embeddings.length !== count) throw unusable(`${embeddings.length} vectors for ${count} texts`);
  const length = dimensions ?? embeddings[0]?.length ?? 0;
  const wrong = embeddings.find((vector) => vector.length !== length || length === 0);
  if (wrong) throw unusable(`${wrong.length} dimensions where ${length} are expected`);
  // A server that gives nothing else is broken.
  const isKept = mayLack && embeddings.some((vector) => vector.some((value) => value !== 0));
  const order = readOrder(raw.body, count);
  const vectors = new Array<Float32Array>(count);
  embeddings.forEach((vector, position) => {
    vectors[order?.[position] ?? position] = normalise(vector, isKept);
  });
  return vectors;
}

function normalise(values: number[], mayBeZero: boolean): Float32Array {
  const norm = lengthOf(values);
  if (!Number.isFinite(norm) || (norm === 0 && !mayBeZero))
    throw unusable('a vector of zeros or of values that are no numbers');
  return Float32Array.from(values, (value) => (norm === 0 ? 0 : value / norm));
}

export function lengthOf(values: ArrayLike<number>): number {
  let squares = 0;
  for (let at = 0; at < values.length; at += 1) squares += values[at]! ** 2;
  return Math.sqrt(squares);
}

/**
 * OpenAI's format numbers each vector with `index`, and some servers send them as they are ready;
 * the SDK takes them as they come.
 */
function readOrder(body: unknown, count: number): number[] | undefined {
  if (!isRecord(body) || !Array.isArray(body.data)) return undefined;
  const order = body.data.map((item: unknown) => (isRecord(item) ? item.index : undefined));
  const isPermutation =
    order.length === count && new Set(order).size === count && order.every((index) => isPlace(index, count));
  return isPermutation ? order : undefined;
}

function isPlace(index: unknown, count: number): index is number {
  return typeof index === 'number' && Number.isInteger(index) && index >= 0 && index < count;
}

function unusable(detail: string): ModelFault {
  return new ModelFault('unusable_vectors', detail);
}
