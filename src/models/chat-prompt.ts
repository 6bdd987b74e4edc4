import type { ChatInput, ChatMessage } from './model.ts';
import type { SdkPrompt, SdkProviderOptions } from './sdk.ts';

/** A prompt in the shape that every provider and every local chat template accepts. */
export interface PlainTurns {
  /** One text in front of everything; empty where there is none. */
  system: string;
  /** User and assistant in strict turns, none of them empty. */
  turns: { role: 'user' | 'assistant'; content: string }[];
}

export function plainTurns({ system, messages }: ChatInput): PlainTurns {
  const turns = messages.filter((message) => message.role !== 'system' && isFilled(message.content));
  return {
    system: [system, ...contentsOf(messages, 'system')].filter(isFilled).join('\n\n'),
    turns: joinTurns(turns).map(({ role, content }) => ({
      role: role === 'assistant' ? role : 'user',
      content,
    })),
  };
}

/**
 * The same for the AI SDK.
 * @param cacheMark for a provider that caches only what it is asked to: put on the last message that the next question
 * will bring again, which is the one before the question
 */
export function toSdkPrompt(input: ChatInput, cacheMark?: SdkProviderOptions): SdkPrompt {
  const { system, turns } = plainTurns(input);
  const prompt: SdkPrompt = [
    ...(system ? [{ role: 'system' as const, content: system }] : []),
    ...turns.map(({ role, content }) => ({ role, content: [{ type: 'text' as const, text: content }] })),
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
