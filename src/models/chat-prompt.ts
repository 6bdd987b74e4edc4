import type { ChatInput, ChatMessage } from './model.ts';
import type { SdkPrompt, SdkProviderOptions } from './sdk.ts';

/**
 * The prompt in the one shape that every provider and every local chat template accepts: a single
 * system text in front, then user and assistant in strict turns, none of them empty.
 * @param cacheMark for a provider that caches only what it is asked to: put on the last message that the next question
 * will bring again, which is the one before the question
 */
export function toSdkPrompt(input: ChatInput, cacheMark?: SdkProviderOptions): SdkPrompt {
  const system = [input.system, ...contentsOf(input.messages, 'system')].filter(isFilled).join('\n\n');
  const turns = joinTurns(
    input.messages.filter((message) => message.role !== 'system' && isFilled(message.content)),
  );
  const prompt: SdkPrompt = [
    ...(system ? [{ role: 'system' as const, content: system }] : []),
    ...turns.map(({ role, content }) => ({
      role: role === 'assistant' ? ('assistant' as const) : ('user' as const),
      content: [{ type: 'text' as const, text: content }],
    })),
  ];
  const last = prompt.at(-2);
  if (last !== undefined && cacheMark !== undefined) last.providerOptions = cacheMark;
  return prompt;
}

function contentsOf(messages: ChatMessage[], role: ChatMessage['role']): string[] {
  return messages.filter((message) => message.role === role).map((message) => message.content);
}

/** Two messages in a row of one role become one: templates of local models refuse them. */
function joinTurns(messages: ChatMessage[]): ChatMessage[] {
  const turns: ChatMessage[] = [];
  for (const { role, content } of messages) {
    const last = turns.at(-1);
    if (last?.role === role) last.content += `\n\n${content}`;
    else turns.push({ role, content });
  }
  return turns;
}

function isFilled(text: string): boolean {
  return text.trim() !== '';
}
