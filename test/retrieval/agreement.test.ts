import { expect, test } from 'vitest';
import { distrusted, strong, weightsFor } from '../../src/indexing/weights.ts';
import { type Agreement, weightsByAgreement } from '../../src/retrieval/agreement.ts';
import { type LegList, order } from '../../src/retrieval/order.ts';

const listOf = (leg: LegList['leg'], ordinals: readonly number[]): LegList => ({
  leg,
  hits: ordinals.map((ordinal, at) => ({ documentId: 'd', ordinal, score: 1 / (at + 1) })),
});
const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, at) => from + at);
const words = listOf('keyword', range(0, 100));
const agreeing = listOf('vector', [500, 3, 40, 0, 7, 502, 90, 2, 504, 505]);
const noise = listOf('vector', range(5_000, 100));

function ask(lists: readonly LegList[], seen?: Agreement, model = 'something-new', among = 10_000) {
  return weightsByAgreement(model, lists, among, seen);
}

/** The same numbers at each run, in an order that no list has. */
function lot(count: number, seed: number): number[] {
  let state = seed;
  const drawn = range(0, count).map((one) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return [state, one] as const;
  });
  return drawn.toSorted(([a], [b]) => a - b).map(([, one]) => one);
}

test('a list that shares nothing with the words does not touch the first ten of them', () => {
  const { weights } = ask([noise, words]);
  expect(weights).toEqual(distrusted);
  expect(topOf([noise, words], weights)).toEqual(range(0, 10));
});

test('a list that shares some is trusted', () => {
  expect(ask([agreeing, words]).weights).toEqual(strong);
});

test.each([5, 12, 30, 60, 200])('noise among %i passages leaves the order of the words', (count) => {
  const found = range(0, Math.min(count, 40));
  const kept = range(0, 200).filter((seed) => {
    const lists = [listOf('vector', lot(count, seed).slice(0, 100)), listOf('keyword', found)];
    const { weights } = ask(lists, undefined, 'something-new', count);
    return topOf(lists, weights).join() === found.slice(0, 10).join();
  });
  expect(kept.length).toBeGreaterThanOrEqual(194);
});

test('a list that follows the words among few passages is trusted', () => {
  const near = listOf('vector', [1, 0, 2, 4, 3, ...range(5, 15)]);
  const few = [near, listOf('keyword', range(0, 12))];
  expect(ask(few, undefined, 'something-new', 20).weights).toEqual(strong);
});

test('what earlier questions have shown outweighs one that is unlike them', () => {
  let good: Agreement | undefined;
  let bad: Agreement | undefined;
  for (let question = 0; question < 5; question += 1) {
    good = ask([agreeing, words], good).seen;
    bad = ask([noise, words], bad).seen;
  }
  expect(ask([noise, words], good).weights).toEqual(strong);
  const chance = listOf('vector', [3, ...range(5_000, 9)]);
  expect(ask([chance, words], bad).weights).toEqual(distrusted);
  // Nor does luck at the beginning last.
  const lucky = ask([noise, words], ask([noise, words], ask([chance, words]).seen).seen);
  expect(lucky.weights).toEqual(distrusted);
});

test('words that find nothing tell nothing, and a measured model is not asked', () => {
  const { weights, seen } = ask([noise, listOf('keyword', [])]);
  expect(seen).toBeUndefined();
  expect(topOf([noise, listOf('keyword', [])], weights)).toEqual(range(5_000, 10));
  const known = weightsFor('nomic-embed-text');
  expect(ask([noise, words], undefined, 'nomic-embed-text')).toEqual({ weights: known, seen: undefined });
});

function topOf(lists: readonly LegList[], weights: typeof strong): number[] {
  return order(lists, weights, 10).map(({ ordinal }) => ordinal);
}
