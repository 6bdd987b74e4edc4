import type { Strategy } from '@alcove/client';
import { connect } from './connect.ts';
import { printAnswer } from './print-answer.ts';

/** Asks, prints the cited answer and says where the conversation goes on; 1 when there is no answer. */
export async function askCommand(
  question: string,
  options: { conversation?: string; strategy: Strategy },
): Promise<number> {
  const client = connect();
  const asked = { query: question, strategy: options.strategy };
  const events =
    options.conversation === undefined
      ? client.asking.streamAnew(asked)
      : client.asking.stream(options.conversation, asked);
  const { answered, conversationId } = await printAnswer(events);
  if (conversationId !== null) {
    const next = `npm run alcove -- ask -c ${conversationId} "..."`;
    process.stdout.write(`Conversation ${conversationId} (go on with: ${next})\n`);
  }
  return answered ? 0 : 1;
}
