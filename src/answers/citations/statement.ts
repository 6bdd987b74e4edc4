import { sentenceEnds } from '../extractive/sentences.ts';

/** So much of an answer is looked back at. */
export const longestStatement = 2_000;
/** A line break inside a paragraph, which ends no sentence. */
const wrapped = /(?<=\S[ \t]{0,4})\n(?![ \t]*(?:\n|[-*•#>|]|\d{1,3}[.)]\s))/g;
/** A clause between two markers that is shorter says nothing by itself. */
const leastWords = 4;
const closedQuotation = /["“„«「『‹]([^"“”„«»「」『』‹›]{8,})["”“»」』›][^\p{L}\p{N}]{0,4}$/u;

/**
 * Where the statement begins that ends with the text: its last sentence, or what of it stands behind the marker before.
 * @param answer the end of an answer without its markers
 * @param lastMarker where in the text the marker before stood; 0 without one
 */
export function statementStart(answer: string, lastMarker: number): number {
  const text = answer.replace(wrapped, ' ');
  const written = text.trimEnd().length;
  let start = 0;
  for (const end of sentenceEnds(text.slice(0, written))) if (end < written) start = end;
  const quotation = closedQuotation.exec(text.slice(0, written));
  if (quotation !== null && quotation.index < start) {
    start = 0;
    for (const end of sentenceEnds(text.slice(0, quotation.index))) if (end < quotation.index) start = end;
  }
  const isClause =
    lastMarker > start && text.slice(lastMarker, written).split(/\s+/).filter(Boolean).length >= leastWords;
  if (isClause) start = lastMarker;
  const piece = text.slice(start, written);
  return start + /^[\s,;:.*#>\-–—]*/u.exec(piece)![0].length;
}
