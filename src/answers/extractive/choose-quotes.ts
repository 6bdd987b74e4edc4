import type { Candidate } from './quote-candidates.ts';

export interface RankedQuote {
  n: number;
  /** A substring of the passage, as `header` is. */
  text: string;
  /** The header line of the table that the text is a row of, before the first row quoted from it. */
  header?: string;
}

export interface ScoredCandidate {
  candidate: Candidate;
  coverage: number;
  score: number;
}

/** The best candidates that say different things, at most `maxQuotes`, from a list that is in order. */
export function chooseQuotes(scored: ScoredCandidate[], maxQuotes: number): ScoredCandidate[] {
  const chosen: ScoredCandidate[] = [];
  const [best] = scored;
  const leastScore = best ? best.score * leastShareOfBest(best.coverage) : 0;
  for (const next of scored) {
    if (chosen.length >= maxQuotes || next.score < leastScore) break;
    if (!chosen.some(({ candidate }) => saysTheSame(candidate, next.candidate))) chosen.push(next);
  }
  return chosen;
}

/** A quotation that scores well below the best one distracts from it, the more the better that one fits. */
function leastShareOfBest(bestCoverage: number): number {
  return bestCoverage >= surelyDirect ? 0.75 : 0.55;
}
const surelyDirect = 0.75;

/** Near-duplicates by the Jaccard index of their terms, or one inside the other's quotation. */
function saysTheSame(a: Candidate, b: Candidate): boolean {
  if (a.passage === b.passage && (isInside(a, b) || isAbove(a, b))) return true;
  const shared = [...b.terms].filter((term) => a.terms.has(term)).length;
  const all = a.terms.size + b.terms.size - shared;
  // Rows differ in their numbers alone, and those are what is asked for.
  return all > 0 && shared / all >= (a.unit.kind === 'row' ? 0.999 : 0.75);
}

function isInside(a: Candidate, { unit }: Candidate): boolean {
  return unit.start >= a.unit.start && unit.start < quoteEnd(a);
}

/** Whether b only names what a says: the title over it, or the header that is quoted with its row. */
function isAbove(a: Candidate, { passage, unit }: Candidate): boolean {
  if (unit.kind === 'label') return passage.text.slice(unit.start, unit.end) === a.unit.label;
  return unit.kind === 'header' && a.unit.header?.start === unit.start;
}

const maxAnnounced = 500;

/** A question is quoted with the sentence after it, a lead-in with the list that it announces. */
function quoteEnd({ passage, unit, following }: Candidate): number {
  const last = passage.text[unit.end - 1] ?? '';
  const [next] = following;
  if (/[?？؟]/.test(last) && next) return next.end;
  if (!/[:：]/.test(last)) return unit.end;
  const stop = following.findIndex(({ kind, end }) => kind !== next?.kind || end - unit.start > maxAnnounced);
  return following.slice(0, stop === -1 ? undefined : stop).at(-1)?.end ?? unit.end;
}

/** The quotations of the chosen candidates; a table header stands before the first row from it. */
export function writeQuotes(chosen: Candidate[]): RankedQuote[] {
  const headersShown = new Set<string>();
  return chosen.map((candidate) => {
    const { passage, unit } = candidate;
    const quote: RankedQuote = { n: passage.n, text: passage.text.slice(unit.start, quoteEnd(candidate)) };
    const place = `${passage.n}:${unit.header?.start}`;
    if (!unit.header || headersShown.has(place)) return quote;
    headersShown.add(place);
    return { ...quote, header: passage.text.slice(unit.header.start, unit.header.end) };
  });
}
