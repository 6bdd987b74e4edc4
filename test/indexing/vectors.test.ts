import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnreadableSegment } from '../../src/indexing/segment.ts';
import { VectorArena } from '../../src/indexing/vector-arena.ts';
import {
  openRows,
  openVectors,
  OtherDimension,
  quantiseVectors,
  restoreVector,
  scanVectors,
  strideOf,
  type VectorParts,
  vectorHeaderBytes,
} from '../../src/indexing/vectors.ts';

/** Gaussian enough, and the same at each run. */
function createVectors(seed: number, count: number, dimension: number): Float32Array[] {
  let state = seed >>> 0;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const value = () => next() + next() + next() + next() - 2;
  return Array.from({ length: count }, () => Float32Array.from({ length: dimension }, value));
}

function cosine(a: Float32Array, b: Float32Array): number {
  let dot = 0;
  let left = 0;
  let right = 0;
  for (let at = 0; at < a.length; at++) {
    dot += a[at]! * b[at]!;
    left += a[at]! ** 2;
    right += b[at]! ** 2;
  }
  return dot / Math.sqrt(left * right);
}

/** What the database reads of a segment for one vector. */
function partsOf(bytes: Uint8Array, count: number, dimension: number, ordinal: number): VectorParts {
  const stride = strideOf(dimension);
  const valuesAt = vectorHeaderBytes + 4 * count;
  const part = (at: number, length: number) => bytes.subarray(at, at + length);
  return {
    head: part(0, vectorHeaderBytes),
    scale: part(vectorHeaderBytes + 4 * ordinal, 4),
    values: part(valuesAt + ordinal * stride, stride),
    residuals: part(valuesAt + (count + ordinal) * stride, stride),
  };
}

describe('a vector of a segment', () => {
  it('is restored as the unit vector that it was, and stored again with the same values', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 9 }),
        (seed, dimension, count) => {
          const vectors = createVectors(seed, count, dimension);
          const bytes = quantiseVectors(vectors);
          const restored = vectors.map((_, at) => restoreVector(partsOf(bytes, count, dimension, at))!);
          for (const [at, vector] of vectors.entries()) {
            const length = Math.hypot(...vector);
            vector.forEach((value, axis) =>
              expect(Math.abs(restored[at]![axis]! - value / length)).toBeLessThan(0.00003),
            );
          }
          const [once, twice] = [openVectors(bytes), openVectors(quantiseVectors(restored))];
          const valueOf = ({ rows, residuals }: typeof once, at: number) => rows[at]! + residuals[at]! / 254;
          for (let at = 0; at < once.rows.length; at++)
            expect(Math.abs(valueOf(twice, at) - valueOf(once, at))).toBeLessThan(0.005);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is none when its parts are of anything else', () => {
    const bytes = quantiseVectors(createVectors(1, 3, 40));
    const parts = partsOf(bytes, 3, 40, 1);
    expect(restoreVector(parts)).toHaveLength(40);
    expect(restoreVector({ ...parts, values: parts.values.subarray(1) })).toBeNull();
    expect(restoreVector({ ...parts, scale: new Uint8Array() })).toBeNull();
    expect(restoreVector({ ...parts, head: new Uint8Array(16) })).toBeNull();
    expect(restoreVector({ ...parts, head: parts.head.subarray(4) })).toBeNull();
  });
});

