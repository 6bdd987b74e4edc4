import { searchKeyword } from '../indexing/bm25.ts';
import { expandFollowUp, type Turn } from '../indexing/followup.ts';
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
const largestShare = 0.25;

/** BM25 over the conversation's segments, one list for each query; a follow-up borrows words from its history. */
export async function keywordLeg(
  scope: SearchScope,
  documents: readonly SearchableDocument[],
  queries: readonly string[],
  history: readonly Turn[],
  deps: RetrievalDeps,
): Promise<Hit[][]> {
  const loaded = await deps.segments.keyword(scope, documents);
  const segments = loaded.map((one) => one.segment);
  const language = documents[0]?.language ?? 'und';
  const expand = (query: string) => expandFollowUp(query, history, { language, background: deps.background });
  return queries.map((query) =>
    searchKeyword(segments, history.length === 0 ? query : expand(query), {
      k: legDepth,
      background: deps.background,
    }).map((hit) => ({
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
    const lists = await Promise.all(
      queries.map((query) => searchVectors(deps.db, scope, query, model, ids, legDepth)),
    );
    return { lists, isExact: true };
  }
  const lists = await deps.segments.vectors(scope, documents, model, (arena, loaded) => {
    const vectors = loaded.map((one) => one.segment);
    return queries.map((query) =>
      arena.scan(vectors, query, legDepth).map((hit) => ({
        documentId: loaded[hit.segment]?.document.id ?? '',
        ordinal: hit.ordinal,
        score: hit.score,
      })),
    );
  });
  return { lists, isExact: false };
}
