import { describe, expect, test } from 'vitest';
import { Pace } from '../../web/src/lib/documents/pace.ts';

describe('the time that is left', () => {
  test('is what the rest takes at the speed so far, in whole seconds', () => {
    expect(new Pace(0, 0).left(0.25, 10_000)).toBe(30_000);
    expect(new Pace(0, 0).left(0.3, 10_000)).toBe(24_000);
    expect(new Pace(0, 0).left(1, 10_000)).toBe(0);
  });

  test('counts from where it was first seen', () => {
    expect(new Pace(0.5, 5_000).left(0.75, 7_000)).toBe(2_000);
  });

  test('is not told while it is a guess', () => {
    const pace = new Pace(0, 0);
    expect(pace.left(0, 60_000)).toBeNull();
    expect(pace.left(0.04, 60_000)).toBeNull();
    expect(pace.left(0.9, 500)).toBeNull();
  });
});
