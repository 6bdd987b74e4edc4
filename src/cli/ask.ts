import type { Strategy } from '@alcove/client';
import { connect } from './connect.ts';
import { printAnswer } from './print-answer.ts';

/** Asks and prints the cited answer; 1 when there is none. */
export async function askCommand(
  question: string,
  options: { conversation?: string; strategy: Strategy },
): Promise<number> {
  const client = connect();
  const conversation = options.conversation ?? (await client.conversations.create()).id;
  const events = client.asking.stream(conversation, { query: question, strategy: options.strategy });
  return (await printAnswer(events)) ? 0 : 1;
}
