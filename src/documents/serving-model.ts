/** What retrieval knows of a ready document. */
export interface EmbeddedDocument {
  embeddingModel: string | null;
  chunkCount: number;
}

/**
 * The one model whose vectors serve these documents: the one that most of their passages have vectors of, at a tie the
 * configured one. While a conversation is embedded again that is the old model; documents without vectors of it are
 * found by their words. Null when there are no vectors.
 */
export function servingModel(
  documents: readonly EmbeddedDocument[],
  configured: string | null,
): string | null {
  const passages = new Map<string, number>();
  for (const { embeddingModel, chunkCount } of documents) {
    if (embeddingModel !== null)
      passages.set(embeddingModel, (passages.get(embeddingModel) ?? 0) + chunkCount);
  }
  let best: string | null = null;
  let most = -1;
  for (const [model, count] of passages) {
    if (
      count > most ||
      (count === most && (model === configured || (best !== configured && model < (best ?? ''))))
    ) {
      best = model;
      most = count;
    }
  }
  return best;
}
