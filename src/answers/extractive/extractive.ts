import { detectLanguage } from '../../indexing/language.ts';
import { createAnalyzer } from '../../indexing/analyze.ts';
import type { RankedQuote } from './choose-quotes.ts';
import type { ChatEvent } from '../../models/model.ts';
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
}

export interface ExtractiveAnswer {
  /** Markdown: quotations with their source numbers, and a closing line about the missing model. */
  text: string;
  /** In the order of the text; `quote` is a substring of its passage. */
  citations: { n: number; quote: string }[];
  /** How well the quotations answer: `none` has no citations. */
  match: 'direct' | 'weak' | 'none';
}

const howToAddModel =
  'Set LLM_BASE_URL (any OpenAI-compatible server) or OPENAI_API_KEY, or run Ollama on this machine, and restart, to get written answers.';

/** The whole answer of a conversation without documents when no language model is configured. */
export const noModelNotice = `This conversation has no documents to quote from, and no language model is configured. Add a document, or: ${howToAddModel}`;

const closingLine =
  'No language model is configured, so this answer only quotes the documents; set LLM_BASE_URL or OPENAI_API_KEY, or start Ollama, to get written ones.';
const noMatchLine = 'Nothing in the passages that were found matches the question.';
const weakMatchLine = 'The documents may not answer this directly. These sentences come closest:';

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
  const { match, quotes } = rankQuotes(
    readQuestion(question),
    passages,
    createAnalyzer(language),
    options.maxQuotes ?? 4,
  );
  if (match === 'none') return { text: `${noMatchLine}\n\n${closingLine}`, citations: [], match };
  const lead = match === 'weak' ? [weakMatchLine] : [];
  return {
    text: [...lead, ...quotes.map(writeQuote), closingLine].join('\n\n'),
    citations: quotes.flatMap(citationsOf),
    match,
  };
}

/** The same answer as the events of a model, a sentence or so at a time. */
export function* streamExtractively(
  question: string,
  passages: Passage[],
  options?: ExtractiveOptions,
): Generator<ChatEvent> {
  yield* streamText(answerExtractively(question, passages, options).text);
}

/** Any ready text as the events of a model. */
export function* streamText(text: string): Generator<ChatEvent> {
  for (const piece of text.match(/[^.!?。！？\n]*(?:[.!?。！？]+["”’)\s]*|\n+|$)/g) ?? []) {
    if (piece) yield { type: 'delta', text: piece };
  }
  yield { type: 'finish', reason: 'stop' };
}

function writeQuote(quote: RankedQuote): string {
  const header = quote.header ? `“${quote.header}” [${quote.n}]: ` : '';
  return `${header}“${quote.text}” [${quote.n}]`;
}

function citationsOf({ n, header, text }: RankedQuote): { n: number; quote: string }[] {
  return [...(header ? [{ n, quote: header }] : []), { n, quote: text }];
}
