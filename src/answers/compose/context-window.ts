import type { ChatMessage } from '../../models/model.ts';

export interface WindowInput {
  contextWindow: number;
  system: string;
  /** Earlier turns, oldest first. */
  history: readonly ChatMessage[];
  /** The sources in order of rank, as they will stand in the prompt. */
  sources: readonly string[];
  question: string;
  countTokens: (text: string) => number;
}

export interface Window {
  /** How many of the sources fit; those of lowest rank are left out first. */
  sources: number;
  /** How many of the newest turns fit. */
  history: number;
  maxOutputTokens: number;
  /** True when not even the question fits beside the system message. */
  overflow: boolean;
}

/** Each message costs a few tokens more than its text, for the provider's own delimiters. */
const messageOverhead = 8;
const largestOutput = 4_096;
/** Sources may take this share of what is left, so that a long list cannot push out the conversation. */
const sourceShare = 0.7;

/** Divides the model's window: answer, system message and question first, then sources, then recent turns. */
export function divideWindow(input: WindowInput): Window {
  const { contextWindow, countTokens } = input;
  const maxOutputTokens = Math.min(largestOutput, Math.floor(contextWindow / 4));
  const fixed = countTokens(input.system) + countTokens(input.question) + 2 * messageOverhead;
  const free = contextWindow - maxOutputTokens - fixed;
  if (free < 0) return { sources: 0, history: 0, maxOutputTokens, overflow: true };
  const sourceCosts = input.sources.map((text) => countTokens(text) + messageOverhead);
  const [sources, used] = takeWhileFits(sourceCosts, Math.floor(free * sourceShare));
  const historyCosts = input.history.toReversed().map((turn) => countTokens(turn.content) + messageOverhead);
  const [history, historyUsed] = takeWhileFits(historyCosts, free - used);
  // What the turns did not need, more sources may have.
  const [more] = takeWhileFits(sourceCosts, free - historyUsed);
  return { sources: Math.max(sources, more), history, maxOutputTokens, overflow: false };
}

function takeWhileFits(costs: readonly number[], budget: number): [count: number, used: number] {
  let used = 0;
  let count = 0;
  for (const cost of costs) {
    if (used + cost > budget) break;
    used += cost;
    count += 1;
  }
  return [count, used];
}
