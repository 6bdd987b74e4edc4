export interface WindowInput {
  contextWindow: number;
  /** Tokens of what is always sent: rules, names, question. */
  fixedTokens: number;
  /** The operator's bound for one answer. */
  largestOutput: number;
  /** Room for a model that thinks before it answers, out of the same allowance. */
  reasons?: boolean | undefined;
}

/** A model's window, divided: the answer and what is always sent first, then sources, then the conversation. */
export interface Window {
  maxOutputTokens: number;
  /** What of it is for thoughts, beside whatever length a person allows the answer; 0 for a model that does not think. */
  forThoughts: number;
  /** For sources and earlier turns together; below 0 not even the question fits. */
  free: number;
  /** What sources may take of it whatever the conversation is, so that both choosing and fitting go by one number. */
  forSources: number;
}

/** Each message costs a few tokens more than its text, for the provider's own delimiters. */
export const messageOverhead = 8;
/** Thinking comes out of the allowance for the answer, and would leave nothing of a usual one. */
const largestReasoning = 16_384;
/** Sources may take this share of what is left, so that a long list cannot push out the conversation. */
const sourceShare = 0.7;

export function divideWindow({
  contextWindow,
  fixedTokens,
  largestOutput,
  reasons = false,
}: WindowInput): Window {
  const largest = reasons ? largestOutput + largestReasoning : largestOutput;
  const maxOutputTokens = Math.min(largest, Math.floor(contextWindow / (reasons ? 3 : 4)));
  const forThoughts = reasons ? Math.floor((maxOutputTokens * largestReasoning) / largest) : 0;
  const free = contextWindow - maxOutputTokens - fixedTokens - 2 * messageOverhead;
  return { maxOutputTokens, forThoughts, free, forSources: forSourcesOf(free) };
}

/** The window without what always stands in it beside rules and question. */
export function withoutTokens(window: Window, tokens: number): Window {
  const free = window.free - tokens;
  return { ...window, free, forSources: forSourcesOf(free) };
}

function forSourcesOf(free: number): number {
  return Math.max(0, Math.floor(free * sourceShare));
}

export interface Fitted {
  /** How many of the sources fit; those of lowest rank are left out first. */
  sources: number;
  /** How many of the newest turns fit. */
  history: number;
}

/** @param historyCosts tokens of each earlier turn, oldest first; @param sourceCosts of each source, best first */
export function fit(window: Window, sourceCosts: readonly number[], historyCosts: readonly number[]): Fitted {
  const [sources, used] = takeWhileFits(sourceCosts, Math.min(window.forSources, window.free));
  const [history, historyUsed] = takeWhileFits(historyCosts.toReversed(), window.free - used);
  // What the turns did not need, more sources may have.
  const [more] = takeWhileFits(sourceCosts, window.free - historyUsed);
  return { sources: Math.max(sources, more), history };
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
