import { createAnalyzer } from './analyze.ts';
import type { Background, BackgroundTable } from './background.ts';
import { createPostings, type Postings, type Segment, unitsPerTerm } from './segment.ts';
import { hashKey, hashTerm, type TermHash } from './term-hash.ts';

/** A part of a query with its weight: a follow-up's own words weigh 1, earlier ones less. */
export interface QueryPart {
  text: string;
  weight: number;
}

export interface KeywordOptions {
  /** Number of hits wanted. */
  k: number;
  /** Term frequency saturation. */
  k1?: number;
  /** Length normalisation. */
  b?: number;
  /** Prior of how common words are; without it only the given segments tell. */
  background?: Background;
}

export interface KeywordHit {
  /** Place of the segment in the given list. */
  segment: number;
  /** Ordinal of the chunk in its document. */
  ordinal: number;
  score: number;
}

/**
 * BM25 (Robertson and Zaragoza 2009, idf as in Lucene) over the segments of one conversation.
 * Frequencies come from these segments alone, smoothed by a background table that belongs to nobody.
 * Hits with equal scores keep the order of segments and ordinals. A query may be weighted parts.
 */
export function searchKeyword(
  segments: readonly Segment[],
  query: string | readonly QueryPart[],
  options: KeywordOptions,
): KeywordHit[] {
  const parts = typeof query === 'string' ? [{ text: query, weight: 1 }] : query;
  const chunkCount = segments.reduce((sum, segment) => sum + segment.chunkCount, 0);
  if (chunkCount === 0 || options.k <= 0) return [];
  const averageLength = segments.reduce((sum, segment) => sum + segment.totalLength, 0) / chunkCount || 1;
  const largest = segments.reduce((most, segment) => Math.max(most, segment.chunkCount), 0);
  const buffers = { scores: new Float64Array(largest), postings: createPostings(largest) };

  const { queries, frequencies } = matchTerms(segments, parts);
  const best = new BestHits(options.k);
  segments.forEach((segment, at) => {
    const terms = queries.get(segment.language)!;
    const table = options.background?.table(segment.language);
    const weighted = terms.flatMap((term) => {
      const found = segment.find(term);
      if (found < 0) return [];
      const idf = inverseFrequency(frequencies.get(hashKey(term))!, chunkCount, term, table);
      return [{ found, weight: term.weight * idf }];
    });
    if (weighted.length === 0) return;
    scoreSegment(segment, weighted, { averageLength, k1: options.k1 ?? defaultK1, b: options.b ?? defaultB }, buffers);
    best.offer(at, buffers.scores, segment.chunkCount);
  });
  return best.sorted();
}

/** Best over ten open collections, of a grid; short turns of talk alone want less of both. */
const defaultK1 = 1.6;
const defaultB = 0.65;

interface QueryTerm extends TermHash {
  weight: number;
}

/** The query's terms in each language of the segments, and in how many chunks each occurs. */
function matchTerms(segments: readonly Segment[], parts: readonly QueryPart[]) {
  const queries = new Map<string, QueryTerm[]>();
  const frequencies = new Map<number, number>();
  for (const segment of segments) {
    let terms = queries.get(segment.language);
    if (!terms) queries.set(segment.language, (terms = termsOf(parts, segment.language)));
    for (const term of terms) {
      const found = segment.find(term);
      if (found < 0) continue;
      const key = hashKey(term);
      frequencies.set(key, (frequencies.get(key) ?? 0) + segment.documentFrequency(found));
    }
  }
  return { queries, frequencies };
}

function termsOf(parts: readonly QueryPart[], language: string): QueryTerm[] {
  const weights = new Map<string, number>();
  const analyze = createAnalyzer(language);
  for (const part of parts) {
    for (const term of analyze(part.text)) weights.set(term, (weights.get(term) ?? 0) + part.weight);
  }
  return Array.from(weights, ([term, weight]) => ({ ...hashTerm(term), weight }));
}

/** Lucene's idf, ln(1 + (N - n + 0.5) / (n + 0.5)), with the background's chunks added to both counts. */
function inverseFrequency(frequency: number, chunkCount: number, term: TermHash, table: BackgroundTable | undefined): number {
  const evidence = table?.evidence ?? 0;
  const total = chunkCount + evidence;
  const holding = frequency + evidence * (table?.share(term) ?? 0);
  return Math.log(1 + (total - holding + 0.5) / (holding + 0.5));
}

interface Buffers {
  scores: Float64Array;
  postings: Postings;
}

function scoreSegment(
  segment: Segment,
  terms: readonly { found: number; weight: number }[],
  { averageLength, k1, b }: { averageLength: number; k1: number; b: number },
  { scores, postings }: Buffers,
): void {
  const { lengths } = segment;
  const fixed = k1 * (1 - b) * unitsPerTerm;
  const perUnit = (k1 * b * unitsPerTerm) / averageLength;
  scores.fill(0, 0, segment.chunkCount);
  for (const term of terms) {
    const count = segment.readPostings(term.found, postings);
    const top = term.weight * (k1 + 1);
    for (let entry = 0; entry < count; entry++) {
      const ordinal = postings.ordinals[entry]!;
      const frequency = postings.weights[entry]!;
      scores[ordinal]! += (top * frequency) / (frequency + fixed + perUnit * lengths[ordinal]!);
    }
  }
}

/** Keeps the k best hits; most chunks fall to one comparison with the worst of them. */
class BestHits {
  readonly #k: number;
  #hits: KeywordHit[] = [];
  #threshold = 0;

  constructor(k: number) {
    this.#k = k;
  }

  offer(segment: number, scores: Float64Array, count: number): void {
    for (let ordinal = 0; ordinal < count; ordinal++) {
      const score = scores[ordinal]!;
      if (score <= this.#threshold) continue;
      this.#hits.push({ segment, ordinal, score });
      if (this.#hits.length >= 4 * this.#k + 16) this.#cut();
    }
  }

  sorted(): KeywordHit[] {
    this.#cut();
    return this.#hits;
  }

  #cut(): void {
    this.#hits.sort((a, b) => b.score - a.score || a.segment - b.segment || a.ordinal - b.ordinal);
    if (this.#hits.length < this.#k) return;
    this.#hits.length = this.#k;
    this.#threshold = this.#hits[this.#k - 1]!.score;
  }
}
