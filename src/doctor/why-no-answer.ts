import type { ChatModel } from '../models/model.ts';

const providerMs = 15_000;

/** Asks for one word: a wrong address, key or name shows here, before the first question. @returns null when words come */
export async function whyNoAnswer(chat: ChatModel): Promise<string | null> {
  const question = { role: 'user' as const, content: 'Say yes.' };
  const input = { system: 'Answer with one word.', messages: [question], maxOutputTokens: 16 };
  try {
    for await (const event of chat.stream(input, AbortSignal.timeout(providerMs))) if (event) return null;
    return 'it ended without an answer';
  } catch (error) {
    if (error instanceof DOMException) return `nothing came within ${providerMs / 1_000} seconds`;
    return error instanceof Error ? error.message : String(error);
  }
}
