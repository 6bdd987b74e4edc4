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

/** BM25 over segments that are all at hand. Equal scores keep the order of segments and ordinals. */
export function searchKeyword(
  segments: readonly Segment[],
  query: string | readonly QueryPart[],
  options: KeywordOptions,
): Hit[] {
  const search = new KeywordSearch(query, options);
  for (const segment of segments) search.count(segment);
  segments.forEach((segment, at) => search.score(at, segment));
  return search.hits();
}

/**
 * BM25 (Robertson and Zaragoza 2009, idf as in Lucene) with neighbouring pairs of query words (Metzler and Croft
 * 2005) over the segments of one conversation. Frequencies come from these segments alone, smoothed by a
 * background table that belongs to nobody. First every segment is counted, then every segment is scored: they need
 * not be in memory together.
 */
export class KeywordSearch {
  readonly #parts: readonly QueryPart[];
  readonly #options: KeywordOptions;
  readonly #best: BestHits;
  /** The query in each language of the segments. */
  readonly #queries = new Map<string, LanguageQuery>();
  /** Not for longer than the segments are in memory. */
  readonly #matches = new WeakMap<Segment, Match>();
  #chunkCount = 0;
  #totalLength = 0;
  #capacity = { chunks: 0, terms: 0, postings: 0 };
  #scorer: SegmentScorer | null = null;
  #isWeighed = false;

  constructor(query: string | readonly QueryPart[], options: KeywordOptions) {
    this.#parts = typeof query === 'string' ? [{ text: query, weight: 1 }] : query;
    this.#options = options;
    this.#best = new BestHits(options.k, 0);
  }

  count(segment: Segment): void {
    let query = this.#queries.get(segment.language);
    if (query === undefined)
      this.#queries.set(segment.language, (query = toLanguage(this.#parts, segment.language)));
    const found = match(segment, query);
    this.#matches.set(segment, found);
    found.frequencies.forEach((frequency, term) => (query.frequencies[term]! += frequency));
    this.#chunkCount += segment.chunkCount;
    this.#totalLength += segment.totalLength;
    this.#makeRoom(segment, query, found);
  }

  /** `place` is the segment's in the list of all, and in the hits. They are scored in this order. */
  score(place: number, segment: Segment): void {
    const query = this.#queries.get(segment.language);
    // Only a segment that was written anew since it was counted has another language.
    if (query === undefined || this.#options.k <= 0) return;
    const found = this.#matches.get(segment) ?? match(segment, query);
    if (found.postings === 0) return;
    this.#makeRoom(segment, query, found);
    this.#scorer ??= this.#startScoring();
    this.#scorer.score(segment, query, found.indexes);
    this.#best.offer(place, this.#scorer.scores, segment.chunkCount);
  }

  /** Best first. */
  hits(): Hit[] {
    return this.#best.sorted();
  }

  #makeRoom(segment: Segment, query: LanguageQuery, found: Match): void {
    const { chunks, terms, postings } = this.#capacity;
    if (segment.chunkCount <= chunks && query.terms.length <= terms && found.postings <= postings) return;
    this.#capacity = {
      chunks: Math.max(chunks, segment.chunkCount),
      terms: Math.max(terms, query.terms.length),
      postings: Math.max(postings, found.postings),
    };
    this.#scorer = null;
  }

  #startScoring(): SegmentScorer {
    const { background, k: _, ...weights } = { ...defaults, ...this.#options };
    if (!this.#isWeighed) {
      if (this.#queries.size > 1) shareFrequencies(this.#queries);
      for (const [language, asked] of this.#queries)
        weigh(asked, this.#chunkCount, background?.table(language));
      this.#isWeighed = true;
    }
    const averageLength = this.#totalLength / this.#chunkCount || 1;
    const { chunks, terms, postings } = this.#capacity;
    return new SegmentScorer({ averageLength, ...weights }, chunks, terms, postings);
  }
}

/** The query in one language, and what the conversation knows of its terms. */
interface LanguageQuery extends AnalyzedQuery, ScoredQuery {
  pairs: QueryPair[];
  /** In how many chunks of the conversation each term occurs. */
  frequencies: Float64Array;
}

function toLanguage(parts: readonly QueryPart[], language: string): LanguageQuery {
  const analyzed = analyzeQuery(parts, language);
  const numbers = () => new Float64Array(analyzed.terms.length);
  return { ...analyzed, frequencies: numbers(), idf: numbers(), weights: numbers() };
}

interface Match {
  /** Index of each query term in the segment, or -1. */
  indexes: Int32Array;
  /** Number of chunks that hold each query term. */
  frequencies: Uint32Array;
  /** Sum of these: the length of the posting lists. */
  postings: number;
}

/** Finds the query's terms in a segment. */
function match(segment: Segment, { terms }: LanguageQuery): Match {
  const indexes = new Int32Array(terms.length);
  const frequencies = new Uint32Array(terms.length);
  let postings = 0;
  for (let term = 0; term < terms.length; term++) {
    const index = segment.find(terms[term]!);
    indexes[term] = index;
    if (index < 0) continue;
    const frequency = segment.documentFrequency(index);
    frequencies[term] = frequency;
    postings += frequency;
  }
  return { indexes, frequencies, postings };
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
