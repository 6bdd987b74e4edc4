import type { Citation } from '@alcove/contract';

/** Adds a citation of an answer's events to those before it; one that was judged again changes where it stands. */
export function addCitation<One extends Pick<Citation, 'n' | 'start' | 'end'>>(
  citations: One[],
  citation: One,
): void {
  const { n, start, end } = citation;
  const known = citations.find((one) => one.n === n && one.start === start && one.end === end);
  if (known === undefined) citations.push({ ...citation });
  else Object.assign(known, citation);
}
