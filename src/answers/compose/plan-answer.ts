import type { AnswerMetadata } from '@alcove/contract';
import type { Background } from '../../indexing/background.ts';
import type { ChatEvent, ChatMessage, ChatModel } from '../../models/model.ts';
import { answerExtractively, nothingToQuote } from '../extractive/extractive.ts';
import { framesFor } from '../extractive/frames.ts';
import { summariseExtractively } from '../extractive/extractive-summary.ts';
import type { RetrievedChunk } from '../../retrieval/result.ts';
import { divideWindow } from './context-window.ts';
import { readingText } from './gather.ts';
import {
  noContextPrompt,
  type PromptSource,
  questionWithSources,
  sourceText,
  systemPrompt,
} from './prompt.ts';

export interface WritingInput {
  mode: 'documents' | 'llm';
  question: string;
  history: readonly ChatMessage[];
  chunks: readonly RetrievedChunk[];
  titles: readonly string[];
  /** Documents that are still being read. */
  pending: number;
  /** The question asks for a summary: the passages are spread over what is to be summarised. */
  isSummary: boolean;
  /** ISO 639-1 of most of the documents; null when it is not known. */
  language: string | null;
  background: Background;
  /** Nothing but the documents may answer. */
  docsOnly: boolean;
}

/** What an answer will be made of, decided before its first word: which passages fit, and who writes. */
export interface Plan {
  /** The passages that the answer may cite, in the order of their numbers. */
  chunks: readonly RetrievedChunk[];
  notices: string[];
  overflow: boolean;
  /** How well the quotations of an answer without a model answer; null when a model writes. */
  match: AnswerMetadata['match'];
  /** Tokens of what the model is sent, for providers that do not count them; 0 without a model. */
  countPrompt(): number;
  write(signal: AbortSignal): AsyncGenerator<ChatEvent>;
}

export function planAnswer(input: WritingInput, model: ChatModel | null): Plan {
  if (input.docsOnly && input.chunks.length === 0 && input.pending === 0)
    return planFixed(notInDocuments(input));
  // What is being read may hold the answer: "nothing matches" would be a guess.
  if (input.chunks.length === 0 && input.pending > 0) return planFixed(stillReading(input));
  return model === null ? planExtractive(input) : planGenerated(input, model);
}

function planFixed(text: string): Plan {
  return {
    chunks: [],
    notices: [],
    overflow: false,
    match: 'none',
    countPrompt: () => 0,
    async *write() {
      yield { type: 'delta', text };
      yield { type: 'finish', reason: 'stop' };
    },
  };
}

function notInDocuments(input: WritingInput): string {
  return input.titles.length === 0
    ? 'Not in these documents: this conversation has none. Add a document, or allow answers from general knowledge.'
    : 'Not in these documents: no passage of them matches the question.';
}

function stillReading({ pending, titles }: WritingInput): string {
  const files = `${pending} ${pending === 1 ? 'document is' : 'documents are'}`;
  const others = titles.length === 0 ? '' : ' No passage of the others matches the question.';
  return `${files} still being read: ask again in a moment.${others}`;
}

function planExtractive(input: WritingInput): Plan {
  const { text, match } = input.mode === 'llm' ? { text: nothingToQuote, match: null } : extract(input);
  return {
    chunks: input.chunks,
    notices: [],
    overflow: false,
    match,
    countPrompt: () => 0,
    async *write() {
      yield { type: 'delta', text };
      yield { type: 'finish', reason: 'stop' };
    },
  };
}

function extract(input: WritingInput): { text: string; match: Plan['match'] } {
  const passages = input.chunks.map((chunk, at) => ({
    n: at + 1,
    text: readingText(chunk),
    heading: chunk.heading,
    score: chunk.score,
    documentName: chunk.documentName,
    page: chunk.page,
  }));
  if (input.isSummary) return { text: summariseExtractively(input.question, passages), match: null };
  const { text, match } = answerExtractively(input.question, passages, {
    background: input.background,
    ...(input.language === null ? {} : { language: input.language }),
  });
  if (match === 'none' && input.pending > 0) return { text: `${stillReading(input)}\n\n${text}`, match };
  if (match !== 'none' || !input.docsOnly) return { text, match };
  return { text: `${framesFor(input.question).notInDocuments}\n\n${closest(input)}`, match };
}

/** The heads of the best passages, each with its number. */
function closest(input: WritingInput): string {
  return input.chunks
    .slice(0, 3)
    .map((chunk, at) => `- ${chunk.content.replace(/\s+/g, ' ').slice(0, 200).toWellFormed()}… [${at + 1}]`)
    .join('\n');
}

/** Share of a model's window for the names of documents: a long list must not push out what is in them. */
const titleShare = 0.1;

function titlesThatFit(titles: readonly string[], model: ChatModel): readonly string[] {
  let left = Math.floor(model.contextWindow * titleShare);
  const end = titles.findIndex((title) => (left -= model.countTokens(title) + 2) < 0);
  return end < 0 ? titles : titles.slice(0, end);
}

function planGenerated(input: WritingInput, model: ChatModel): Plan {
  const sources: PromptSource[] = input.chunks.map((chunk, at) => ({
    n: at + 1,
    documentName: chunk.documentName,
    page: chunk.page,
    heading: chunk.heading,
    text: readingText(chunk),
  }));
  const titles = titlesThatFit(input.titles, model);
  const system = input.mode === 'llm' ? noContextPrompt : systemPrompt(titles, input.docsOnly);
  const window = divideWindow({
    contextWindow: model.contextWindow,
    system,
    history: input.history,
    sources: sources.map(sourceText),
    question: input.question,
    countTokens: (text) => model.countTokens(text),
  });
  const kept = sources.slice(0, window.sources);
  const notices: string[] = [];
  if (titles.length < input.titles.length) {
    notices.push(
      `The model was told the names of ${titles.length} of ${input.titles.length} documents; all of them were searched.`,
    );
  }
  if (kept.length < sources.length) {
    notices.push(
      `${sources.length - kept.length} of ${sources.length} passages did not fit into the model's context window of ${model.contextWindow} tokens.`,
    );
  }
  if (window.history < input.history.length) {
    notices.push(`The model saw the last ${window.history} of ${input.history.length} earlier messages.`);
  }
  const last = input.mode === 'llm' ? input.question : questionWithSources(input.question, kept);
  const messages = [
    ...(window.history === 0 ? [] : input.history.slice(-window.history)),
    { role: 'user' as const, content: last },
  ];
  return {
    chunks: input.chunks.slice(0, kept.length),
    notices,
    overflow: window.overflow,
    match: null,
    countPrompt: () =>
      [system, ...messages.map((message) => message.content)].reduce(
        (sum, text) => sum + model.countTokens(text),
        0,
      ),
    write: (signal) => model.stream({ system, messages, maxOutputTokens: window.maxOutputTokens }, signal),
  };
}
