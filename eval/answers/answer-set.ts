import type { Place, Question } from '../collection.ts';

/** A question with what a good answer shows; the server has no language model. */
export interface GoldQuestion extends Question {
  /** Any of these lists, all of its strings; null: the set has no answer that could be quoted. */
  gold: readonly string[] | null;
  /** Ids of the pages or passages that hold the answer; empty when nothing in the place does. */
  pages: ReadonlySet<string>;
}

/** Questions that are asked of the same documents in the same way, with the targets of their scores. */
export interface AnswerSet {
  name: string;
  places: readonly Place[];
  questions: readonly GoldQuestion[];
  targets: readonly Target[];
}

export const scoreNames = ['quote', 'first page', 'any page', 'direct', 'weak', 'none', 'length'] as const;
export type ScoreName = (typeof scoreNames)[number];

export interface Target {
  score: ScoreName;
  least?: number;
  most?: number;
}
