import { createAnalyzer } from './analyze.ts';
import { hashKey, hashTerm, type TermHash } from './term-hash.ts';
import { isBigram } from './words.ts';

/** A part of a query with its weight: a follow-up's own words weigh 1, earlier ones less. */
export interface QueryPart {
  text: string;
  weight: number;
}

export interface QueryTerm extends TermHash {
  /** `hashKey` of the term. */
  key: number;
  /** How often the query says it, each time with its part's weight. */
  weight: number;
}

/** Two terms that follow one another in the query, as places in `terms`. */
export interface QueryPair {
  first: number;
  second: number;
  weight: number;
}

export interface AnalyzedQuery {
  terms: QueryTerm[];
  pairs: QueryPair[];
}

/** A pasted page must not become a query of thousands of terms. */
const maxTerms = 400;
const maxPairs = 64;

/** The terms of a query in one language, each once, and the pairs that may be phrases. */
export function analyzeQuery(parts: readonly QueryPart[], language: string): AnalyzedQuery {
  const analyze = createAnalyzer(language);
  const places = new Map<string, number>();
  const terms: QueryTerm[] = [];
  const pairs = new Map<string, QueryPair>();
  for (const { text, weight } of parts) {
    let previous: number | undefined;
    for (const word of analyze(text)) {
      const place = places.get(word) ?? addTerm(word, terms, places);
      if (place === undefined) break;
      terms[place]!.weight += weight;
      if (previous !== undefined && previous !== place) addPair(previous, place, weight, pairs);
      previous = isBigram(word) ? undefined : place;
    }
  }
  return { terms, pairs: [...pairs.values()] };
}

function addTerm(word: string, terms: QueryTerm[], places: Map<string, number>): number | undefined {
  if (terms.length >= maxTerms) return undefined;
  const hash = hashTerm(word);
  places.set(word, terms.length);
  return terms.push({ ...hash, key: hashKey(hash), weight: 0 }) - 1;
}

/** Said twice, a phrase counts once, with its greatest weight. */
function addPair(first: number, second: number, weight: number, pairs: Map<string, QueryPair>): void {
  const key = `${first} ${second}`;
  const known = pairs.get(key);
  if (known) known.weight = Math.max(known.weight, weight);
  else if (pairs.size < maxPairs) pairs.set(key, { first, second, weight });
}
