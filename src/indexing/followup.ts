import { createAnalyzer } from './analyze.ts';
import type { Background } from './background.ts';
import type { QueryPart } from './query-terms.ts';
import { hashTerm } from './term-hash.ts';

/** One message of the conversation before the question. */
export interface Turn {
  role: 'user' | 'assistant';
  text: string;
}

export interface FollowUpOptions {
  /** ISO 639-1 of the documents, for what counts as a rare word. */
  language: string;
  background: Background;
}

/**
 * A question in a conversation as weighted query parts, without a language model: the question itself, then
 * earlier questions and the last answer, less the more the question says on its own. `history` is oldest first,
 * without the question. With an empty history the only part is the question, unchanged.
 *
 * nDCG@10 of later turns, last question alone → so weighed, on four sets (a human's rewriting where there is one):
 * .108 → .136 (.163), .221 → .239 (.240), .305 → .331, .467 → .549.
 */
export function expandFollowUp(
  question: string,
  history: readonly Turn[],
  options: FollowUpOptions,
): QueryPart[] {
  const own = { text: question, weight: 1 };
  const share = Math.min(1, selfContained / Math.max(1, information(question, options)));
  const questions = history
    .filter((turn) => turn.role === 'user')
    .slice(-questionsThatCount)
    .toReversed();
  const earlier = questions.map(({ text }, at) => ({ text, weight: share * questionWeight * decay ** at }));
  const last = history.at(-1);
  if (last?.role !== 'assistant') return [own, ...earlier];
  return [own, ...earlier, { text: last.text.slice(0, maxAnswerLength), weight: share * answerWeight }];
}

/** Weight of the question before; each older one has half of the next. Further back nothing is left. */
const questionWeight = 0.3;
const decay = 0.5;
export const questionsThatCount = 6;

/** An answer is long: each of its words counts little. */
const answerWeight = 0.05;
const maxAnswerLength = 4000;

/** Nats: a question with two or three rare words stands alone more and more above this. */
const selfContained = 12;

/** Sum of -ln(share) over the question's different words: how much it says. */
function information(question: string, { language, background }: FollowUpOptions): number {
  const table = background.table(language);
  const terms = new Set(createAnalyzer(language)(question));
  let sum = 0;
  for (const term of terms) sum -= Math.log(table?.share(hashTerm(term)) ?? unknownShare);
  return sum;
}

const unknownShare = 0.01;
