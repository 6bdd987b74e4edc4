import type { ChatModel } from './model.ts';

/**
 * Whether a model thinks before it answers, by its name, because no provider says it: OpenAI's o and GPT-5 families,
 * Gemini from 2.5 on and under its names without a number, Grok from 4 on, and the open models that think.
 */
export function thinks(id: string): boolean {
  return families.test(id) || words.test(id);
}

// Names come as `vendor/model` from gateways and as `model:size` from Ollama.
const families =
  /(?:^|[/:])(?:o[1-9](?!\d)|gpt-(?:[5-9]|oss)|gemini-(?:2\.[5-9]|[3-9]|flash|pro)|grok-(?:[4-9]|3-mini)|glm-(?:4\.[5-9]|[5-9]|z1)|qwq|qwen-?3|deepseek-r|magistral|minimax-m)/i;
const words = /reason|think|[-_]r1(?![a-z0-9])/i;

/** What most models think about a short task stays below this. */
const shortThought = 4_000;

/** Tokens that a short text of this many may take, with its model's thoughts, which come out of the same allowance. */
export function allowanceFor(model: ChatModel, tokens: number): number {
  if (model.reasons !== true) return tokens;
  // A server refuses an allowance that leaves its window no room for the question.
  return tokens + Math.min(shortThought, Math.floor(model.contextWindow / 4));
}
