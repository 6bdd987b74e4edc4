import type { Strategy } from '@alcove/contract';
import type { Database } from '../../src/db/database.ts';
import { readBackground } from '../../src/indexing/background.ts';
import type { RetrievalDeps } from '../../src/retrieval/deps.ts';
import { SizedLru } from '../../src/retrieval/lru.ts';
import type { Retrieval } from '../../src/retrieval/result.ts';
import { retrieve } from '../../src/retrieval/retrieve.ts';
import { createSegmentCache } from '../../src/retrieval/segment-cache.ts';
import type { SearchScope } from '../../src/retrieval/store.ts';
import type { MadeQuery } from '../synthetic/collection.ts';
import { benchModel } from './write-document.ts';

export type Retriever = (
  scope: SearchScope,
  query: MadeQuery,
  strategy: Strategy,
  topK: number,
) => Promise<Retrieval>;

/** Retrieval as the server does it, with vectors of the questions at hand and no memory of earlier answers. */
export function createRetriever(
  db: Database,
  dimensions: number,
  segmentCacheBytes = 512 * 2 ** 20,
): Retriever {
  const vectors = new Map<string, Float32Array>();
  const embedding = {
    id: benchModel,
    provider: 'bench',
    dimensions,
    embed: async (texts: string[]) => texts.map((text) => vectors.get(text) ?? new Float32Array(dimensions)),
  };
  const deps: RetrievalDeps = {
    db,
    embedding,
    segments: createSegmentCache(db, segmentCacheBytes),
    background: readBackground(),
    cache: new SizedLru(0),
    searchables: new SizedLru(16 * 2 ** 20),
    queryEmbeddings: new SizedLru(0),
  };
  const { signal } = new AbortController();
  return (scope, query, strategy, topK) => {
    vectors.set(query.text, query.vector);
    return retrieve(scope, { queries: [query.text], strategy, topK }, deps, signal);
  };
}
