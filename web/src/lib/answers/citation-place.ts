import type { Citation, Source } from '@alcove/client';
import { t } from '../text/text.ts';
import type { MessageView } from './message-view.ts';

/** A citation of an answer to look at: its source, and what of the document's text it rests on. */
export interface OpenCitation {
  source: Source;
  /** Null for a source that is opened as a whole. */
  citation: Citation | null;
  /** The answer, for the neighbours of this citation. */
  answer: MessageView;
}

/** A marker stands at the end of its statement: further away than this it belongs to another one. */
const nearCharacters = 400;

/** Which citation of the answer the marker of source `n` at this place is; -1 when none. */
export function citationIndexAt(citations: readonly Citation[], n: number, offset: number): number {
  let best = -1;
  let nearest = nearCharacters;
  for (const [index, citation] of citations.entries()) {
    const distance = Math.abs(citation.end - offset);
    if (citation.n !== n || distance >= nearest) continue;
    best = index;
    nearest = distance;
  }
  return best;
}

/** Where in its document a source stands: `page 4 · Results › Revenue`, and whether it was read from a picture; else empty. */
export function describePlace(source: Source): string {
  const page = source.page === null ? '' : t.sources.page(source.page);
  const read = source.ocr === true ? t.sources.recognised : '';
  return [page, source.heading.join(' › '), read].filter(Boolean).join(' · ');
}
