import { expect, test } from 'vitest';
import { shareInterval } from '../../eval/metrics.ts';

test.each([
  [0, 10, 0, 0.2775],
  [5, 10, 0.2366, 0.7634],
  [10, 10, 0.7225, 1],
  [81, 263, 0.2553, 0.3662],
])('the 95 % interval of a share of %i in %i is as Wilson has it', (hits, count, low, high) => {
  const interval = shareInterval(hits, count);
  expect(interval.mean).toBe(hits / count);
  expect(interval.low).toBeCloseTo(low, 3);
  expect(interval.high).toBeCloseTo(high, 3);
});

test('of nothing, nothing is known', () => {
  expect(shareInterval(0, 0)).toEqual({ mean: 0, low: 0, high: 1 });
});
