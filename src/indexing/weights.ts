/** Weights of the two ranked lists in fusion. */
export interface FusionWeights {
  keyword: number;
  vector: number;
}

/** Measured weights for an embedding model, by its id; null for one that nobody has measured. Equal weights lose to a good vector list. */
export function weightsFor(embeddingModel: string | null): FusionWeights | null {
  return byModel.find(({ pattern }) => pattern.test(embeddingModel ?? ''))?.weights ?? null;
}

/**
 * nDCG@10 of the vector list alone → fused, on four sets of multi-turn questions with bge-base-en-v1.5, 100 of each list:
 * .291 → .294, .341 → .348, .307 → .324, .342 → .347 (docs/evaluation.md).
 */
export const trusted: FusionWeights = { keyword: 0.1, vector: 1 };

/**
 * So little that no two of the keyword list's first ten change places (1/70 - 1/71 is more than 0.01/61): the vector list
 * follows where the words find nothing more. At 0.5, noise among few passages cost up to .5 nDCG@10.
 */
export const distrusted: FusionWeights = { keyword: 1, vector: 0.01 };

/** A stronger retriever (ELSER, .39 to .44 on the same sets) loses up to .010 at 0.1 and nothing at 0.05. */
export const strong: FusionWeights = { keyword: 0.05, vector: 1 };

const byModel: readonly { pattern: RegExp; weights: FusionWeights }[] = [
  { pattern: /text-embedding-3-large|voyage|gemini-embedding|qwen3-embedding/i, weights: strong },
  {
    pattern: /\bbge-|text-embedding-|nomic-embed|multilingual-e5|mxbai-embed|arctic-embed/i,
    weights: trusted,
  },
];
