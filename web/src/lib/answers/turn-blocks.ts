import type { MessageView } from './message-view.ts';

/** Messages that are drawn, and let go of, together. */
export interface TurnBlock {
  key: string;
  messages: MessageView[];
  /** How many messages stand before it. */
  from: number;
}

/** Small, so that a word that the browser finds leads near it; large, so that a long chat has few of them. */
const blockSize = 6;

/**
 * Cuts the messages of a chat into blocks. Where one began it begins again, whatever comes before or behind it: `starts`
 * remembers the keys.
 */
export function turnBlocks(messages: readonly MessageView[], starts: Set<string>): TurnBlock[] {
  const blocks: TurnBlock[] = [];
  for (const [from, message] of messages.entries()) {
    const block = blocks.at(-1);
    if (block && block.messages.length < blockSize && !starts.has(message.key)) {
      block.messages.push(message);
      continue;
    }
    starts.add(message.key);
    blocks.push({ key: message.key, messages: [message], from });
  }
  return blocks;
}
