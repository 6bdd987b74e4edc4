import type { Analyzer } from '../../indexing/analyze.ts';
import type { Background } from '../../indexing/background.ts';
import { detectLanguage } from '../../indexing/language.ts';
import { hashTerm } from '../../indexing/term-hash.ts';
import { checkForeign, isForeign } from './foreign.ts';
import type { Passage, PassageSentence } from './passage.ts';
import { differInPolarity, isDeniedBefore } from './polarity.ts';
import { agrees, monthOf, type Quantity, quantitiesOf } from './quantities.ts';
import { findWords, tokensOf } from './tokens.ts';
import type { Range, Verdict } from './verdict.ts';

/** Of the weight of a statement's words, so much stands in the sentences that it rests on. */
const enoughWords = { long: 0.62, short: 0.9 };
const longStatement = 12;
const shortStatement = 5;
/** So much makes it a statement about the same matter, which other numbers or a negation contradict. */
const sameMatter = 0.5;
const mostSentences = 3;
/** Words of a quotation that count as one when nothing marks it. */
const leastVerbatim = 3;
/** A term that the table of word frequencies lacks. */
const rarest = 1 / 20_000;

export interface CheckOptions {
  background: Background;
  /** ISO 639-1 of the answer so far, for statements that are too short to tell. */
  language: string;
}

/**
 * Whether a passage bears a statement out: the same words in the same order do; otherwise its numbers, units, dates,
 * names and negations have to agree, and enough of its words. In another language words are not demanded.
 */
export function checkStatement(statement: string, passage: Passage, options: CheckOptions): Verdict {
  const tokens = tokensOf(statement);
  if (tokens.length === 0) return { verification: 'unverified', quote: null };
  const verbatim = tokens.length >= leastVerbatim ? findWords(passage.searchable, tokens) : null;
  const claimed = quantitiesOf(statement);
  if (verbatim !== null && keepsNumbers(claimed, verbatim, passage))
    return { verification: isDeniedIn(passage, verbatim) ? 'contradicted' : 'verified', quote: verbatim };

  const own = detectLanguage(statement);
  const language = own === 'und' ? options.language : own;
  const { analyze } = passage;
  const claim = weigh(analyze(statement), passage.language, options.background);
  const support = chooseSupport(claim, passage, claimed);
  const quote = spanOf(support.sentences);
  if (isForeign(language, passage, support.covered))
    return checkForeign(statement, language, claimed, passage, quote);

  const columns = columnsOf(claimed, passage);
  const missing = lackingOf(claimed, support.sentences, passage, columns);
  const isSameMatter = support.covered >= sameMatter;
  if (missing.length > 0) {
    const elsewhere =
      columns.length === 0 && missing.every((one) => passage.quantities.some((other) => agrees(one, other)));
    // A number that stands elsewhere in the passage may have been put together from two places.
    if (!isSameMatter || elsewhere) return { verification: 'unverified', quote };
    return { verification: 'contradicted', quote };
  }
  const said = support.sentences.flatMap((sentence) => sentence.tokens);
  const stem = stemmer(analyze);
  if (isSameMatter && differInPolarity(tokens, said, passage.language, stem))
    return { verification: 'contradicted', quote };
  const isAsking = /[?？؟]\s*$/u.test(statement);
  const isEnough =
    support.covered >= enoughFor(claim.size) ||
    saysRow(claimed, claim, support.sentences[0], columns, passage);
  const isBorneOut =
    !isAsking && isEnough && namesOf(statement, analyze).every((name) => passage.terms.has(name));
  return { verification: isBorneOut ? 'verified' : 'unverified', quote };
}

/** Whether the sentence that these words of a passage stand in denies them. */
export function isDeniedIn(passage: Passage, { start }: Range): boolean {
  const sentence = passage.sentences.find((one) => one.start <= start && start < one.end);
  if (sentence === undefined) return false;
  const text = passage.searchable.text.slice(sentence.start, sentence.end);
  return isDeniedBefore(sentence.tokens, { start: start - sentence.start, text }, passage.language);
}

/** Whether words of a passage are said with its numbers whole: "$5" is not "$5 million". */
export function keepsNumbers(claimed: readonly Quantity[], { start, end }: Range, passage: Passage): boolean {
  return passage.quantities
    .filter((one) => one.start >= start && one.start < end)
    .every((one) => claimed.some((other) => other.scale === one.scale && agrees(other, one)));
}

/** Whether all that a statement says in digits stands in a passage, in whatever language. */
export function holdsNumbers(statement: string, passage: Passage): boolean {
  return quantitiesOf(statement)
    .filter(({ start }) => /^\p{Nd}/u.test(statement.slice(start, start + 2)))
    .every((one) => passage.quantities.some((other) => agrees(one, other)));
}

/** Terms of a statement with what each of them weighs: rare words tell more. */
function weigh(terms: readonly string[], language: string, background: Background): Map<string, number> {
  const table = background.table(language);
  return new Map(
    terms
      .filter((term) => !/^\d/.test(term))
      .map((term) => {
        const share = table === undefined ? 0.01 : Math.max(rarest, table.share(hashTerm(term)));
        return [term, Math.max(0.1, -Math.log(share))];
      }),
  );
}

