/** Weights of the two ranked lists in fusion. */
export interface FusionWeights {
  keyword: number;
  vector: number;
}

/** Weights for an embedding model, by its id. Equal weights lose to a good vector list. */
export function weightsFor(embeddingModel: string | null): FusionWeights {
  return byModel.find(({ pattern }) => pattern.test(embeddingModel ?? ''))?.weights ?? measured;
}

/**
 * nDCG@10 of the vector list alone → fused, on four sets of multi-turn questions with bge-base-en-v1.5, 100 of each list:
 * .291 → .294, .341 → .348, .307 → .324, .342 → .347 (docs/evaluation.md).
 */
const measured: FusionWeights = { keyword: 0.1, vector: 1 };

/** A stronger retriever (ELSER, .39 to .44 on the same sets) loses up to .010 at 0.1 and nothing at 0.05. */
const strong: FusionWeights = { keyword: 0.05, vector: 1 };

const byModel: readonly { pattern: RegExp; weights: FusionWeights }[] = [
  { pattern: /text-embedding-3-large|voyage|gemini-embedding|qwen3-embedding/i, weights: strong },
];
