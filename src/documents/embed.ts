import type { ConversationScope } from '../conversations/scope.ts';
import type { Database } from '../db/database.ts';
import type { EmbeddingModel } from '../models/model.ts';
import type { Chunk } from './chunk.ts';
import { embedOnce } from './embedding-cache.ts';
import { storeBatch, type VectorRow } from './embedding-cache-store.ts';

/** Chunks of one step: small enough for progress to move and for little to be lost, large enough for a provider's batches. */
const stepSize = 128;

export interface EmbedDeps {
  db: Database;
  embedding: EmbeddingModel;
  /** Names this process in the document's lease. */
  owner: string;
}

export interface EmbeddedChunks {
  /** Unit vectors of all chunks, in order. */
  embeddings: Float32Array[];
  /** Those of the last step, which are stored when the document is completed; the steps before it are stored already. */
  rows: VectorRow[];
}

/** Embeds step by step; a worker that takes over goes on after the last stored step. Null when the lease was lost. */
export async function embedChunks(
  scope: ConversationScope,
  documentId: string,
  chunks: readonly Chunk[],
  deps: EmbedDeps,
  signal: AbortSignal,
  onProgress: (done: number) => void,
): Promise<EmbeddedChunks | null> {
  const embeddings: Float32Array[] = [];
  let rows: VectorRow[] = [];
  for (let at = 0; at < chunks.length; at += stepSize) {
    if (rows.length > 0) {
      const mine = await storeBatch(deps.db, scope, documentId, deps.owner, deps.embedding.id, rows);
      if (!mine) return null;
    }
    const texts = chunks.slice(at, at + stepSize).map(textToEmbed);
    const embedded = await embedOnce(scope.user, texts, deps, signal);
    rows = embedded.map((one, index) => ({ ...one, ordinal: at + index }));
    embeddings.push(...rows.map((row) => row.embedding));
    onProgress(embeddings.length);
  }
  return { embeddings, rows };
}

/** What a chunk means stands partly above it: its headings, and a table's header row. */
export function textToEmbed(
  chunk: Pick<Chunk, 'heading' | 'text'> & { prefix?: string | null | undefined },
): string {
  return [chunk.heading.join(' > '), chunk.prefix ?? '', chunk.text].filter((part) => part !== '').join('\n');
}
