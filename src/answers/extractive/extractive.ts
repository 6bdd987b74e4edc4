import type { Background, BackgroundTable } from '../../indexing/background.ts';
import { hashTerm } from '../../indexing/term-hash.ts';
import { detectLanguage } from '../../indexing/language.ts';
import { createAnalyzer } from '../../indexing/analyze.ts';
import type { RankedQuote } from './choose-quotes.ts';
import { framesFor } from './frames.ts';
import { readQuestion } from './question.ts';
import { rankQuotes } from './rank-quotes.ts';

export interface Passage {
  /** The number that a citation names. */
  n: number;
  text: string;
  /** Heading path, outermost first. */
  heading: string[];
  /** Of retrieval; only compared with the scores of the other passages. */
  score: number;
  documentName: string;
  page: number | null;
}

export interface ExtractiveOptions {
  /** ISO 639-1; detected from the passages when absent. */
  language?: string;
  /** 1 to 4 (the default). */
  maxQuotes?: number;
  /** How common words are in general; without it all are taken to be equally rare. */
  background?: Background;
}

export interface ExtractiveAnswer {
  /** Markdown: quotations with their source numbers, under a sentence in the language of the question where they are only near. */
  text: string;
  /** In the order of the text; `quote` is a substring of its passage. */
  citations: { n: number; quote: string }[];
  /** How well the quotations answer: `none` has no citations. */
  match: 'direct' | 'weak' | 'none';
}

/**
 * Answers without a language model: quotes the sentences and table rows that answer best. Pure, and
 * linear in the length of the passages.
 */
export function answerExtractively(
  question: string,
  passages: Passage[],
  options: ExtractiveOptions = {},
): ExtractiveAnswer {
  const language = options.language ?? detectLanguage(passages.map(({ text }) => text).join('\n'));
  const { match, quotes } = rankQuotes(readQuestion(question), passages, {
    analyze: createAnalyzer(language),
    informationOf: informationIn(options.background?.table(language)),
    maxQuotes: options.maxQuotes ?? 4,
  });
  const frames = framesFor(question, language);
  if (match === 'none') return { text: frames.none, citations: [], match };
  const lead = match === 'weak' ? [frames.weak] : [];
  return {
    text: [...lead, ...quotes.map(writeQuote)].join('\n\n'),
    citations: quotes.flatMap(citationsOf),
    match,
  };
}

/** Nats of a word where no table tells: that of a word which is neither common nor rare. */
const unknownInformation = 6;

function informationIn(table: BackgroundTable | undefined): (term: string) => number {
  return table === undefined ? () => unknownInformation : (term) => -Math.log(table.share(hashTerm(term)));
}

function writeQuote({ n, above, text }: RankedQuote): string {
  return [...above, text].map((quote) => `“${quote}” [${n}]`).join(': ');
}

function citationsOf({ n, above, text }: RankedQuote): { n: number; quote: string }[] {
  return [...above, text].map((quote) => ({ n, quote }));
}
