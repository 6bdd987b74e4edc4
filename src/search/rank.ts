import type { WordGroup } from './lexemes.ts';
import type { Candidate } from './search-store.ts';

/** As for documents (indexing/bm25.ts). */
const k1 = 1.2;
const b = 0.75;
/** Neighbours in the query that are neighbours in the text. */
const phraseWeight = 0.5;

export interface WeighedWord {
  group: WordGroup;
  /** How many rows hold it; at most `countedRows`. */
  rows: number;
  weight: number;
}

/**
 * Inverse document frequency as in Lucene, from the user's own rows. A word that one row in 1,000 of English texts
 * holds counts as such in a history of ten messages too: `prior` rows of everybody's language are counted with them.
 */
export function weigh(
  group: WordGroup,
  rows: number,
  total: number,
  share: number,
  prior: number,
): WeighedWord {
  const smoothed = rows + share * prior;
  const all = Math.max(total, rows) + prior;
  return { group, rows, weight: Math.log(1 + (all - smoothed + 0.5) / (smoothed + 0.5)) };
}

/** By which words they hold and how long they are; how often is looked at for the best only. */
export function firstRanking(candidates: readonly Candidate[], words: readonly WeighedWord[]): Candidate[] {
  const mean = candidates.reduce((sum, { length }) => sum + length, 0) / Math.max(1, candidates.length);
  const scored = candidates.map((candidate) => {
    const length = 1 - b + (b * candidate.length) / Math.max(1, mean);
    const held = words.reduce((sum, { weight }, at) => sum + (candidate.holds[at] === true ? weight : 0), 0);
    return { candidate, score: (held * (k1 + 1)) / (1 + k1 * length) };
  });
  // The sort is stable: of equal ones the newest comes first, as the database gave them.
  return scored.toSorted((one, other) => other.score - one.score).map(({ candidate }) => candidate);
}

/** BM25 of a text with neighbouring pairs, between 0 and 1 of what it could be. `wordsOf` are its words as in the index. */
export function scoreOf(
  places: readonly (readonly number[])[],
  length: number,
  mean: number,
  words: readonly WeighedWord[],
): number {
  const norm = k1 * (1 - b + (b * length) / Math.max(1, mean));
  const saturated = (count: number): number => (count * (k1 + 1)) / (count + norm);
  let score = 0;
  let best = 0;
  for (const [at, { weight }] of words.entries()) {
    best += weight * (k1 + 1);
    score += weight * saturated(places[at]?.length ?? 0);
    const next = words[at + 1];
    if (next === undefined) continue;
    const pair = phraseWeight * Math.min(weight, next.weight);
    best += pair;
    const behind = new Set(places[at + 1]);
    if (places[at]?.some((place) => behind.has(place + 1)) === true) score += pair;
  }
  return best === 0 ? 0 : score / best;
}
