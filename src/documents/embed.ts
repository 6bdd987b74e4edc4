import type { EmbeddingModel } from '../models/model.ts';
import type { Chunk } from './chunk.ts';

/** Chunks of one step: small enough for progress to move, large enough for a provider's batches. */
const stepSize = 128;

/** Unit vectors of the chunks, in order. */
export async function embedChunks(
  chunks: readonly Chunk[],
  model: EmbeddingModel,
  signal: AbortSignal,
  onProgress: (done: number) => void,
): Promise<Float32Array[]> {
  const embeddings: Float32Array[] = [];
  for (let at = 0; at < chunks.length; at += stepSize) {
    const texts = chunks.slice(at, at + stepSize).map(textToEmbed);
    embeddings.push(...(await model.embed(texts, 'document', signal)));
    onProgress(embeddings.length);
  }
  return embeddings;
}

/** What a chunk means stands partly above it: its headings, and a table's header row. */
export function textToEmbed(chunk: Pick<Chunk, 'heading' | 'text'> & { prefix?: string | undefined }): string {
  return [chunk.heading.join(' > '), chunk.prefix ?? '', chunk.text].filter((part) => part !== '').join('\n');
}
