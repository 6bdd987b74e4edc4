import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildSegment } from '../../src/indexing/build-segment.ts';
import { PositionReader } from '../../src/indexing/positions.ts';
import { openSegment, type Segment, UnreadableSegment, unitsPerTerm } from '../../src/indexing/segment.ts';
import { hashTerm } from '../../src/indexing/term-hash.ts';

const bytes = buildSegment({
  language: 'en',
  chunks: [
    { searchText: 'alpha beta alpha', boilerplate: 'gamma', context: 'delta\nalpha', topics: 'epsilon zeta' },
    { searchText: '' },
    { searchText: 'beta 12 34' },
  ],
});

function read(segment: Segment, term: string) {
  const found = segment.find(hashTerm(term));
  if (found < 0) return null;
  const list = { start: 0, count: 0, positionsAt: 0 };
  const buffers = { ordinals: new Uint32Array(10), weights: new Uint32Array(10) };
  segment.readPostings(found, list, buffers);
  expect(segment.documentFrequency(found)).toBe(list.count);
  const positions = new PositionReader();
  positions.open(segment.postings, list.positionsAt);
  return Array.from({ length: list.count }, (_, entry) => {
    positions.read(entry);
    return {
      ordinal: buffers.ordinals[entry],
      weight: buffers.weights[entry]! / unitsPerTerm,
      positions: [...positions.values.subarray(0, positions.count)],
    };
  });
}

describe('an index segment', () => {
  it('holds which chunks have a term, how much and where', () => {
    const segment = openSegment(bytes);
    expect(segment.language).toBe('en');
    expect(read(segment, 'alpha')).toEqual([{ ordinal: 0, weight: 2.5, positions: [0, 2, 35] }]);
    expect(read(segment, 'beta')).toEqual([
      { ordinal: 0, weight: 1, positions: [1] },
      { ordinal: 2, weight: 1, positions: [0] },
    ]);
    expect(read(segment, 'omega')).toBeNull();
  });

  it('measures length by the own text, figures counting a quarter', () => {
    const segment = openSegment(bytes);
    expect([...segment.lengths].map((length) => length / unitsPerTerm)).toEqual([3.5, 0, 1.5]);
    expect(segment.totalLength).toBe(5 * unitsPerTerm);
  });

  it('opens from a slice of a pool at any offset', () => {
    for (let offset = 0; offset < 8; offset++) {
      const pool = new Uint8Array(bytes.length + 16);
      pool.set(bytes, offset);
      expect(read(openSegment(pool.subarray(offset, offset + bytes.length)), 'beta')).toHaveLength(2);
    }
  });

  it('throws for every cut and every changed byte', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        expect(() => openSegment(bytes.slice(0, at))).toThrow(UnreadableSegment);
        const changed = bytes.slice();
        changed[at]! ^= change;
        expect(() => openSegment(changed)).toThrow(UnreadableSegment);
      }),
    );
  });

  it('says which version it cannot read', () => {
    const future = bytes.slice();
    new DataView(future.buffer).setUint32(4, 99, true);
    expect(() => openSegment(future)).toThrow(/version 99/);
  });

  it('is the same bytes for the same chunks', () => {
    const chunks = [{ searchText: 'the same words in the same order' }];
    expect(buildSegment({ language: 'en', chunks })).toEqual(buildSegment({ language: 'en', chunks }));
  });
});
