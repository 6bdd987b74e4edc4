/** Weights of the two ranked lists in fusion. */
export interface FusionWeights {
  keyword: number;
  vector: number;
}

/** Default weights for an embedding model, by its id. Equal weights lose to a good vector list. */
export function weightsFor(embeddingModel: string | null): FusionWeights {
  return byModel.find(({ pattern }) => pattern.test(embeddingModel ?? ''))?.weights ?? { keyword: 0.3, vector: 1 };
}

const byModel: readonly { pattern: RegExp; weights: FusionWeights }[] = [];
