import type { Analyzer } from '../../indexing/analyze.ts';
import type { Question } from './question.ts';
import { chooseQuotes, type RankedQuote, writeQuotes } from './choose-quotes.ts';
import { type Candidate, type QuotedPassage, readCandidates, weightOf } from './quote-candidates.ts';

/** A pasted page is no question; its first words tell what it is about. */
const maxAskedTerms = 64;

/** The best quotations for a question, best first, and how well they answer it. */
export function rankQuotes(
  question: Question,
  passages: QuotedPassage[],
  analyze: Analyzer,
  maxQuotes: number,
): { match: 'direct' | 'weak' | 'none'; quotes: RankedQuote[] } {
  const asked = [...new Set(analyze(question.subject))].slice(0, maxAskedTerms);
  const candidates = passages.flatMap((passage) => readCandidates(passage, asked, analyze));
  const weights = weighTerms(asked, candidates);
  const bestPassage = Math.max(...passages.map(({ score }) => score), Number.MIN_VALUE);
  const scored = candidates
    .map((candidate) => ({
      candidate,
      ...scoreOf(candidate, weights, question, candidate.passage.score / bestPassage),
    }))
    .filter(({ coverage }) => coverage > 0)
    .toSorted((a, b) => b.score - a.score);
  const chosen = chooseQuotes(scored, maxQuotes);
  const coverage = Math.max(0, ...chosen.map((quote) => quote.coverage));
  if (coverage < leastMatch(question.subject)) return { match: 'none', quotes: [] };
  const match = coverage >= directMatch ? 'direct' : 'weak';
  return { match, quotes: writeQuotes(chosen.map(({ candidate }) => candidate)) };
}

/**
 * Shares of the question's weight that the best unit must hold. Measured on questions whose passages
 * hold the answer and on the same questions with passages about something else.
 */
const directMatch = 0.3;
function leastMatch(subject: string): number {
  // Many bigrams of Chinese straddle two words and match nothing; those of Thai match by chance.
  if (/\p{sc=Han}/u.test(subject)) return 0.1;
  return /[\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u.test(subject) ? 0.25 : 0.15;
}

/** Inverse document frequency over the units, as in BM25: a word in every sentence tells nothing. */
function weighTerms(asked: string[], candidates: Candidate[]): number[] {
  return asked.map((term) => {
    const holders = candidates.filter(({ terms }) => terms.has(term)).length;
    return Math.log(1 + (candidates.length - holders + 0.5) / (holders + 0.5));
  });
}

function scoreOf(candidate: Candidate, weights: number[], question: Question, passageScore: number) {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const held = weights.reduce((sum, weight, index) => sum + weight * (candidate.found[index] ?? 0), 0);
  const isAround = candidate.found.every((place) => place <= weightOf.documentName);
  const coverage = total === 0 || isAround ? 0 : held / total;
  const { unit, passage } = candidate;
  const text = passage.text.slice(unit.start, unit.end);
  let score = coverage * (0.75 + 0.25 * Math.max(0, passageScore));
  if (question.wantsDate && hasDate.test(text)) score *= 1.3;
  else if (question.wantsNumber && /\p{Nd}/u.test(text)) score *= 1.25;
  if (unit.kind === 'label' || unit.kind === 'header') score *= 0.5;
  if (candidate.isFirst) score *= 1.05;
  if (candidate.terms.size < 3 && unit.kind === 'sentence') score *= 0.8;
  return { coverage, score };
}

/** A year, a date in digits, or a clock time. */
const hasDate = /\b(1[5-9]|20|25)\d\d\b|\d{1,2}[./:-]\d{1,2}|\d\s*[年月日년월일]|[๐-๙]{4}/u;
