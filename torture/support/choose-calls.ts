import type { Random } from '../random.ts';

/**
 * Which calls of a request are to fail, counted from 1 and in order: each of at most `most`; of more the first, the
 * last, the first of each kind, and others by chance until there are `most`.
 */
export function chooseCalls(calls: readonly string[], most: number, random: Random): number[] {
  const all = calls.map((_, at) => at + 1);
  if (all.length <= most) return all;
  const firsts = [...new Set(calls)].map((kind) => calls.indexOf(kind) + 1);
  const chosen = new Set([1, all.length, ...firsts]);
  while (chosen.size < most) chosen.add(random.between(1, all.length));
  return [...chosen].toSorted((a, b) => a - b);
}
