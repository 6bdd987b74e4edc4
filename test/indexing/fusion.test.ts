import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuse } from '../../src/indexing/fusion.ts';
import { distrusted, weightsFor } from '../../src/indexing/weights.ts';

const list = fc.uniqueArray(fc.stringMatching(/^[a-f]{1,2}$/), { maxLength: 12 });
const weight = fc.integer({ min: 1, max: 20 }).map((tenths) => tenths / 10);
const lists = fc.array(fc.record({ ids: list, weight }), { minLength: 1, maxLength: 4 });

describe('rank fusion', () => {
  it('adds weight / (60 + rank) over the lists', () => {
    const fused = fuse([
      { ids: ['a', 'b'], weight: 1 },
      { ids: ['b', 'c'], weight: 0.3 },
    ]);
    expect(fused.map((hit) => hit.id)).toEqual(['b', 'a', 'c']);
    expect(fused[0]!.score).toBeCloseTo(1 / 62 + 0.3 / 61, 12);
  });

  it('orders equal scores by id, whatever the order of the lists', () => {
    fc.assert(
      fc.property(lists, (given) => {
        const ids = (fused: ReturnType<typeof fuse>) =>
          fused.map((hit) => `${hit.id} ${hit.score.toFixed(12)}`);
        expect(ids(fuse(given)).toSorted()).toEqual(ids(fuse(given.toReversed())).toSorted());
        const fused = fuse(given);
        for (const [at, hit] of fused.entries()) {
          const next = fused[at + 1];
          if (next)
            expect(next.score < hit.score || (next.score === hit.score && next.id > hit.id)).toBe(true);
        }
      }),
    );
  });

  const reference = join(import.meta.dirname, '../../../shared/eval/fuse.mjs');
  it.skipIf(!existsSync(reference))(
    'equals the reference arithmetic (skipped without ../shared/eval)',
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'fuse-'));
      try {
        fc.assert(
          fc.property(lists, fc.integer({ min: 1, max: 12 }), (given, depth) => {
            const runs = given.map(({ ids, weight }, at) => {
              const path = join(folder, `${at}.jsonl`);
              writeFileSync(path, JSON.stringify({ query_id: 'q', results: ids.map((id) => [id, 1]) }));
              return `${path}:${weight}`;
            });
            const out = join(folder, 'out.jsonl');
            execFileSync(process.execPath, [reference, out, ...runs, '--depth', String(depth)]);
            const expected = JSON.parse(readFileSync(out, 'utf8').split('\n')[0]!) as {
              results: [string, number][];
            };
            const fused = fuse(given, { depth }).map(({ id, score }) => [id, Number(score.toFixed(6))]);
            expect(fused).toEqual(expected.results);
          }),
          { numRuns: 15 },
        );
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});

describe('measured weights', () => {
  it('trust the vector list more, and more still where the model is strong', () => {
    for (const model of ['BAAI/bge-base-en-v1.5', 'text-embedding-3-large']) {
      const { keyword, vector } = weightsFor(model) ?? distrusted;
      expect(keyword).toBeLessThan(vector);
    }
    const keywordOf = (model: string): number => weightsFor(model)?.keyword ?? 1;
    expect(keywordOf('text-embedding-3-large')).toBeLessThan(keywordOf('bge-base-en-v1.5'));
  });

  it('are of measured models alone', () => {
    for (const model of [null, 'something-new']) expect(weightsFor(model)).toBeNull();
  });
});
