import type { Ranking, Timings } from '@alcove/contract';
import type { ChunkContent, Searchable } from './store.ts';

/** One of the two lists that are searched and fused. */
export type Leg = 'vector' | 'keyword';

/** A chunk in one leg's list. */
export interface Hit {
  documentId: string;
  ordinal: number;
  score: number;
}

/** Where a leg has a chunk: the rank counts from 1. */
export interface Ranked {
  rank: number;
  score: number;
}

export interface RetrievedChunk extends ChunkContent {
  documentName: string;
  vector: Ranked | null;
  keyword: Ranked | null;
  /** What the list is ordered by: the fused score, or the only leg's own. */
  score: number;
}

export interface Retrieval {
  results: RetrievedChunk[];
  legs: Leg[];
  cacheHit: boolean;
  timings: Pick<Timings, 'embed' | 'vector' | 'keyword' | 'fuse' | 'rerank'>;
  notices: string[];
  /** For the trace; made when somebody asks, which few do. */
  ranking: () => Ranking;
  /** Ready documents that were searched. */
  searched: Searchable;
}
