import type { ChatInput, ChatMessage } from './model.ts';
import type { SdkPrompt } from './sdk.ts';

/**
 * The prompt in the one shape that every provider and every local chat template accepts: a single
 * system text in front, then user and assistant in strict turns, none of them empty.
 */
export function toSdkPrompt(input: ChatInput): SdkPrompt {
  const system = [input.system, ...contentsOf(input.messages, 'system')].filter(isFilled).join('\n\n');
  const turns = joinTurns(
    input.messages.filter((message) => message.role !== 'system' && isFilled(message.content)),
  );
  return [
    ...(system ? [{ role: 'system' as const, content: system }] : []),
    ...turns.map(({ role, content }) => ({
      role: role === 'assistant' ? ('assistant' as const) : ('user' as const),
      content: [{ type: 'text' as const, text: content }],
    })),
  ];
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
