import { KeywordSearch } from '../indexing/bm25.ts';
import { expandFollowUp, type Turn } from '../indexing/followup.ts';
import type { Segment } from '../indexing/segment.ts';
import type { RetrievalDeps } from './deps.ts';
import { rescore } from './rescore.ts';
import type { Hit } from './result.ts';
import type { Loaded } from './hold-segments.ts';
import { type SearchableDocument, type SearchScope, searchVectors } from './store.ts';

/** Each leg's list: deep enough that fusion sees what the other leg ranks low. */
const legDepth = 100;

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
 * database where one cannot be read and its vectors are still there.
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
  const exact = Math.max(exactAtLeast, 2 * wanted);
  const question = { queries, depth: legDepth, exact };
  const groups = await deps.segments.vectors(scope, documents, model, question, signal);
  const held = new Set(groups.flatMap(({ ids }) => ids));
  const missing = documents
    .filter(({ id, chunkCount }) => chunkCount > 0 && !held.has(id))
    .map(({ id }) => id);
  const inDatabase = (query: Float32Array): Promise<Hit[]> =>
    missing.length === 0
      ? Promise.resolve([])
      : searchVectors(deps.db, scope, query, model, missing, legDepth);
  const others = await Promise.all(queries.map(inDatabase));
  const lists = queries.map((_, at) => best([...groups.map((one) => one.lists[at] ?? []), others[at] ?? []]));
  return groups.every(({ isExact }) => isExact)
    ? lists
    : rescore(deps.db, scope, documents, lists, queries, model, exact);
}

/** One list as it is; several by score, equal ones in their order. */
function best(lists: readonly Hit[][]): Hit[] {
  const filled = lists.filter((hits) => hits.length > 0);
  if (filled.length < 2) return filled[0] ?? [];
  return filled
    .flat()
    .toSorted((a, b) => b.score - a.score)
    .slice(0, legDepth);
}
