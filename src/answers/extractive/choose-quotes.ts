import type { Candidate } from './quote-candidates.ts';

export interface RankedQuote {
  n: number;
  /** A substring of the passage, as `header` is. */
  text: string;
  /** The header of the table that the text is a row of, and the line over its group of rows, where not yet quoted. */
  above: string[];
}

export interface ScoredCandidate {
  candidate: Candidate;
  coverage: number;
  score: number;
}

/** A reader who has to search through quotations is not helped; the best one is never cut. */
const maxCharacters = 500;
/** Rows are read at a glance: beside the others so many more. */
const moreRows = 2;
/** Another passage may be the right one; another sentence of the same seldom adds what the first lacks. */
const samePassage = 0.85;
/**
 * What another passage is worth of the best one to be quoted beside it alone, shortly. On XQuAD shares of .55 to .6 and
 * lengths of 200 to 500 find the same pages; these keep the answers shortest (`npm run eval -- answers`).
 */
const otherPassage = 0.6;
const maxOtherCharacters = 200;

/** The best candidates that say different things, at most `maxQuotes`, from a list that is in order. */
export function chooseQuotes(scored: readonly ScoredCandidate[], maxQuotes: number): ScoredCandidate[] {
  const [best] = scored;
  if (best === undefined) return [];
  const least = best.score * leastShareOfBest(best.coverage);
  const chosen = [best];
  let rest = scored.filter(({ score }) => score >= least);
  let left = maxCharacters - lengthOf(best);
  while (chosen.length < maxQuotes + moreRows) {
    const room = left;
    const rowsOnly = chosen.length >= maxQuotes;
    rest = rest.filter(
      (one) =>
        lengthOf(one) <= room &&
        (!rowsOnly || one.candidate.unit.kind === 'row') &&
        !chosen.some((other) => saysTheSame(other.candidate, one.candidate)),
    );
    const next = bestOf(rest, chosen);
    if (next === null || next.value < least) break;
    chosen.push(next.scored);
    left -= lengthOf(next.scored);
  }
  const other = chosen.length < maxQuotes ? ofAnotherPassage(scored, chosen) : undefined;
  return other === undefined ? chosen : [...chosen, other];
}

/** Where all is quoted from one passage: one that is short and fits nearly as well, though it fits less than to be chosen. */
function ofAnotherPassage(
  scored: readonly ScoredCandidate[],
  [best, ...others]: readonly ScoredCandidate[],
): ScoredCandidate | undefined {
  if (best === undefined || others.some(({ candidate }) => candidate.passage !== best.candidate.passage))
    return undefined;
  return scored.find(
    (one) =>
      one.candidate.passage !== best.candidate.passage &&
      one.score >= otherPassage * best.score &&
      lengthOf(one) <= maxOtherCharacters &&
      ![best, ...others].some(({ candidate }) => saysTheSame(candidate, one.candidate)),
  );
}

function bestOf(rest: readonly ScoredCandidate[], chosen: readonly ScoredCandidate[]) {
  const passages = new Set(chosen.map(({ candidate }) => candidate.passage));
  let best: { scored: ScoredCandidate; value: number } | null = null;
  for (const scored of rest) {
    const value = scored.score * (passages.has(scored.candidate.passage) ? samePassage : 1);
    if (best === null || value > best.value) best = { scored, value };
  }
  return best;
}

function lengthOf({ candidate: { unit } }: ScoredCandidate): number {
  return unit.end - unit.start;
}

/** A quotation that scores well below the best one distracts from it, the more the better that one fits. */
function leastShareOfBest(bestCoverage: number): number {
  return bestCoverage >= surelyDirect ? 0.7 : 0.55;
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
  if (next && isReasonOf(passage.text.slice(unit.start, unit.end), passage.text.slice(next.start, next.end)))
    return next.end - unit.start > maxAnnounced ? unit.end : next.end;
  if (!/[:：]/.test(last)) return unit.end;
  const stop = following.findIndex(({ kind, end }) => kind !== next?.kind || end - unit.start > maxAnnounced);
  return following.slice(0, stop === -1 ? undefined : stop).at(-1)?.end ?? unit.end;
}

/** Why something is so belongs to what is so: a sentence that gives the reason, or the rest of one that was cut before it. */
function isReasonOf(statement: string, next: string): boolean {
  return becauseAtEnd.test(statement.slice(-24)) || reasonAtStart.test(next.slice(0, 48));
}

const becauseAtEnd = /(?:^|\s)(?:because|due to|owing to|weil|parce que|porque)\s*$/iu;
const reasonAtStart =
  /^(?:(?:this|that|it|which) (?:is|was|were|has been) (?:largely |mainly |primarily |partly )?(?:because|due to|owing to)|because (?!of (?:this|that)\b)|the (?:main |primary )?reason (?:is|was|for)|das liegt daran|der grund|weil\b|c['’]est parce|parce que|la raison|porque\b|la razón)/iu;

/** The quotations of the chosen candidates; header and group of a table stand before the first row from them. */
export function writeQuotes(chosen: Candidate[]): RankedQuote[] {
  const shown = new Set<string>();
  return chosen.map((candidate) => {
    const { passage, unit } = candidate;
    const above = [unit.header, unit.group].flatMap((span) => {
      const place = `${passage.n}:${span?.start}`;
      if (span === undefined || shown.has(place)) return [];
      shown.add(place);
      return [passage.text.slice(span.start, span.end)];
    });
    return { n: passage.n, text: passage.text.slice(unit.start, quoteEnd(candidate)), above };
  });
}
