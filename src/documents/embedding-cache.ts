import type { Database } from '../db/database.ts';
import type { UserScope } from '../identity/user-scope.ts';
import type { EmbeddingModel } from '../models/model.ts';
import { hashOf } from './embedded-text.ts';
import { findVectors } from './embedding-cache-store.ts';

export interface EmbeddedText {
  contentHash: Uint8Array;
  embedding: Float32Array;
}

/** Vectors of the texts, in order and of one length: what the same user has embedded before with the same model is not asked for again. */
export async function embedOnce(
  user: UserScope,
  texts: readonly string[],
  deps: { db: Database; embedding: EmbeddingModel },
  signal: AbortSignal,
): Promise<EmbeddedText[]> {
  const { db, embedding: model } = deps;
  const hashes = texts.map(hashOf);
  const keys = hashes.map((hash) => Buffer.from(hash).toString('hex'));
  const known = await findVectors(db, user, model.id, hashes);
  for (;;) {
    // The same name may have come to mean another model, whose vectors are of another length; of which, its first tell.
    const lengths = new Set([...known.values()].map((vector) => vector.length));
    for (const [key, vector] of known)
      if (model.dimensions === null ? lengths.size > 1 : vector.length !== model.dimensions)
        known.delete(key);
    const missing = new Map<string, string>();
    keys.forEach((key, at) => {
      if (!known.has(key)) missing.set(key, texts[at] ?? '');
    });
    if (missing.size === 0) break;
    const made = await model.embed([...missing.values()], 'document', signal);
    [...missing.keys()].forEach((key, at) => known.set(key, made[at] ?? new Float32Array()));
  }
  return keys.map((key, at) => ({
    contentHash: hashes[at] ?? Buffer.alloc(0),
    embedding: known.get(key) ?? new Float32Array(),
  }));
}
