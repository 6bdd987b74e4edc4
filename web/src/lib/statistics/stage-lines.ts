/** Powers of ten with all values between the first and the last; what is below a millisecond counts as one. */
export function powersAround(values: readonly number[]): number[] {
  const first = Math.floor(Math.log10(Math.max(1, Math.min(...values))));
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(1, ...values))));
  return Array.from({ length: last - first + 1 }, (_, at) => 10 ** (first + at));
}

export interface Point {
  index: number;
  value: number;
}

/** Runs of days that have a value: a line joins no days between which one has none. */
export function segmentsOf(values: readonly (number | null)[]): Point[][] {
  const segments: Point[][] = [];
  let isOpen = false;
  for (const [index, value] of values.entries()) {
    if (value !== null) {
      if (isOpen) segments.at(-1)?.push({ index, value });
      else segments.push([{ index, value }]);
    }
    isOpen = value !== null;
  }
  return segments;
}

/** The heights in their order of size, moved as little as it takes to be `gap` apart and above `lowest`. */
export function apart(heights: readonly number[], gap: number, lowest: number): number[] {
  const placed = [...heights];
  const order = heights.map((_, at) => at).toSorted((a, b) => (heights[b] ?? 0) - (heights[a] ?? 0));
  let below = lowest + gap;
  for (const at of order) {
    placed[at] = Math.min(heights[at] ?? 0, below - gap);
    below = placed[at];
  }
  return placed;
}
