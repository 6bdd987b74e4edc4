import { searchKeyword } from '../indexing/bm25.ts';
import { scanVectors } from '../indexing/vectors.ts';
import type { RetrievalDeps } from './deps.ts';
import { type SearchableDocument, type SearchScope, searchVectors } from './store.ts';

export interface Hit {
  documentId: string;
  ordinal: number;
  score: number;
}

/** Each leg's list: deep enough that fusion sees what the other leg ranks low. */
export const legDepth = 100;
/** A conversation whose vectors would take more of the cache than this is searched in the database. */
const largestShare = 0.5;

/** BM25 over the conversation's segments, one list for each query. */
export async function keywordLeg(
  scope: SearchScope,
  documents: readonly SearchableDocument[],
  queries: readonly string[],
  deps: RetrievalDeps,
): Promise<Hit[][]> {
  const loaded = await deps.segments.keyword(scope, documents);
  const segments = loaded.map((one) => one.segment);
  return queries.map((query) =>
    searchKeyword(segments, query, { k: legDepth, background: deps.background }).map((hit) => ({
      documentId: loaded[hit.segment]?.document.id ?? '',
      ordinal: hit.ordinal,
      score: hit.score,
    })),
  );
}

export interface VectorLeg {
  lists: Hit[][];
  /** False: scores are of quantised vectors and the first ones want an exact second look. */
  isExact: boolean;
}

/** Cosine over the conversation's vectors: quantised in this process, or exact in the database when they do not fit. */
export async function vectorLeg(
  scope: SearchScope,
  documents: readonly SearchableDocument[],
  queries: readonly Float32Array[],
  model: string,
  deps: RetrievalDeps,
): Promise<VectorLeg> {
  const dimension = queries[0]?.length ?? 0;
  const bytes = documents.reduce((sum, document) => sum + document.chunkCount * (dimension + 4), 0);
  if (bytes > deps.segments.maxBytes * largestShare) {
    const ids = documents.map((document) => document.id);
    const lists = await Promise.all(queries.map((query) => searchVectors(deps.db, scope, query, model, ids, legDepth)));
    return { lists, isExact: true };
  }
  const loaded = await deps.segments.vectors(scope, documents, model);
  const segments = loaded.map((one) => one.segment);
  const lists = queries.map((query) =>
    scanVectors(segments, query, legDepth).map((hit) => ({
      documentId: loaded[hit.segment]?.document.id ?? '',
      ordinal: hit.ordinal,
      score: hit.score,
    })),
  );
  return { lists, isExact: false };
}
