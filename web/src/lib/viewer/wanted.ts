import type { Source } from '@alcove/client';
import { flatten, type Flat } from './locate.ts';

/** So many characters tell equal places apart. */
const beforeLength = 200;

/** What is to be marked in a document: the passage of a citation and, darker, the words that its statement rests on. */
export interface Wanted {
  passage: Flat;
  /** What stands before the passage says which of several equal places is meant. */
  before: Flat;
  quote: Flat | null;
  /** Letters of the passage before the quote. */
  quoteAt: number;
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
    before: flatten(text.slice(Math.max(0, range.start - beforeLength), range.start)),
    quoteAt: quoteRange ? flatten(text.slice(range.start, quoteRange.start)).text.length : 0,
    quote: quoteRange && flatten(text.slice(quoteRange.start, quoteRange.end)),
    page: source.page,
    range,
    quoteRange,
  };
}

/** Whether a document's text is that which a source quotes, in the same place; another version may be something else. */
export function isAsQuoted(
  text: string,
  version: number,
  { char_start, char_end, document_version = 1, excerpt }: Quoted,
): boolean {
  const quoted = flatten(excerpt).text;
  return document_version === version && flatten(text.slice(char_start, char_end)).text.startsWith(quoted);
}

/** Answers of earlier releases say nothing of versions. */
type Quoted = Pick<Source, 'char_start' | 'char_end' | 'excerpt'> & Partial<Pick<Source, 'document_version'>>;
