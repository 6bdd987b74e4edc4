import type { Pooling } from './local-source.ts';

/** A tensor as the runtime gives it: row-major values and the size of each dimension. */
export interface TensorLike {
  dims: readonly number[];
  data: ArrayLike<number> | BigInt64Array;
}

/** One row for each text: its tokens' states as one, not normalised. Two dimensions are pooled already. */
export function poolRows(hidden: TensorLike, mask: TensorLike, pooling: Pooling): Float32Array {
  const [texts = 0, tokens = 0, size = 0] = hidden.dims;
  const states = hidden.data as ArrayLike<number>;
  if (hidden.dims.length === 2) return Float32Array.from(states);
  const rows = new Float32Array(texts * size);
  for (let text = 0; text < texts; text++) {
    const used = usedTokens(mask.data, text * tokens, tokens, pooling);
    const row = rows.subarray(text * size, (text + 1) * size);
    for (const token of used) {
      const start = (text * tokens + token) * size;
      for (let at = 0; at < size; at++) row[at]! += states[start + at]! / used.length;
    }
  }
  return rows;
}

/** A cross-encoder's scores from 0 to 1: the sigmoid of one logit, or the share of the last of several. */
export function probabilities({ dims, data }: TensorLike): Float32Array {
  const [texts = 0, classes = 1] = dims;
  const logits = data as ArrayLike<number>;
  return Float32Array.from({ length: texts }, (_, text) => {
    const row = Array.from({ length: classes }, (_each, at) => logits[text * classes + at]!);
    const others = classes === 1 ? [0] : row.slice(0, -1);
    const last = row.at(-1) ?? 0;
    return 1 / (1 + others.reduce((sum, other) => sum + Math.exp(other - last), 0));
  });
}

function usedTokens(mask: TensorLike['data'], start: number, tokens: number, pooling: Pooling): number[] {
  const used: number[] = [];
  for (let token = 0; token < tokens; token++) if (Number(mask[start + token]) !== 0) used.push(token);
  if (pooling === 'cls') return used.slice(0, 1);
  return pooling === 'last' ? used.slice(-1) : used;
}
