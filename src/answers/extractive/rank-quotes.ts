import type { Analyzer } from '../../indexing/analyze.ts';
import { chooseQuotes, type RankedQuote, type ScoredCandidate, writeQuotes } from './choose-quotes.ts';
import { lineItemsFor } from './line-items.ts';
import type { Question } from './question.ts';
import { type Candidate, type QuotedPassage, readCandidates, weightOf } from './quote-candidates.ts';

/** A pasted page is no question; its first words tell what it is about. */
const maxAskedTerms = 64;

export interface Ranking {
  analyze: Analyzer;
  /** Nats that a term says in general: the rarer, the more. */
  informationOf: (term: string) => number;
  maxQuotes: number;
}

/** The best quotations for a question, best first, and how well they answer it. */
export function rankQuotes(
  question: Question,
  passages: QuotedPassage[],
  { analyze, informationOf, maxQuotes }: Ranking,
): { match: 'direct' | 'weak' | 'none'; quotes: RankedQuote[] } {
  const terms = [...new Set(analyze(question.subject))].slice(0, maxAskedTerms);
  const asked = { terms, lineItems: lineItemsFor(question.asked) };
  const candidates = passages.flatMap((passage) => readCandidates(passage, asked, analyze));
  const information = terms.map(informationOf);
  const weights = weighTerms(terms, information, candidates);
  const placeOf = placesOf(passages);
  const scored = candidates
    .map((candidate) => ({
      candidate,
      ...scoreOf(candidate, weights, question, placeOf(candidate.passage)),
    }))
    .filter(({ coverage }) => coverage > 0)
    .toSorted((a, b) => b.score - a.score);
  const best = scored.slice(0, judged);
  if (coverageOf(best) < leastMatch(question.subject)) return { match: 'none', quotes: [] };
  const isDirect = best.some(({ candidate }) => evidenceOf(candidate, information) >= directEvidence);
  const quotes = writeQuotes(chooseQuotes(scored, maxQuotes).map(({ candidate }) => candidate));
  return { match: isDirect ? 'direct' : 'weak', quotes };
}

/** How many of the best candidates tell whether the question is answered. */
const judged = 4;

function coverageOf(scored: readonly ScoredCandidate[]): number {
  return Math.max(0, ...scored.map(({ coverage }) => coverage));
}

/** Share of the question's weight that the best candidate must hold, for anything to be quoted. */
function leastMatch(subject: string): number {
  // Many bigrams of Chinese straddle two words and match nothing; those of Thai match by chance.
  if (/\p{sc=Han}/u.test(subject)) return 0.1;
  return /[\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u.test(subject) ? 0.25 : 0.15;
}

/**
 * Nats. Measured on XQuAD: .96 of the questions whose passages hold the answer have more, .03 of the same questions
 * with articles about something else (`npm run eval -- answers`).
 */
const directEvidence = 3.5;

/**
 * What a candidate and its surroundings say of the question: the information of the asked terms that they hold, by how
 * near each is, times the share of the whole question that this is. One rare word of many is little, and so is every
 * word of a question of none but common ones.
 */
function evidenceOf(candidate: Candidate, information: readonly number[]): number {
  if (candidate.isLineItem) return directEvidence;
  const total = information.reduce((sum, nats) => sum + nats, 0);
  const held = information.reduce((sum, nats, at) => sum + nats * nearness(candidate.found[at] ?? 0), 0);
  return total === 0 ? 0 : (held * held) / total;
}

function nearness(found: number): number {
  if (found >= weightOf.label) return 1;
  if (found >= weightOf.near) return 2 / 3;
  return found >= weightOf.passage ? 1 / 3 : 0;
}

/** How rare a term is, both here (a word in every sentence tells nothing) and in general. */
function weighTerms(
  terms: readonly string[],
  information: readonly number[],
  candidates: readonly Candidate[],
): number[] {
  return terms.map((term, at) => {
    const holders = candidates.filter((candidate) => candidate.terms.has(term)).length;
    const here = Math.log(1 + (candidates.length - holders + 0.5) / (holders + 0.5));
    return Math.sqrt(here * (information[at] ?? 0));
  });
}

interface PassagePlace {
  /** 0 is the best. */
  rank: number;
  /** Of the best passage's score. */
  share: number;
}

function placesOf(passages: readonly QuotedPassage[]): (passage: QuotedPassage) => PassagePlace {
  const ranks = new Map(passages.toSorted((a, b) => b.score - a.score).map((passage, at) => [passage, at]));
  const best = Math.max(...passages.map(({ score }) => score), Number.MIN_VALUE);
  return (passage) => ({ rank: ranks.get(passage) ?? 0, share: Math.max(0, passage.score / best) });
}

/** A row that the asked term is made of answers, even when it shares no word with the question. */
const lineItemCoverage = 0.6;
const scoreShare = 0.25;
const perRank = 0.07;

function scoreOf(candidate: Candidate, weights: number[], question: Question, place: PassagePlace) {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const held = weights.reduce((sum, weight, index) => sum + weight * (candidate.found[index] ?? 0), 0);
  // Every sentence of a passage about the matter has its words around it.
  const isAround = candidate.found.every((weight) => weight <= weightOf.near) && !candidate.isLineItem;
  const share = total === 0 || isAround ? 0 : held / total;
  const coverage = candidate.isLineItem ? lineItemCoverage + (1 - lineItemCoverage) * share : share;
  const score = (coverage * (1 - scoreShare + scoreShare * place.share)) / (1 + perRank * place.rank);
  return { coverage, score: score * fitness(candidate, question) };
}

/** What a candidate looks like, whatever its words are. */
function fitness(candidate: Candidate, question: Question): number {
  const { unit, passage, following } = candidate;
  const text = passage.text.slice(unit.start, unit.end);
  let factor = 1;
  if (question.wantsDate && hasDate.test(text)) factor *= 1.3;
  else if (question.wantsNumber && /\p{Nd}/u.test(text)) factor *= 1.25;
  if (unit.kind === 'label' || unit.kind === 'header') factor *= 0.5;
  if (candidate.isFirst) factor *= 1.05;
  if (candidate.terms.size < 3 && unit.kind === 'sentence') factor *= 0.8;
  // It announces what does not follow here.
  if (/[:：]$/u.test(text) && following.length === 0) factor *= 0.7;
  return factor;
}

/** A year, a date in digits, or a clock time. */
const hasDate = /\b(1[5-9]|20|25)\d\d\b|\d{1,2}[./:-]\d{1,2}|\d\s*[年月日년월일]|[๐-๙]{4}/u;
