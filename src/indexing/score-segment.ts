import { countAdjacent, PositionReader } from './positions.ts';
import type { QueryPair } from './query-terms.ts';
import { type PostingBuffers, type PostingList, type Segment, unitsPerTerm } from './segment.ts';

/** A query in the language of a segment. */
export interface ScoredQuery {
  pairs: readonly QueryPair[];
  /** idf of each term. */
  idf: Float64Array;
  /** idf of each term times its weight in the query. */
  weights: Float64Array;
}

export interface ScoreSettings {
  /** Of all chunks of the conversation, in units. */
  averageLength: number;
  k1: number;
  b: number;
  phrase: number;
}

/** A pair of which a word is nearly everywhere says nothing, and its lists are the longest. */
const minPairIdf = 0.7;

/** Scores segments one after the other in memory that they share. */
export class SegmentScorer {
  /** Score of each chunk of the segment that was scored last. */
  readonly scores: Float64Array;
  readonly #settings: ScoreSettings;
  readonly #buffers: PostingBuffers;
  readonly #lists: PostingList[];
  readonly #left = new PositionReader();
  readonly #right = new PositionReader();

  /** `maxPostings` is the sum of the longest posting lists of one segment. */
  constructor(settings: ScoreSettings, maxChunks: number, maxTerms: number, maxPostings: number) {
    this.#settings = settings;
    this.scores = new Float64Array(maxChunks);
    this.#buffers = { ordinals: new Uint32Array(maxPostings), weights: new Uint32Array(maxPostings) };
    this.#lists = Array.from({ length: maxTerms }, () => ({ start: 0, count: 0, positionsAt: 0 }));
  }

  /** Fills `scores`. `found` has the index of each query term in the segment, or -1. */
  score(segment: Segment, query: ScoredQuery, found: Int32Array): void {
    this.scores.fill(0, 0, segment.chunkCount);
    let start = 0;
    for (let term = 0; term < found.length; term++) {
      const list = this.#lists[term]!;
      list.start = start;
      list.count = 0;
      if (found[term]! < 0) continue;
      segment.readPostings(found[term]!, list, this.#buffers);
      this.#addTerm(segment, list, query.weights[term]!);
      start += list.count;
    }
    if (this.#settings.phrase > 0) for (const pair of query.pairs) this.#addPair(segment, pair, query.idf);
  }

  #addTerm({ lengths }: Segment, { start, count }: PostingList, weight: number): void {
    const { averageLength, k1, b } = this.#settings;
    const { ordinals, weights } = this.#buffers;
    const { scores } = this;
    const top = weight * (k1 + 1);
    const fixed = k1 * (1 - b) * unitsPerTerm;
    const perUnit = (k1 * b * unitsPerTerm) / averageLength;
    for (let entry = start; entry < start + count; entry++) {
      const ordinal = ordinals[entry]!;
      const units = weights[entry]!;
      scores[ordinal]! += (top * units) / (units + fixed + perUnit * lengths[ordinal]!);
    }
  }

  #addPair({ lengths, postings }: Segment, pair: QueryPair, idf: Float64Array): void {
    const { averageLength, k1, b, phrase } = this.#settings;
    const { ordinals, weights } = this.#buffers;
    const first = this.#lists[pair.first]!;
    const second = this.#lists[pair.second]!;
    const rarer = Math.min(idf[pair.first]!, idf[pair.second]!);
    if (first.count === 0 || second.count === 0 || rarer < minPairIdf) return;
    const left = this.#left;
    const right = this.#right;
    left.open(postings, first.positionsAt);
    right.open(postings, second.positionsAt);
    const top = phrase * pair.weight * rarer * (k1 + 1);
    let other = 0;
    for (let entry = 0; entry < first.count; entry++) {
      const ordinal = ordinals[first.start + entry]!;
      while (other < second.count && ordinals[second.start + other]! < ordinal) other++;
      if (other === second.count) return;
      if (ordinals[second.start + other] !== ordinal) continue;
      left.read(entry);
      right.read(other);
      const together = countAdjacent(left, right);
      if (together === 0) continue;
      // Fields weigh differently: an occurrence counts what the first word's do on average.
      const units = (together * weights[first.start + entry]!) / left.count;
      const length =
        k1 * (1 - b) * unitsPerTerm + (k1 * b * unitsPerTerm * lengths[ordinal]!) / averageLength;
      this.scores[ordinal]! += (top * units) / (units + length);
    }
  }
}
