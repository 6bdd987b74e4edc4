import { distrusted, type FusionWeights, strong, weightsFor } from '../indexing/weights.ts';
import type { Hit } from './result.ts';
import type { LegList } from './order.ts';

/** How far the vector lists of one conversation have agreed with its keyword lists. */
export interface Agreement {
  questions: number;
  /** Sum over the questions of how far the lists agree beyond chance, in standard deviations of chance. */
  deviations: number;
}

/** Bytes of one, for a cache that counts them. */
export const agreementBytes = 32;

/** Flattens the top of a list, so that one place that two lists share by chance is no proof. */
const flatten = 10;
/**
 * Standard deviations. Of lists drawn by lot 1 to 2 of a hundred questions reach it; with BGE and ELSER half of all first
 * questions do, and nearly all conversations after two (docs/evaluation.md).
 */
const leastAgreement = 2.5;
/** So much one question can show: one place that two short lists share among ten thousand passages is still luck. */
const mostOfQuestion = 4;

/**
 * Weights of fusion: measured ones for a model that is known; for another, trust in its list once the conversation's own
 * lists agree more than chance would have them. Until then the order of the words stands. `seen` is what they did before
 * this question; `chunks` is how many passages were searched.
 * @returns the weights, and what is to be kept for the next question
 */
export function weightsByAgreement(
  model: string | null,
  lists: readonly LegList[],
  chunks: number,
  seen: Agreement | undefined,
): { weights: FusionWeights; seen: Agreement | undefined } {
  const known = weightsFor(model);
  if (known !== null) return { weights: known, seen };
  const deviations = deviationsOf(lists, chunks);
  const next =
    deviations === null
      ? seen
      : { questions: (seen?.questions ?? 0) + 1, deviations: (seen?.deviations ?? 0) + deviations };
  // The sum of so many independent deviations has their number's root as its own.
  const agreement = next === undefined ? 0 : next.deviations / Math.sqrt(next.questions);
  return { weights: agreement >= leastAgreement ? strong : distrusted, seen: next };
}

/** Null: the lists cannot tell, because one of them is empty. Several queries of one question count as one. */
function deviationsOf(lists: readonly LegList[], chunks: number): number | null {
  const keyword = lists.filter(({ leg }) => leg === 'keyword');
  const vector = lists.filter(({ leg }) => leg === 'vector');
  const each = vector.flatMap(({ hits }, at) => beyondChance(keyword[at]?.hits ?? [], hits, chunks) ?? []);
  if (each.length === 0) return null;
  return Math.min(mostOfQuestion, each.reduce((sum, one) => sum + one, 0) / each.length);
}

/**
 * A linear rank statistic: the sum over the passages of the product of their scores in both lists, a score being
 * 1 / (rank + 10), and 0 outside of the list. Its mean and variance when one list is in an order drawn by lot are exact
 * (Hájek, Šidák and Sen 1999, 3.3), so that it means the same among ten passages and among ten thousand.
 */
function beyondChance(keyword: readonly Hit[], vector: readonly Hit[], chunks: number): number | null {
  const words = scoresOf(keyword);
  const meanings = scoresOf(vector);
  const count = Math.max(chunks, words.size, meanings.size);
  const spread = Math.sqrt((squaresOf(words, count) * squaresOf(meanings, count)) / (count - 1));
  // One passage, or none in a list: every order is the same.
  if (!(spread > 1e-9)) return null;
  let sum = 0;
  for (const [key, score] of words) sum += score * (meanings.get(key) ?? 0);
  return (sum - (totalOf(words) * totalOf(meanings)) / count) / spread;
}

function scoresOf(hits: readonly Hit[]): Map<string, number> {
  return new Map(
    hits.map(({ documentId, ordinal }, at) => [`${documentId}/${ordinal}`, 1 / (at + 1 + flatten)]),
  );
}

function totalOf(scores: ReadonlyMap<string, number>): number {
  return [...scores.values()].reduce((sum, score) => sum + score, 0);
}

/** Sum of the squared distances to the mean over all passages, of which those outside of the list have 0. */
function squaresOf(scores: ReadonlyMap<string, number>, count: number): number {
  const squares = [...scores.values()].reduce((sum, score) => sum + score * score, 0);
  return squares - totalOf(scores) ** 2 / count;
}
