import type { Citation as PlacedCitation } from '@alcove/contract';
import type { RetrievedChunk } from '../../retrieval/result.ts';
import type { Citation } from './filter.ts';

type Chunk = Pick<RetrievedChunk, 'id' | 'prefix' | 'charStart'>;

/** A citation with its place in the document's text instead of in what the model read. */
export function placeCitation(
  { n, start, end, quote, verification }: Citation,
  chunk: Chunk,
): PlacedCitation {
  // The header row that stands before a table's rows is not at their place.
  const lead = chunk.prefix === null ? 0 : chunk.prefix.length + 1;
  const isInside = quote !== null && quote.start >= lead;
  return {
    n,
    chunk_id: chunk.id,
    start,
    end,
    quote_start: isInside ? chunk.charStart + quote.start - lead : null,
    quote_end: isInside ? chunk.charStart + quote.end - lead : null,
    verification,
  };
}

/** Statements by what was found of them: one that several sources are named for is what the best of them shows. */
export function countStatements(
  citations: readonly PlacedCitation[],
): Record<PlacedCitation['verification'], number> {
  const best = new Map<number, PlacedCitation['verification']>();
  for (const { start, verification } of citations) {
    const known = best.get(start);
    if (known === undefined || rank[verification] > rank[known]) best.set(start, verification);
  }
  const counts = { verified: 0, unverified: 0, contradicted: 0 };
  for (const verification of best.values()) counts[verification] += 1;
  return counts;
}

const rank = { unverified: 0, contradicted: 1, verified: 2 };