/** The sentences that hold most of the statement's words, each of which adds to what the others hold. */
function chooseSupport(
  claim: ReadonlyMap<string, number>,
  passage: Passage,
  claimed: readonly Quantity[],
): { sentences: PassageSentence[]; covered: number } {
  const total = [...claim.values()].reduce((sum, weight) => sum + weight, 0);
  const left = new Map(claim);
  const sentences: PassageSentence[] = [];
  while (sentences.length < mostSentences && left.size > 0) {
    let best: { sentence: PassageSentence; score: number } | null = null;
    for (const sentence of passage.sentences) {
      if (sentences.includes(sentence)) continue;
      let score = 0;
      for (const [term, weight] of left) if (sentence.terms.has(term)) score += weight;
      // Of two rows with the same words, the one with the number is meant.
      if (score > 0 && claimed.some((one) => sentence.quantities.some((other) => agrees(one, other))))
        score += 0.01;
      if (score > (best?.score ?? 0)) best = { sentence, score };
    }
    // A second sentence has to bring something of its own, or any text would bear any statement out.
    const least = sentences.length === 0 ? 0 : total * 0.12;
    if (best === null || best.score <= least) break;
    sentences.push(best.sentence);
    for (const term of best.sentence.terms) left.delete(term);
  }
  const lacking = [...left.values()].reduce((sum, weight) => sum + weight, 0);
  return { sentences, covered: total === 0 ? 0 : 1 - lacking / total };
}

/** A short statement has little that tells it from others: nearly all of it has to be there. */
function enoughFor(terms: number): number {
  const { long, short } = enoughWords;
  const share = (terms - shortStatement) / (longStatement - shortStatement);
  return short + (long - short) * Math.min(1, Math.max(0, share));
}

/** A figure under its row's whole label: what else the statement says is how a sentence is made of a row. */
function saysRow(
  claimed: readonly Quantity[],
  claim: ReadonlyMap<string, number>,
  row: PassageSentence | undefined,
  columns: readonly number[],
  passage: Passage,
): boolean {
  if (row?.label === undefined || row.label.size === 0) return false;
  const figures = row.quantities.filter(
    ({ column }) => columns.length === 0 || columns.includes(column ?? -1),
  );
  const isFigure = (one: Quantity): boolean => figures.some((figure) => agrees(one, figure));
  const isWhole = [...row.label].every((term) => claim.has(term) || passage.heads.length === 0);
  return isWhole && claimed.some(isFigure);
}

/** Of a table's columns, those that the statement names by a number in their head, such as a year. */
function columnsOf(claimed: readonly Quantity[], { heads }: Passage): number[] {
  return heads
    .filter((head) => claimed.some((one) => agrees(one, head)))
    .flatMap(({ column }) => (column === null ? [] : [column]));
}

/**
 * The claimed quantities that the sentences do not hold. Each of theirs stands for one: "five yards to the 5-yard
 * line" is not borne out by "five yards to the 4-yard line".
 */
function lackingOf(
  claimed: readonly Quantity[],
  sentences: readonly PassageSentence[],
  passage: Passage,
  columns: readonly number[],
): Quantity[] {
  const left = sentences
    .flatMap(({ quantities }) => quantities)
    .filter(({ column }) => column === null || columns.length === 0 || columns.includes(column));
  // March 5 and 2019-03-05.
  const months = sentences.flatMap(({ tokens }) => tokens.flatMap(({ text }) => monthOf(text) ?? []));
  return claimed.filter((one) => {
    const at = left.findIndex((other) => agrees(one, other));
    if (at !== -1) left.splice(at, 1);
    return (
      at === -1 &&
      !passage.heads.some((other) => agrees(one, other)) &&
      !(one.unit === null && one.values.some((value) => months.includes(value)))
    );
  });
}

/** Words with a capital inside a sentence, and those with letters and digits; not what begins one. */
function namesOf(statement: string, analyze: Analyzer): string[] {
  return [...statement.matchAll(wordPattern)].flatMap(({ 0: word, index }) => {
    const isInner = inner.test(statement.slice(Math.max(0, index - 4), index));
    const isName = isInner && capital.test(word);
    return isName || (/\d/.test(word) && /\p{L}/u.test(word)) ? analyze(word) : [];
  });
}

const wordPattern = /[\p{L}\p{M}\p{N}]+/gu;
const inner = /[\p{L}\p{N},;:)'’"”-]\s{1,3}$|[-"“„«(]$/u;
const capital = /^\p{Lu}[\p{L}\p{M}\p{N}]/u;

function stemmer(analyze: Analyzer): (word: string) => string {
  return (word) => analyze(word)[0] ?? word;
}

/** From the first to the last of the sentences, where they are neighbours; else the first that was chosen. */
function spanOf(sentences: readonly PassageSentence[]): Verdict['quote'] {
  const [first] = sentences;
  return first === undefined ? null : { start: first.start, end: first.end };
}
