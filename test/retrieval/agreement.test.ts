import { expect, test } from 'vitest';
import { distrusted, trusted } from '../../src/indexing/weights.ts';
import { type Agreement, weightsByAgreement } from '../../src/retrieval/agreement.ts';
import { type LegList, order } from '../../src/retrieval/order.ts';

const chunks = 10_000;
const listOf = (leg: LegList['leg'], ordinals: readonly number[]): LegList => ({
  leg,
  hits: ordinals.map((ordinal, at) => ({ documentId: 'd', ordinal, score: 1 / (at + 1) })),
});
const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, at) => from + at);
const words = listOf('keyword', range(0, 100));
const agreeing = listOf('vector', [500, 3, 40, 501, 7, 502, 90, 503, 504, 505]);
const noise = listOf('vector', range(5_000, 100));

function ask(lists: readonly LegList[], seen?: Agreement, model = 'something-new', among = chunks) {
  return weightsByAgreement(model, lists, among, seen);
}

test('a list that shares nothing with the words does not touch the first ten of them', () => {
  const { weights } = ask([noise, words]);
  expect(weights).toEqual(distrusted);
  const found = order([noise, words], weights, 10).map(({ ordinal }) => ordinal);
  expect(found).toEqual(range(0, 10));
});

test('a list that shares some is trusted', () => {
  expect(ask([agreeing, words]).weights).toEqual(trusted);
});

test('what earlier questions have shown outweighs one that is unlike them', () => {
  let good: Agreement | undefined;
  let bad: Agreement | undefined;
  for (let question = 0; question < 5; question += 1) {
    good = ask([agreeing, words], good).seen;
    bad = ask([noise, words], bad).seen;
  }
  expect(ask([noise, words], good).weights).toEqual(trusted);
  const chance = listOf('vector', [3, ...range(5_000, 9)]);
  expect(ask([chance, words], bad).weights).toEqual(distrusted);
});

test('nothing is told by a small conversation, by words that find nothing, or of a measured model', () => {
  expect(ask([noise, words], undefined, 'something-new', 40)).toEqual({ weights: trusted, seen: undefined });
  expect(ask([noise, listOf('keyword', [])])).toEqual({ weights: trusted, seen: undefined });
  expect(ask([noise, words], undefined, 'nomic-embed-text')).toEqual({ weights: trusted, seen: undefined });
});
