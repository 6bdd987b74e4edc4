import type { Database } from '../db/database.ts';
import type { EmbeddingModel } from '../models/model.ts';
import type { SizedLru } from './lru.ts';
import type { Retrieval } from './retrieve.ts';
import type { SegmentCache } from './segment-cache.ts';

export interface RetrievalDeps {
  db: Database;
  embedding: EmbeddingModel | null;
  segments: SegmentCache;
  /** Whole retrievals, keyed by user, conversation, document version, queries and settings. */
  cache: SizedLru<Retrieval>;
}
