import type { Database } from '../db/database.ts';
import type { UserScope } from '../identity/user-scope.ts';
import type { EmbeddingModel } from '../models/model.ts';
import { type PassageToEmbed, textToEmbed } from './embedded-text.ts';
import { embedOnce } from './embedding-cache.ts';

/** Passages of one step: small enough for progress to move and little to be lost, large enough for a provider's batches. */
export const embeddingStep = 128;

/** Unit vectors of passages that are not stored yet, in their order. */
export async function embedPassages(
  user: UserScope,
  passages: readonly PassageToEmbed[],
  deps: { db: Database; embedding: EmbeddingModel },
  signal: AbortSignal,
): Promise<Float32Array[]> {
  const vectors: Float32Array[] = [];
  for (let at = 0; at < passages.length; at += embeddingStep) {
    const texts = passages.slice(at, at + embeddingStep).map(textToEmbed);
    const embedded = await embedOnce(user, texts, deps, signal);
    vectors.push(...embedded.map(({ embedding }) => embedding));
  }
  return vectors;
}
