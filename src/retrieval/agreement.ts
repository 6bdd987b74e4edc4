import { distrusted, type FusionWeights, trusted, weightsFor } from '../indexing/weights.ts';
import type { LegList } from './order.ts';

/** How far the vector lists of one conversation have agreed with its keyword lists. */
export interface Agreement {
  questions: number;
  /** Sum over the questions of the share of the best hits that both lists hold, beyond what chance gives: 0 is none. */
  shared: number;
}

/** Bytes of one, for a cache that counts them. */
export const agreementBytes = 32;

const best = 10;
/** Deeper than this, the lists of a small conversation hold the same by chance. */
const mostOfConversation = 0.1;
const deepest = 100;
/** In a smaller one nothing can be told. */
const leastChunks = 50;
/** Until then one question's lists tell alone. */
const enoughQuestions = 3;
/**
 * Of four sets of questions, noise as the vector list shares .004 to .012 on average, BGE and ELSER .31 to .58
 * (docs/evaluation.md).
 */
const leastShared = 0.07;

/**
 * Weights of fusion: measured ones for a model that is known; for another, trust in its list as far as the
 * conversation's own lists agree. `seen` is what they did before this question.
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
  const shared = sharedBy(lists, chunks);
  if (shared === null) return { weights: trusted, seen };
  const { questions, shared: before } = seen ?? { questions: 0, shared: 0 };
  const next = { questions: questions + 1, shared: before + shared };
  const isTrusted =
    next.questions < enoughQuestions ? shared > 0 : next.shared / next.questions >= leastShared;
  return { weights: isTrusted ? trusted : distrusted, seen: next };
}

/** Null: the lists cannot tell, because one is empty or the conversation is too small. */
function sharedBy(lists: readonly LegList[], chunks: number): number | null {
  const keyword = lists.filter(({ leg }) => leg === 'keyword');
  const vector = lists.filter(({ leg }) => leg === 'vector');
  if (chunks < leastChunks) return null;
  const depth = Math.min(deepest, Math.ceil(chunks * mostOfConversation));
  const shares = vector.flatMap(({ hits }, at) => {
    const other = keyword[at]?.hits.slice(0, depth) ?? [];
    if (other.length === 0 || hits.length === 0) return [];
    const top = hits.slice(0, best);
    const both = top.filter(({ documentId, ordinal }) =>
      other.some((hit) => hit.ordinal === ordinal && hit.documentId === documentId),
    ).length;
    const byChance = (top.length * other.length) / chunks;
    return [(both - byChance) / (top.length - byChance)];
  });
  return shares.length === 0 ? null : shares.reduce((sum, share) => sum + share, 0) / shares.length;
}