describe('the vector scan', () => {
  it('scores as brute force does, plain and with SIMD alike', () => {
    const arena = new VectorArena();
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 1, max: 100 }),
        fc.array(fc.nat(9), { minLength: 1, maxLength: 4 }),
        (seed, dimension, counts) => {
          const documents = counts.map((count, at) => createVectors(seed + at, count, dimension));
          const [query] = createVectors(seed ^ 0xffff, 1, dimension) as [Float32Array];
          const segments = documents.map((vectors) => openVectors(quantiseVectors(vectors)));
          const loaded = segments.map((segment) => arena.load(segment));
          const hits = arena.scan(loaded, query, 1000);
          expect(hits).toHaveLength(counts.reduce((sum, count) => sum + count, 0));
          for (const { segment, ordinal, score } of hits) {
            expect(Math.abs(score - cosine(documents[segment]![ordinal]!, query))).toBeLessThan(0.0001);
          }
          const plain = scanVectors(segments, query, 1000);
          for (const [at, { score }] of plain.entries())
            expect(Math.abs(score - hits[at]!.score)).toBeLessThan(0.00005);
          for (const vectors of loaded) arena.release(vectors);
        },
      ),
      { numRuns: 60 },
    );
    expect(arena.bytesInUse).toBe(0);
  });

  it('gives the same ten as exact arithmetic, with scores that agree to four digits', () => {
    const arena = new VectorArena();
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(8, 100, 384, 1024), fc.nat(600), (seed, dimension, count) => {
        const vectors = createVectors(seed, count, dimension);
        const [query] = createVectors(seed + 1, 1, dimension) as [Float32Array];
        const loaded = arena.load(openVectors(quantiseVectors(vectors)));
        const exact = vectors.map((vector) => cosine(vector, query)).toSorted((a, b) => b - a);
        const hits = arena.scan([loaded], query, 100, 40).slice(0, 10);
        expect(hits).toHaveLength(Math.min(10, count));
        hits.forEach(({ ordinal, score }, at) => {
          expect(Math.abs(score - exact[at]!)).toBeLessThan(0.0001);
          expect(Math.abs(score - cosine(vectors[ordinal]!, query))).toBeLessThan(0.0001);
        });
        arena.release(loaded);
      }),
      { numRuns: 60, seed: 20_261_121 },
    );
  });

  it('finds nearly all of the exact ten best among twice as many', () => {
    const vectors = createVectors(1, 2000, 384);
    const segment = openVectors(quantiseVectors(vectors));
    const arena = new VectorArena();
    const loaded = arena.load(segment);
    let found = 0;
    const queries = createVectors(2, 30, 384);
    for (const query of queries) {
      const scores = vectors.map((vector, ordinal) => ({ ordinal, score: cosine(vector, query) }));
      const exact = scores.toSorted((a, b) => b.score - a.score).slice(0, 10);
      const hits = new Set(arena.scan([loaded], query, 20).map((hit) => hit.ordinal));
      found += exact.filter(({ ordinal }) => hits.has(ordinal)).length;
    }
    expect(found / (10 * queries.length)).toBeGreaterThanOrEqual(0.99);
  });

  it('scores vectors without a direction 0', () => {
    const vectors = [new Float32Array(8), new Float32Array(8).fill(Number.NaN), new Float32Array(8).fill(1)];
    const loaded = new VectorArena();
    const document = loaded.load(openVectors(quantiseVectors(vectors)));
    const scores = new Map(
      loaded.scan([document], new Float32Array(8).fill(1), 3).map((hit) => [hit.ordinal, hit.score]),
    );
    expect(scores.get(0)).toBe(0);
    expect(scores.get(1)).toBe(0);
    expect(scores.get(2)).toBeCloseTo(1, 3);
    expect(loaded.scan([document], new Float32Array(8), 3).map((hit) => hit.score)).toEqual([0, 0, 0]);
  });

  it('refuses a query of another dimension', () => {
    const arena = new VectorArena();
    const document = arena.load(openVectors(quantiseVectors(createVectors(1, 2, 8))));
    expect(() => arena.scan([document], new Float32Array(9), 1)).toThrow(/9 dimensions/);
  });

  it('never reads memory that was given back', () => {
    const arena = new VectorArena();
    const document = arena.load(openVectors(quantiseVectors(createVectors(1, 2, 8))));
    arena.release(document);
    arena.release(document);
    expect(arena.bytesInUse).toBe(0);
    expect(() => arena.scan([document], new Float32Array(8).fill(1), 1)).toThrow(/released/);
  });

  it('uses returned memory again, so that it does not grow without end', () => {
    const arena = new VectorArena();
    const held = [];
    for (let round = 0; round < 200; round++) {
      held.push(arena.load(openVectors(quantiseVectors(createVectors(round, 1 + ((round * 37) % 90), 64)))));
      if (held.length > 5) arena.release(held.splice((round * 7) % 5, 1)[0]!);
      expect(arena.bytesInUse).toBe(held.reduce((sum, vectors) => sum + vectors.bytes, 0));
    }
  });
});

