import { expect, test } from 'vitest';
import { apart, powersAround, segmentsOf } from '../../web/src/lib/statistics/stage-lines.ts';

test('an axis has the powers of ten around its values, two at least', () => {
  expect(powersAround([3, 240, 1800])).toEqual([1, 10, 100, 1000, 10_000]);
  expect(powersAround([0.2])).toEqual([1, 10]);
  expect(powersAround([100])).toEqual([100, 1000]);
  expect(powersAround([20, 1000])).toEqual([10, 100, 1000]);
});

test('a line has gaps where a day has no value', () => {
  expect(segmentsOf([null, 1, 2, null, 3, null])).toEqual([
    [
      { index: 1, value: 1 },
      { index: 2, value: 2 },
    ],
    [{ index: 4, value: 3 }],
  ]);
  expect(segmentsOf([null])).toEqual([]);
});

test('names at the end of lines do not cover each other', () => {
  expect(apart([100, 98, 20], 13, 160)).toEqual([100, 87, 20]);
  expect(apart([160, 160, 160, 160], 13, 160).toSorted((a, b) => a - b)).toEqual([121, 134, 147, 160]);
});
