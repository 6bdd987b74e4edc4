import type { Background, BackgroundTable } from './background.ts';
import { BestHits, type Hit } from './best-hits.ts';
import { type AnalyzedQuery, analyzeQuery, type QueryPair, type QueryPart } from './query-terms.ts';
import { type ScoredQuery, SegmentScorer } from './score-segment.ts';
import type { Segment } from './segment.ts';

export type { Hit } from './best-hits.ts';

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
  const { k, background, ...weights } = { ...defaults, ...options };
  const chunkCount = segments.reduce((sum, segment) => sum + segment.chunkCount, 0);
  if (chunkCount === 0 || k <= 0) return [];

  const queries = analyzeFor(segments, parts);
  const matches = segments.map((segment) => match(segment, queries.get(segment.language)!));
  if (queries.size > 1) shareFrequencies(queries);
  for (const [language, asked] of queries) weigh(asked, chunkCount, background?.table(language));

  const averageLength = segments.reduce((sum, segment) => sum + segment.totalLength, 0) / chunkCount || 1;
  const scorer = new SegmentScorer(
    { averageLength, ...weights },
    segments.reduce((most, segment) => Math.max(most, segment.chunkCount), 0),
    Math.max(...Array.from(queries.values(), (asked) => asked.terms.length)),
    matches.reduce((most, { postings }) => Math.max(most, postings), 0),
  );
  const best = new BestHits(k, 0);
  segments.forEach((segment, at) => {
    const { found, postings } = matches[at]!;
    if (postings === 0) return;
    scorer.score(segment, queries.get(segment.language)!, found);
    best.offer(at, scorer.scores, segment.chunkCount);
  });
  return best.sorted();
}

/** The query in one language, and what the conversation knows of its terms. */
interface LanguageQuery extends AnalyzedQuery, ScoredQuery {
  pairs: QueryPair[];
  /** In how many chunks of the conversation each term occurs. */
  frequencies: Float64Array;
}

/** The query in each language of the segments. */
function analyzeFor(segments: readonly Segment[], parts: readonly QueryPart[]): Map<string, LanguageQuery> {
  const languages = new Set(segments.map((segment) => segment.language));
  return new Map(
    Array.from(languages, (language) => {
      const analyzed = analyzeQuery(parts, language);
      const numbers = () => new Float64Array(analyzed.terms.length);
      return [language, { ...analyzed, frequencies: numbers(), idf: numbers(), weights: numbers() }];
    }),
  );
}

interface Match {
  /** Index of each query term in the segment, or -1. */
  found: Int32Array;
  /** Sum of the lengths of their posting lists. */
  postings: number;
}

/** Finds the query's terms in a segment and adds to their frequencies. */
function match(segment: Segment, { terms, frequencies }: LanguageQuery): Match {
  const found = new Int32Array(terms.length);
  let postings = 0;
  for (let term = 0; term < terms.length; term++) {
    const index = segment.find(terms[term]!);
    found[term] = index;
    if (index < 0) continue;
    const frequency = segment.documentFrequency(index);
    frequencies[term]! += frequency;
    postings += frequency;
  }
  return { found, postings };
}

/** A name is the same term in documents of every language. */
function shareFrequencies(queries: ReadonlyMap<string, LanguageQuery>): void {
  const sums = new Map<number, number>();
  for (const { terms, frequencies } of queries.values()) {
    terms.forEach(({ key }, term) => sums.set(key, (sums.get(key) ?? 0) + frequencies[term]!));
  }
  for (const { terms, frequencies } of queries.values()) {
    terms.forEach(({ key }, term) => (frequencies[term] = sums.get(key)!));
  }
}

/** Lucene's idf, ln(1 + (N - n + 0.5) / (n + 0.5)), with the prior's pseudo-counts added to both. */
function weigh(query: LanguageQuery, chunkCount: number, table: BackgroundTable | undefined): void {
  const priorStrength = table?.priorStrength ?? 0;
  const total = chunkCount + priorStrength;
  query.terms.forEach((term, at) => {
    const frequency = query.frequencies[at]! + priorStrength * (table?.share(term) ?? 0);
    query.idf[at] = Math.log(1 + (total - frequency + 0.5) / (frequency + 0.5));
    query.weights[at] = query.idf[at] * term.weight;
  });
}
