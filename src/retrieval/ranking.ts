import type { Ranking } from '@alcove/contract';
import type { LegList, Ordered } from './order.ts';
import type { Hit, RetrievedChunk } from './result.ts';

/** How much of each list a trace keeps. */
export const tracedDepth = 50;

/** What a trace says of a search: `order` is the fused list, of which `found` were there and `ranked` passed the reranker. */
export function rankingOf(
  queries: readonly string[],
  lists: readonly LegList[],
  order: readonly Ordered[],
  wanted: number,
  { found, ranked, results }: Record<'found' | 'ranked' | 'results', readonly RetrievedChunk[]>,
): Ranking {
  const [there, passed, given] = [found, ranked, results].map((chunks) => new Set(chunks.map(keyOfHit)));
  return {
    queries: [...queries],
    lists: lists.map(({ leg, hits }) => ({
      leg,
      hits: hits.slice(0, tracedDepth).map((hit, at) => ({ ...nameOf(hit), rank: at + 1, score: hit.score })),
    })),
    fused: order.slice(0, tracedDepth).map((hit, at) => ({
      ...nameOf(hit),
      rank: at + 1,
      score: hit.score,
      vector: hit.vector,
      keyword: hit.keyword,
      dropped: reasonOf(hit, at),
    })),
  };

  function reasonOf(hit: Hit, at: number): Ranking['fused'][number]['dropped'] {
    if (at >= wanted) return 'top_k';
    const key = keyOfHit(hit);
    if (given?.has(key)) return null;
    if (!there?.has(key)) return 'gone';
    return passed?.has(key) ? 'top_k' : 'rerank_threshold';
  }
}

function nameOf({ documentId, ordinal }: Hit): { document_id: string; ordinal: number } {
  return { document_id: documentId, ordinal };
}

function keyOfHit({ documentId, ordinal }: Pick<Hit, 'documentId' | 'ordinal'>): string {
  return `${documentId}/${ordinal}`;
}
