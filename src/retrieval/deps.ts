import type { Agreement } from './agreement.ts';
import type { Database } from '../db/database.ts';
import type { Background } from '../indexing/background.ts';
import type { EmbeddingModel } from '../models/model.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { SizedLru } from './lru.ts';
import type { RerankStage } from './rerank.ts';
import type { Retrieval } from './result.ts';
import type { SegmentCache } from './segment-cache.ts';
import type { Searchable } from './store.ts';

export interface RetrievalDeps {
  db: Database;
  embedding: EmbeddingModel | null;
  /** Absent: no reranking. */
  rerank?: RerankStage | undefined;
  segments: SegmentCache;
  /** How common words are in general: a prior that belongs to nobody. */
  background: Background;
  telemetry?: Telemetry | undefined;
  /** Whole retrievals, keyed by user, conversation, document version, queries and settings. */
  cache: SizedLru<Omit<Retrieval, 'searched'>>;
  /** What was searchable when last asked, keyed by user and conversation. */
  searchables: SizedLru<Searchable>;
  /** How far vectors of a model that nobody has measured agree with words, keyed by user, conversation and model. */
  agreements?: SizedLru<Agreement> | undefined;
  /** Vectors of questions, keyed by user, conversation and model. */
  queryEmbeddings: SizedLru<Float32Array>;
}
