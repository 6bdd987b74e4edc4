import { buildSegment } from '../src/indexing/build-segment.ts';
import { detectLanguage } from '../src/indexing/language.ts';
import { openSegment, type Segment } from '../src/indexing/segment.ts';
import type { Passage } from './datasets.ts';

/** Passages as the chunks of one document. */
export interface PassageIndex {
  segment: Segment;
  /** Passage of each ordinal. */
  ids: string[];
}

/** Indexes passages in the language that they are found to be in. */
export function indexPassages(passages: readonly Passage[]): PassageIndex {
  const texts = passages.map(textOf);
  const language = detectLanguage(texts.join('\n'));
  const bytes = buildSegment({ language, chunks: texts.map((searchText) => ({ searchText })) });
  return { segment: openSegment(bytes), ids: passages.map((passage) => passage.id) };
}

/** Title and text; many sets repeat the title at the beginning of the text. */
function textOf({ title, text }: Passage): string {
  return title && !text.startsWith(title) ? `${title}\n${text}` : text;
}