describe('the rows of a vector segment without its residuals', () => {
  const vectors = createVectors(5, 30, 100);
  const leading = quantiseVectors(vectors).slice(0, 16 + 30 * (4 + 128));

  it('are enough for scores that are right to 0.002, wherever they lie in memory', () => {
    const arena = new VectorArena();
    const [query] = createVectors(6, 1, 100) as [Float32Array];
    for (const shift of [0, 1]) {
      const memory = new Uint8Array(leading.length + shift);
      memory.set(leading, shift);
      const loaded = arena.load(openRows(memory.subarray(shift), 100));
      const hits = arena.scan([loaded], query, 30, 0);
      expect(hits).toHaveLength(30);
      for (const { ordinal, score } of hits)
        expect(Math.abs(score - cosine(vectors[ordinal]!, query))).toBeLessThan(0.002);
      arena.release(loaded);
    }
    expect(arena.bytesInUse).toBe(0);
  });

  it('score as the whole segment does, to the last bit, once the residuals of the best have come', () => {
    const arena = new VectorArena();
    fc.assert(
      fc.property(
        fc.nat(),
        fc.constantFrom(8, 100, 384),
        fc.integer({ min: 1, max: 60 }),
        (seed, size, count) => {
          const bytes = quantiseVectors(createVectors(seed, count, size));
          const [query] = createVectors(seed + 1, 1, size) as [Float32Array];
          const segment = openVectors(bytes);
          const residualsAt = bytes.length - segment.residuals.length;
          const expected = arena.load(segment);
          const part = arena.load(openRows(bytes.subarray(0, residualsAt), size), true);
          const whole = arena.scan([expected], query, 40, 10);
          const lacking = arena.lacking([part], arena.scan([part], query, 40, 10).slice(0, 10));
          expect(lacking).toHaveLength(Math.min(10, count));
          for (const { ordinal } of lacking) {
            const at = residualsAt + ordinal * segment.stride;
            arena.setResiduals(part, ordinal, bytes.subarray(at, at + segment.stride));
          }
          expect(arena.lacking([part], lacking)).toEqual([]);
          expect(arena.scan([part], query, 40, 10)).toEqual(whole);
          expect(arena.lacksResiduals(part)).toBe(true);
          const damaged = bytes.slice(residualsAt);
          damaged[seed % damaged.length]! ^= 1;
          expect(arena.complete(part, damaged)).toBe(false);
          expect(arena.complete(part, damaged.subarray(1))).toBe(false);
          expect(arena.complete(part, bytes.subarray(residualsAt))).toBe(true);
          expect(arena.lacksResiduals(part)).toBe(false);
          expect(arena.scan([part], query, 40, 40)).toEqual(arena.scan([expected], query, 40, 40));
          for (const one of [part, expected]) arena.release(one);
          expect(arena.complete(part, damaged)).toBe(true);
        },
      ),
      { numRuns: 40 },
    );
    expect(arena.bytesInUse).toBe(0);
  });

  it('are refused when they are cut, of another dimension, or scaled to what is no unit vector', () => {
    for (const length of [0, 15, 16, 500, leading.length - 1])
      expect(() => openRows(leading.slice(0, length), 100)).toThrow(UnreadableSegment);
    expect(() => openRows(leading, 96)).toThrow(OtherDimension);
    const renamed = leading.slice();
    new DataView(renamed.buffer).setUint32(12, 3_000, true);
    expect(() => openRows(renamed, 100)).toThrow(UnreadableSegment);
    for (const scale of [Number.NaN, -1, 1, Number.POSITIVE_INFINITY]) {
      const changed = leading.slice();
      new DataView(changed.buffer).setFloat32(16 + 4 * 7, scale, true);
      expect(() => openRows(changed, 100)).toThrow(UnreadableSegment);
    }
  });
});

describe('a vector segment', () => {
  const bytes = quantiseVectors(createVectors(3, 4, 48));

  it('throws for every cut and every changed byte', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        expect(() => openVectors(bytes.slice(0, at))).toThrow(UnreadableSegment);
        const changed = bytes.slice();
        changed[at]! ^= change;
        expect(() => openVectors(changed)).toThrow(UnreadableSegment);
      }),
    );
  });

  it('refuses vectors of different dimensions', () => {
    expect(() => quantiseVectors([new Float32Array(3), new Float32Array(4)])).toThrow(/dimension/);
  });

  it('may be empty', () => {
    const arena = new VectorArena();
    const empty = arena.load(openVectors(quantiseVectors([])));
    expect(arena.scan([empty], new Float32Array(8), 3)).toEqual([]);
  });
});
