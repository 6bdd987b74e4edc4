import type { Database } from '../db/database.ts';
import type { UserScope } from '../identity/user-scope.ts';
import type { EmbeddingModel } from '../models/model.ts';
import type { Chunk } from './chunk.ts';
import { embedOnce } from './embedding-cache.ts';
import type { VectorRow } from './embedding-cache-store.ts';

/** Passages of one step: small enough for progress to move and little to be lost, large enough for a provider's batches. */
export const embeddingStep = 128;

/** Unit vectors of passages that are not stored yet, in their order. */
export async function embedPassages(
  user: UserScope,
  passages: readonly PassageToEmbed[],
  deps: { db: Database; embedding: EmbeddingModel },
  signal: AbortSignal,
): Promise<VectorRow[]> {
  const rows: VectorRow[] = [];
  for (let at = 0; at < passages.length; at += embeddingStep) {
    const texts = passages.slice(at, at + embeddingStep).map(textToEmbed);
    const embedded = await embedOnce(user, texts, deps, signal);
    rows.push(...embedded.map((one, index) => ({ ...one, ordinal: at + index })));
  }
  return rows;
}

type PassageToEmbed = Pick<Chunk, 'heading'> & { content: string; prefix: string | null };

/** What a passage means stands partly above it: its headings, and a table's header row. */
export function textToEmbed({ heading, prefix, content }: PassageToEmbed): string {
  return [heading.join(' > '), prefix ?? '', content].filter((part) => part !== '').join('\n');
}
