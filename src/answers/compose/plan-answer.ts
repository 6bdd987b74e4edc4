import type { AnswerMetadata } from '@alcove/contract';
import type { Background } from '../../indexing/background.ts';
import { questionsThatCount } from '../../indexing/followup.ts';
import type { ChatEvent } from '../../models/model.ts';
import { answerExtractively } from '../extractive/extractive.ts';
import { type Frames, framesFor } from '../extractive/frames.ts';
import { summariseExtractively } from '../extractive/extractive-summary.ts';
import type { Turn } from '../read-turns.ts';
import type { RetrievedChunk } from '../../retrieval/result.ts';
import { fit } from './context-window.ts';
import { type Frame, isStanding } from './frame.ts';
import { readingText } from './gather.ts';

export interface WritingInput {
  mode: 'documents' | 'llm';
  question: string;
  history: readonly Turn[];
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
  /** As the conversation's settings say; the model's own when undefined. */
  temperature: number | undefined;
  maxOutputTokens: number | undefined;
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

/** @param frame null without a language model */
export function planAnswer(input: WritingInput, frame: Frame | null): Plan {
  // What is being read may hold the answer: "nothing matches" would be a guess.
  if (input.chunks.length === 0 && input.pending > 0) return planFixed(stillReading(input), [askAgain]);
  if (input.docsOnly && input.chunks.length === 0) return notInDocuments(input);
  return frame === null ? planExtractive(input) : planGenerated(input, frame);
}

// What to do is told beside an answer, in the language of the interface, and does not stay in the conversation.
const askAgain = 'Ask again in a moment: what is still being read may hold the answer.';
const addOrAllow = 'Add a document, or allow answers from general knowledge.';
const addDocument = 'Add a document to ask about.';

function planFixed(text: string, notices: string[]): Plan {
  return {
    chunks: [],
    notices,
    overflow: false,
    match: 'none',
    countPrompt: () => 0,
    async *write() {
      yield { type: 'delta', text };
      yield { type: 'finish', reason: 'stop' };
    },
  };
}

function notInDocuments(input: WritingInput): Plan {
  const frames = framesOf(input);
  return input.titles.length === 0
    ? planFixed(frames.noDocuments, [addOrAllow])
    : planFixed(frames.noMatch, []);
}

function stillReading(input: WritingInput): string {
  const { reading, othersNoMatch } = framesOf(input);
  const files = reading.replace('{n}', String(input.pending));
  return input.titles.length === 0 ? files : `${files} ${othersNoMatch}`;
}

function framesOf({ question, language }: WritingInput): Frames {
  return framesFor(question, language);
}

function planExtractive(input: WritingInput): Plan {
  const isChat = input.mode === 'llm';
  const { text, match } = isChat ? { text: framesOf(input).nothingToQuote, match: null } : extract(input);
  const isUnread = match === 'none' && input.pending > 0;
  return {
    chunks: input.chunks,
    notices: [...olderLeftOut(input), ...(isChat ? [addDocument] : []), ...(isUnread ? [askAgain] : [])],
    overflow: false,
    match,
    countPrompt: () => 0,
    async *write() {
      yield { type: 'delta', text };
      yield { type: 'finish', reason: 'stop' };
    },
  };
}

/** Without a model, earlier questions lend their words to the search, and only the last ones do. */
function olderLeftOut({ mode, history }: WritingInput): string[] {
  if (mode === 'llm' || history.filter(({ role }) => role === 'user').length <= questionsThatCount) return [];
  return [
    `Without a language model only the last ${questionsThatCount} questions before this one count: older messages are left out.`,
  ];
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
  if (input.isSummary)
    return { text: summariseExtractively(input.question, passages, input.language), match: null };
  const { text, match } = answerExtractively(input.question, passages, {
    background: input.background,
    ...(input.language === null ? {} : { language: input.language }),
  });
  if (match === 'none' && input.pending > 0) return { text: `${stillReading(input)}\n\n${text}`, match };
  if (match !== 'none' || !input.docsOnly) return { text, match };
  return { text: `${framesOf(input).notInDocuments}\n\n${closest(input)}`, match };
}

/** The heads of the best passages, each with its number. */
function closest(input: WritingInput): string {
  return input.chunks
    .slice(0, 3)
    .map((chunk, at) => `- ${chunk.content.replace(/\s+/g, ' ').slice(0, 200).toWellFormed()}… [${at + 1}]`)
    .join('\n');
}

function planGenerated(input: WritingInput, frame: Frame): Plan {
  const { model, system, window, standing } = frame;
  const turns = input.history.filter((turn) => !isStanding(turn));
  const fitted = fit(window, input.chunks.map(frame.costOf), turns.map(frame.turnCost));
  const chunks = input.chunks.slice(0, fitted.sources);
  const notices = [...frame.notices];
  if (chunks.length < input.chunks.length) {
    notices.push(
      `${input.chunks.length - chunks.length} of ${input.chunks.length} passages did not fit into the model's context window of ${model.contextWindow} tokens.`,
    );
  }
  if (fitted.history < turns.length) {
    notices.push(`The model saw the last ${fitted.history} of ${turns.length} earlier messages.`);
  }
  const messages = [
    ...standing,
    ...(fitted.history === 0 ? [] : turns.slice(-fitted.history)),
    { role: 'user' as const, content: frame.ask(chunks, input.chunks.length) },
  ];
  return {
    chunks,
    notices,
    overflow: window.free < 0,
    match: null,
    countPrompt: () =>
      [system, ...messages.map((message) => message.content)].reduce(
        (sum, text) => sum + model.countTokens(text),
        0,
      ),
    write: (signal) =>
      model.stream(
        {
          system,
          messages,
          maxOutputTokens: Math.min(
            window.maxOutputTokens,
            (input.maxOutputTokens ?? Infinity) + window.forThoughts,
          ),
          ...(input.temperature === undefined ? {} : { temperature: input.temperature }),
        },
        signal,
      ),
  };
}
