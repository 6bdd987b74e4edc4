import type { Background, BackgroundTable } from './background.ts';
import { BestHits, type Hit } from './best-hits.ts';
import { type AnalyzedQuery, analyzeQuery, type QueryPart } from './query-terms.ts';
import { createScoreBuffers, scoreSegment, type WeightedTerm } from './score-segment.ts';
import type { Segment } from './segment.ts';

export type { Hit } from './best-hits.ts';
export type { QueryPart } from './query-terms.ts';

export interface KeywordOptions {
  /** Number of hits wanted. */
  k: number;
  /** Term frequency saturation. */
  k1?: number;
  /** Length normalisation. */
  b?: number;
  /** Weight of two neighbouring query words found as neighbours, beside the two words. */
  phrase?: number;
  /** Prior of how common words are; without it only the given segments tell. */
  background?: Background;
}

/** k1 and b as everywhere; the phrase weight is best from 0.3 to 0.8 on ten open collections. */
const defaults = { k1: 1.2, b: 0.75, phrase: 0.5 };

/**
 * BM25 (Robertson and Zaragoza 2009, idf as in Lucene) with neighbouring pairs of query words (Metzler and Croft
 * 2005) over the segments of one conversation. Frequencies come from these segments alone, smoothed by a
 * background table that belongs to nobody. Equal scores keep the order of segments and ordinals.
 */
export function searchKeyword(
  segments: readonly Segment[],
  query: string | readonly QueryPart[],
  options: KeywordOptions,
): Hit[] {
  const parts = typeof query === 'string' ? [{ text: query, weight: 1 }] : query;
  const { k1, b, phrase } = { ...defaults, ...options };
  const chunkCount = segments.reduce((sum, segment) => sum + segment.chunkCount, 0);
  if (chunkCount === 0 || options.k <= 0) return [];
  const averageLength = segments.reduce((sum, segment) => sum + segment.totalLength, 0) / chunkCount || 1;
  const buffers = createScoreBuffers(
    segments.reduce((most, segment) => Math.max(most, segment.chunkCount), 0),
  );

  const queries = analyzeFor(segments, parts);
  const frequencies = countFrequencies(segments, queries);
  const best = new BestHits(options.k, 0);
  segments.forEach((segment, at) => {
    const { terms, pairs } = queries.get(segment.language)!;
    const table = options.background?.table(segment.language);
    const weighted = terms.map((term): WeightedTerm => {
      const found = segment.find(term);
      if (found < 0) return { found, weight: 0, idf: 0 };
      const idf = inverseFrequency(frequencies.get(term.key)!, chunkCount, table, table?.share(term) ?? 0);
      return { found, weight: term.weight * idf, idf };
    });
    if (!weighted.some((term) => term.found >= 0)) return;
    scoreSegment(segment, weighted, pairs, { averageLength, k1, b, phrase }, buffers);
    best.offer(at, buffers.scores, segment.chunkCount);
  });
  return best.sorted();
}

/** The query in each language of the segments. */
function analyzeFor(segments: readonly Segment[], parts: readonly QueryPart[]): Map<string, AnalyzedQuery> {
  const languages = new Set(segments.map((segment) => segment.language));
  return new Map(Array.from(languages, (language) => [language, analyzeQuery(parts, language)]));
}

/** In how many chunks of the conversation each term occurs. */
function countFrequencies(
  segments: readonly Segment[],
  queries: Map<string, AnalyzedQuery>,
): Map<number, number> {
  const frequencies = new Map<number, number>();
  for (const segment of segments) {
    for (const term of queries.get(segment.language)!.terms) {
      const found = segment.find(term);
      if (found < 0) continue;
      frequencies.set(term.key, (frequencies.get(term.key) ?? 0) + segment.documentFrequency(found));
    }
  }
  return frequencies;
}

/** Lucene's idf, ln(1 + (N - n + 0.5) / (n + 0.5)), with the background's chunks added to both counts. */
function inverseFrequency(
  frequency: number,
  chunkCount: number,
  table: BackgroundTable | undefined,
  share: number,
): number {
  const evidence = table?.evidence ?? 0;
  const total = chunkCount + evidence;
  const holding = frequency + evidence * share;
  return Math.log(1 + (total - holding + 0.5) / (holding + 0.5));
}
