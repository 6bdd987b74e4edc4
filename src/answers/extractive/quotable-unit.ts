import type { Span } from './sentences.ts';

/** A stretch of a passage that can be quoted alone, `[start, end)` in UTF-16 units. */
export interface QuotableUnit {
  kind: 'sentence' | 'item' | 'row' | 'header' | 'label';
  start: number;
  end: number;
  /** Of a table row: the header lines above it, and the line that names its group of rows. */
  header?: Span | undefined;
  group?: Span | undefined;
  /** The nearest title-like line above, which says what the unit is about. */
  label: string;
}
