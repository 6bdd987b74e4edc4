import { answerExtractively, type Passage } from '../../../src/answers/extractive/extractive.ts';

export function passage(text: string, n = 1, rest: Partial<Passage> = {}): Passage {
  return { n, text, heading: [], score: 1 / n, documentName: 'Handbook.pdf', page: 1, ...rest };
}

export const quotesOf = (question: string, ...passages: Passage[]): string[] =>
  answerExtractively(question, passages).citations.map(({ quote }) => quote);
