import type { Source } from '@alcove/client';
import { t } from '../text/text.ts';

/** A source to look at, and what the answer quotes from it at the place that was activated. */
export interface Citation {
  source: Source;
  quote: string | null;
}

/** Where in its document a source stands: `page 4 · Results › Revenue`; empty when that is not known. */
export function describePlace(source: Source): string {
  const page = source.page === null ? '' : t.sources.page(source.page);
  return [page, source.heading.join(' › ')].filter(Boolean).join(' · ');
}
