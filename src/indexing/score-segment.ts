import type { QueryPair } from './query-terms.ts';
import { createPostings, type Positions, type Postings, type Segment, unitsPerTerm } from './segment.ts';

/** A query term as one segment knows it. */
export interface WeightedTerm {
  /** Index in the segment, or -1. */
  found: number;
  /** idf times its weight in the query. */
  weight: number;
  idf: number;
}

export interface ScoreSettings {
  /** Of all chunks of the conversation, in units. */
  averageLength: number;
  k1: number;
  b: number;
  phrase: number;
}

/** Memory that one search uses for all its segments. */
export interface ScoreBuffers {
  /** Score of each chunk of the segment that was scored last. */
  scores: Float64Array;
  first: Postings;
  second: Postings;
}

export function createScoreBuffers(chunkCount: number): ScoreBuffers {
  return {
    scores: new Float64Array(chunkCount),
    first: createPostings(chunkCount),
    second: createPostings(chunkCount),
  };
}

/** Fills `buffers.scores` with the BM25 score of each chunk of the segment. */
export function scoreSegment(
  segment: Segment,
  terms: readonly WeightedTerm[],
  pairs: readonly QueryPair[],
  settings: ScoreSettings,
  buffers: ScoreBuffers,
): void {
  const { scores, first } = buffers;
  const saturate = createSaturation(segment, settings);
  scores.fill(0, 0, segment.chunkCount);
  for (const term of terms) {
    if (term.found < 0) continue;
    segment.readPostings(term.found, first);
    for (let entry = 0; entry < first.count; entry++) {
      const ordinal = first.ordinals[entry]!;
      scores[ordinal]! += term.weight * saturate(first.weights[entry]!, ordinal);
    }
  }
  if (settings.phrase > 0) scorePairs(segment, terms, pairs, settings.phrase, saturate, buffers);
}

type Saturation = (units: number, ordinal: number) => number;

/** BM25's share of a term that occurs so much in a chunk: from 0 to k1 + 1. */
function createSaturation({ lengths }: Segment, { averageLength, k1, b }: ScoreSettings): Saturation {
  const fixed = k1 * (1 - b) * unitsPerTerm;
  const perUnit = (k1 * b * unitsPerTerm) / averageLength;
  return (units, ordinal) => (units * (k1 + 1)) / (units + fixed + perUnit * lengths[ordinal]!);
}

/** A pair of which a word is nearly everywhere says nothing, and its lists are the longest. */
const minPairIdf = 0.7;

function scorePairs(
  segment: Segment,
  terms: readonly WeightedTerm[],
  pairs: readonly QueryPair[],
  phrase: number,
  saturate: Saturation,
  { scores, first, second }: ScoreBuffers,
): void {
  let held = -1;
  let firstPositions: Positions | undefined;
  for (const pair of pairs) {
    const left = terms[pair.first]!;
    const right = terms[pair.second]!;
    const idf = Math.min(left.idf, right.idf);
    if (left.found < 0 || right.found < 0 || idf < minPairIdf) continue;
    if (held !== left.found) {
      segment.readPostings(left.found, first);
      firstPositions = segment.readPositions(first);
      held = left.found;
    }
    segment.readPostings(right.found, second);
    const secondPositions = segment.readPositions(second);
    const weight = phrase * pair.weight * idf;
    let other = 0;
    for (let entry = 0; entry < first.count; entry++) {
      const ordinal = first.ordinals[entry]!;
      while (other < second.count && second.ordinals[other]! < ordinal) other++;
      if (other === second.count) break;
      if (second.ordinals[other] !== ordinal) continue;
      const together = countAdjacent(firstPositions!, entry, secondPositions, other);
      if (together === 0) continue;
      const occurrences = firstPositions!.starts[entry + 1]! - firstPositions!.starts[entry]!;
      scores[ordinal]! += weight * saturate((together * first.weights[entry]!) / occurrences, ordinal);
    }
  }
}

/** How often a position of one list is followed by the next position in the other. */
function countAdjacent(left: Positions, leftEntry: number, right: Positions, rightEntry: number): number {
  let at = left.starts[leftEntry]!;
  let other = right.starts[rightEntry]!;
  const end = left.starts[leftEntry + 1]!;
  const otherEnd = right.starts[rightEntry + 1]!;
  let count = 0;
  while (at < end && other < otherEnd) {
    const wanted = left.values[at]! + 1;
    const here = right.values[other]!;
    if (here === wanted) count++;
    if (here <= wanted) other++;
    if (here >= wanted) at++;
  }
  return count;
}
