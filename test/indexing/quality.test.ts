import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readDataset } from '../../eval/datasets.ts';
import { evaluateFilings } from '../../eval/measure-filings.ts';
import { evaluate } from '../../eval/metrics.ts';
import { indexPassages } from '../../eval/passage-index.ts';
import { readBackground } from '../../src/indexing/background.ts';
import { searchKeyword } from '../../src/indexing/bm25.ts';

const data = join(import.meta.dirname, '../../../shared/data');
const background = readBackground();

/** What was measured, less room for chance: a fall below it is a fault, not noise. */
describe.skipIf(!existsSync(data))(
  'keyword search on real questions (skipped without ../shared/data)',
  () => {
    const leastFirst = { en: 0.92, ru: 0.89, ar: 0.86, th: 0.87, zh: 0.9 };
    it.each(Object.entries(leastFirst))(
      'finds the paragraph first in %s for %f of the questions',
      (language, least) => {
        const { passages, queries, judgements } = readDataset(join(data, 'xquad', language));
        const { segment, ids } = indexPassages(passages);
        expect(segment.language).toBe(language);
        const run = queries.map(({ id, text }) => {
          return [
            id,
            searchKeyword([segment], text, { k: 1, background }).map((hit) => ids[hit.ordinal]!),
          ] as const;
        });
        expect(evaluate(new Map(run), judgements, [1]).mean['R@1']).toBeGreaterThanOrEqual(least);
      },
    );

    it('finds the page of a filing among the first five and ten', () => {
      const { own, among } = evaluateFilings(join(data, 'financebench'), background);
      expect(own.mean['R@5']).toBeGreaterThanOrEqual(0.65);
      expect(own.mean['R@10']).toBeGreaterThanOrEqual(0.75);
      expect(among.mean['R@10']).toBeGreaterThanOrEqual(0.5);
    });
  },
);
