import type { Verification } from '@alcove/contract';

export interface Verdict {
  verification: Verification;
  /** What of the passage the statement rests on; null when nothing was found. */
  quote: Range | null;
}

export interface Range {
  start: number;
  end: number;
}
