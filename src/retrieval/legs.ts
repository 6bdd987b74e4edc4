import { KeywordSearch } from '../indexing/bm25.ts';
import { expandFollowUp, type Turn } from '../indexing/followup.ts';
import type { Segment } from '../indexing/segment.ts';
import { vectorBytes } from '../indexing/vector-arena.ts';
import type { RetrievalDeps } from './deps.ts';
import type { Hit } from './result.ts';
import type { Loaded } from './segment-cache.ts';
import { type SearchableDocument, type SearchScope, searchVectors } from './store.ts';

/** Each leg's list: deep enough that fusion sees what the other leg ranks low. */
const legDepth = 100;
/** A conversation whose vectors would take more of the cache than this is searched in the database. */
const largestShare = 0.25;

/** BM25 over the conversation's segments, one list for each query; a follow-up borrows words from its history. */
export async function keywordLeg(
  scope: SearchScope,
  documents: readonly SearchableDocument[],
  queries: readonly string[],
  history: readonly Turn[],
  deps: RetrievalDeps,
  signal: AbortSignal,
): Promise<Hit[][]> {
  const { background } = deps;
  const language = documents[0]?.language ?? 'und';
  const expand = (query: string) => expandFollowUp(query, history, { language, background });
  const searches = queries.map(
    (query) => new KeywordSearch(history.length === 0 ? query : expand(query), { k: legDepth, background }),
  );
  const scored: string[] = [];
  const count = (group: readonly Loaded<Segment>[]): void => {
    for (const { segment } of group) for (const search of searches) search.count(segment);
  };
  const score = (group: readonly Loaded<Segment>[]): void => {
    for (const { document, segment } of group) {
      const place = scored.push(document.id) - 1;
      for (const search of searches) search.score(place, segment);
    }
  };
  await deps.segments.keyword(scope, documents, [count, score], signal);
  return searches.map((search) =>
    search.hits().map((hit) => ({
      documentId: scored[hit.segment] ?? '',
      ordinal: hit.ordinal,
      score: hit.score,
    })),
  );
}

/** Of a scan's list, at least this many are rescored with their residuals, and twice what is wanted. */
const exactAtLeast = 40;

/**
 * Cosine over the conversation's vectors, one list for each query: in this process from the segments, or in the
 * database when they do not fit or cannot be read.
 */
export async function vectorLeg(
  scope: SearchScope,
  documents: readonly SearchableDocument[],
  queries: readonly Float32Array[],
  model: string,
  wanted: number,
  deps: RetrievalDeps,
  signal?: AbortSignal,
): Promise<Hit[][]> {
  const inDatabase = (some: readonly SearchableDocument[]): Promise<Hit[][]> => {
    const ids = some.map((document) => document.id);
    return Promise.all(queries.map((query) => searchVectors(deps.db, scope, query, model, ids, legDepth)));
  };
  const dimension = queries[0]?.length ?? 0;
  const bytes = documents.reduce((sum, { chunkCount }) => sum + vectorBytes(chunkCount, dimension), 0);
  if (bytes > deps.segments.maxBytes * largestShare) return inDatabase(documents);
  const exact = Math.max(exactAtLeast, 2 * wanted);
  const { lists, missing } = await deps.segments.vectors(
    scope,
    documents,
    model,
    dimension,
    (arena, loaded) => {
      const vectors = loaded.map((one) => one.segment);
      const held = new Set(loaded.map((one) => one.document.id));
      return {
        lists: queries.map((query) =>
          arena.scan(vectors, query, legDepth, exact).map((hit) => ({
            documentId: loaded[hit.segment]?.document.id ?? '',
            ordinal: hit.ordinal,
            score: hit.score,
          })),
        ),
        missing:
          held.size === documents.length
            ? []
            : documents.filter(({ id, chunkCount }) => chunkCount > 0 && !held.has(id)),
      };
    },
    signal,
  );
  if (missing.length === 0) return lists;
  const more = await inDatabase(missing);
  return lists.map((hits, at) =>
    [...hits, ...(more[at] ?? [])].toSorted((a, b) => b.score - a.score).slice(0, legDepth),
  );
}
