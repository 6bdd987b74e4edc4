import type { Answer } from '@alcove/client';
import { expect, test } from 'vitest';
import { quotationsIn, scoreAnswer } from '../../eval/answers/score-answer.ts';

const answer = {
  answer: 'These come closest:\n\n“\t2019\t2018” [2]: “Rent\t$1,496\t$1” [2]\n\n“He said “no”.” [1]',
  citations: [{ n: 2 }, { n: 2 }, { n: 1 }],
  sources: [
    { n: 1, page: 7 },
    { n: 2, page: 3 },
  ],
  metadata: { match: 'weak' },
} as unknown as Answer;
const idOf = ({ page }: Answer['sources'][number]): string => `page ${page}`;

test('quotations are read without the sentences around them', () => {
  expect(quotationsIn(answer.answer)).toEqual(['\t2019\t2018', 'Rent\t$1,496\t$1', 'He said “no”.']);
});

test('an answer is scored by what it quotes, from where, how well and how long', () => {
  expect(scoreAnswer({ gold: ['$1,496'], pages: new Set(['page 7']) }, answer, idOf)).toEqual({
    quote: 1,
    'first page': 0,
    'any page': 1,
    direct: 0,
    weak: 1,
    none: 0,
    length: 37,
  });
});

test('what a question cannot tell is not scored', () => {
  const scores = scoreAnswer({ gold: null, pages: new Set() }, answer, idOf);
  expect(Object.keys(scores)).toEqual(['direct', 'weak', 'none', 'length']);
});
