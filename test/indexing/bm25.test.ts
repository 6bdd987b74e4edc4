import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/indexing/analyze.ts';
import { openBackground, readBackground } from '../../src/indexing/background.ts';
import { type Hit, searchKeyword } from '../../src/indexing/bm25.ts';
import { buildSegment } from '../../src/indexing/build-segment.ts';
import { openSegment } from '../../src/indexing/segment.ts';
import { hashTerm } from '../../src/indexing/term-hash.ts';
import { scoreNaively } from './naive-bm25.ts';

const word = fc.constantFrom(
  'market',
  'margin',
  'gross',
  'sales',
  'tax',
  'rate',
  'café',
  'running',
  '2022',
  '1,234.5',
  'zebra',
);
const text = fc.array(word, { maxLength: 12 }).map((words) => words.join(' '));
const documents = fc.array(fc.array(text, { maxLength: 6 }), { minLength: 1, maxLength: 4 });

const background = readBackground();

function open(texts: readonly string[], language = 'en') {
  return openSegment(buildSegment({ language, chunks: texts.map((searchText) => ({ searchText })) }));
}

describe('keyword search', () => {
  it('gives the scores of plain BM25 over all documents together', () => {
    fc.assert(
      fc.property(documents, text, (texts, query) => {
        const hits = searchKeyword(
          texts.map((one) => open(one)),
          query,
          { k: 1000 },
        );
        const found = new Map(hits.map((hit) => [`${hit.segment}/${hit.ordinal}`, hit.score]));
        const expected = scoreNaively(texts, query, 'en');
        expect([...found.keys()].toSorted()).toEqual([...expected.keys()].toSorted());
        for (const [id, score] of expected) expect(found.get(id)).toBeCloseTo(score, 9);
      }),
    );
  });

  it('returns the k best in falling order, ties by document and ordinal', () => {
    fc.assert(
      fc.property(documents, text, fc.integer({ min: 1, max: 5 }), (texts, query, k) => {
        const segments = texts.map((one) => open(one));
        const all = searchKeyword(segments, query, { k: 1000 });
        expect(searchKeyword(segments, query, { k })).toEqual(all.slice(0, k));
        const inOrder = (a: Hit, b: Hit) =>
          b.score - a.score || a.segment - b.segment || a.ordinal - b.ordinal;
        expect(all.toSorted(inOrder)).toEqual(all);
      }),
    );
  });

  it('finds a document of each language by its own stems', () => {
    const segments = [
      open(['Die Häuser der Stadt'], 'de'),
      open(['The houses of the city'], 'en'),
      open(['我喜欢北京烤鸭'], 'zh'),
    ];
    expect(searchKeyword(segments, 'Haus', { k: 5 }).map((hit) => hit.segment)).toEqual([0]);
    expect(searchKeyword(segments, 'house', { k: 5 }).map((hit) => hit.segment)).toEqual([1]);
    expect(searchKeyword(segments, '北京', { k: 5 }).map((hit) => hit.segment)).toEqual([2]);
  });

  it('weighs parts of a query', () => {
    const segment = open(['apples and pears', 'plums and cherries']);
    const parts = [
      { text: 'plums', weight: 1 },
      { text: 'apples', weight: 0.2 },
    ];
    expect(searchKeyword([segment], parts, { k: 2 }).map((hit) => hit.ordinal)).toEqual([1, 0]);
  });

  it('prefers neighbouring words to the same words apart', () => {
    const segment = open([
      'margin fell while the gross weight rose',
      'the gross margin fell while weight rose',
    ]);
    expect(searchKeyword([segment], 'gross margin', { k: 1, background })[0]?.ordinal).toBe(1);
  });

  it('lets common words count little in a small conversation', () => {
    const segment = open(['what should people know about this', 'the annual dividend', 'the yearly fee']);
    const query = 'what should people know about the dividend';
    const shareOf = (hits: Hit[]) => hits.find((hit) => hit.ordinal === 1)!.score / hits[0]!.score;
    const alone = searchKeyword([segment], query, { k: 3 });
    const smoothed = searchKeyword([segment], query, { k: 3, background });
    expect(shareOf(smoothed)).toBeGreaterThan(2 * shareOf(alone));
  });

  it('answers nothing from nothing', () => {
    expect(searchKeyword([], 'word', { k: 5 })).toEqual([]);
    expect(searchKeyword([open([])], 'word', { k: 5 })).toEqual([]);
    expect(searchKeyword([open(['word'])], '?!', { k: 5 })).toEqual([]);
    expect(searchKeyword([open(['word'])], 'word', { k: 0 })).toEqual([]);
  });

  it('takes a pasted page for a query', () => {
    const page = Array.from({ length: 100_000 }, (_, at) => `word${at}x`).join(' ');
    expect(searchKeyword([open(['word7x stands here'])], page, { k: 1 })).toHaveLength(1);
  });
});

describe('the background table', () => {
  it('knows common words of many languages from rare ones', () => {
    const common = { en: 'what', de: 'nicht', fr: 'pour', ru: 'что', tr: 'bir' };
    for (const [language, word] of Object.entries(common)) {
      const table = background.table(language)!;
      const [term] = analyze(word, language);
      expect(table.share(hashTerm(term!))).toBeGreaterThan(0.3);
      expect(table.share(hashTerm('zyzzyva'))).toBeLessThan(0.01);
    }
    expect(background.table('xx')).toBeUndefined();
  });

  it('refuses damaged bytes', () => {
    expect(() => openBackground(new Uint8Array(40))).toThrow(/damaged/);
    const bytes = readFileSync(new URL('../../src/indexing/background/background.bin', import.meta.url));
    bytes[100_000]! ^= 1;
    expect(() => openBackground(bytes)).toThrow(/damaged/);
  });
});
