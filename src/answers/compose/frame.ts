import type { ChatMessage, ChatModel } from '../../models/model.ts';
import type { RetrievedChunk } from '../../retrieval/result.ts';
import type { Turn } from '../read-turns.ts';
import { divideWindow, messageOverhead, type Window, withoutTokens } from './context-window.ts';
import { readingText } from './gather.ts';
import {
  noContextPrompt,
  type PromptSource,
  questionWithSources,
  sourceText,
  systemPrompt,
} from './prompt.ts';

export interface FrameInput {
  mode: 'documents' | 'llm';
  question: string;
  titles: readonly string[];
  /** Names of documents that are still being read. */
  unread: readonly string[];
  docsOnly: boolean;
  /** The operator's bound for one answer, in tokens. */
  largestOutput: number;
  /** Earlier turns, oldest first; those that stand take their room before the sources do. */
  history: readonly Turn[];
  now: Date;
}

/** What is sent to a model around sources and earlier turns, and the room that it leaves for them. */
export interface Frame {
  model: ChatModel;
  system: string;
  /** What is left beside rules, question and standing messages. */
  window: Window;
  /** System messages and the summary of what was said long ago: they stand however long the conversation becomes. */
  standing: ChatMessage[];
  notices: string[];
  /** Tokens of a passage as it will stand among the sources. */
  costOf(chunk: RetrievedChunk): number;
  /** Tokens of an earlier turn. */
  turnCost(turn: ChatMessage): number;
  /** The last message, with these passages of all that were found as its sources. */
  ask(chunks: readonly RetrievedChunk[], found: number): string;
}

/** Share of a model's window for the names of documents: a long list must not push out what is in them. */
const titleShare = 0.1;

export function openFrame(input: FrameInput, model: ChatModel): Frame {
  const today = input.now.toISOString().slice(0, 10);
  const titles = namesThatFit(input.titles, model);
  const unread = namesThatFit(input.unread, model);
  const isChat = input.mode === 'llm';
  const system = isChat ? noContextPrompt(today) : systemPrompt(input.docsOnly);
  const ask = (chunks: readonly RetrievedChunk[], found: number): string =>
    isChat
      ? input.question
      : questionWithSources(input.question, { sources: chunks.map(toPrompt), found, titles, unread, today });
  const whole = divideWindow({
    contextWindow: model.contextWindow,
    fixedTokens: model.countTokens(system) + model.countTokens(ask([], 1)),
    largestOutput: input.largestOutput,
    reasons: model.reasons,
  });
  const turnCost = (turn: ChatMessage): number => model.countTokens(turn.content) + messageOverhead;
  const standing = standingThatFits(input.history, whole.forSources / 2, turnCost);
  const taken = standing.reduce((sum, turn) => sum + turnCost(turn), 0);
  const costs = new WeakMap<RetrievedChunk, number>();
  return {
    model,
    system,
    window: withoutTokens(whole, taken),
    standing,
    notices:
      titles.length === input.titles.length
        ? []
        : [
            `The model was told the names of ${titles.length} of ${input.titles.length} documents; all of them were searched.`,
          ],
    costOf(chunk) {
      const known = costs.get(chunk);
      if (known !== undefined) return known;
      const cost = model.countTokens(sourceText(toPrompt(chunk, 0))) + messageOverhead;
      costs.set(chunk, cost);
      return cost;
    },
    turnCost,
    ask,
  };
}

export function isStanding({ role, isSummary }: Turn): boolean {
  return role === 'system' || isSummary === true;
}

/** The newest first in their claim to the room. */
function standingThatFits(
  history: readonly Turn[],
  budget: number,
  costOf: (turn: ChatMessage) => number,
): ChatMessage[] {
  let left = budget;
  return history
    .filter(isStanding)
    .toReversed()
    .filter((order) => (left -= costOf(order)) >= 0)
    .toReversed();
}

function toPrompt(chunk: RetrievedChunk, at: number): PromptSource {
  const { documentName, page, heading } = chunk;
  return { n: at + 1, documentName, page, heading, text: readingText(chunk) };
}

function namesThatFit(names: readonly string[], model: ChatModel): readonly string[] {
  let left = Math.floor(model.contextWindow * titleShare);
  const end = names.findIndex((name) => (left -= model.countTokens(name) + 4) < 0);
  return end < 0 ? names : names.slice(0, end);
}
