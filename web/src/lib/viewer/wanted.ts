import { flatten, type Flat } from './locate.ts';

/** What is to be marked in a document: the passage of a citation and, darker, the words that its statement rests on. */
export interface Wanted {
  /** What stands before it says which of several equal places is meant. */
  passage: Flat;
  quote: Flat | null;
  page: number | null;
  /** In the document's text. */
  range: { start: number; end: number };
  quoteRange: { start: number; end: number } | null;
}

export function wantedOf(
  text: string,
  source: { char_start: number; char_end: number; page: number | null },
  citation: { quote_start: number | null; quote_end: number | null } | null,
): Wanted {
  const range = { start: source.char_start, end: source.char_end };
  const hasQuote = citation !== null && citation.quote_start !== null && citation.quote_end !== null;
  const quoteRange = hasQuote ? { start: citation.quote_start ?? 0, end: citation.quote_end ?? 0 } : null;
  return {
    passage: flatten(text.slice(range.start, range.end)),
    quote: quoteRange && flatten(text.slice(quoteRange.start, quoteRange.end)),
    page: source.page,
    range,
    quoteRange,
  };
}
