import type { ChatInput, FinishReason } from './model.ts';

/** What a provider sends of one answer, as it comes. */
export type AnswerPart =
  | { type: 'text'; text: string }
  /** The model thinks: a sign of life that is no part of the answer. */
  | { type: 'thought' }
  /** The provider says itself that this was all. Tokens where it counts them. */
  | { type: 'end'; reason: FinishReason; inputTokens?: number; outputTokens?: number };

/** Behind the first word, text is passed on this seldom, many tokens at once: events are committed no more often. */
export const textPaceMs = 200;

/** The next part; null where the stream ends without saying so. @throws what `readFacts` can read */
export type NextPart = () => Promise<AnswerPart | null>;

/** Makes one attempt at an answer. */
export interface AnswerSource {
  /** Resolves when the provider begins to answer. Aborting the signal ends the HTTP request. */
  open(input: ChatInput, signal: AbortSignal): Promise<NextPart>;
}
