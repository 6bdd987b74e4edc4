import { setTimeout as sleep } from 'node:timers/promises';
import type { Message } from '@alcove/contract';
import type { Person } from '../../support/app.ts';

export interface Writer {
  /** What was said and acknowledged, in order. */
  said: string[];
  /** Statuses of what was refused. */
  refused: number[];
  /** Ends it after the request that is under way. */
  stop(): Promise<void>;
}

/** Says one thing after another in a conversation, and goes on when it is refused. */
export function writeOn(person: Person, conversationId: string): Writer {
  const said: string[] = [];
  const refused: number[] = [];
  const stopping = new AbortController();
  const done = (async () => {
    for (let at = 0; !stopping.signal.aborted; at += 1) {
      const content = `${conversationId} ${at}`;
      const { status } = await say(person, conversationId, content);
      if (status === 201) said.push(content);
      else refused.push(status);
      await sleep(status === 201 ? 50 : 200);
    }
  })();
  return {
    said,
    refused,
    stop() {
      stopping.abort();
      return done;
    },
  };
}

async function say(person: Person, conversationId: string, content: string): Promise<Response> {
  const response = await person.fetch(`/conversations/${conversationId}/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ role: 'user', content }),
  });
  await response.body?.cancel();
  return response;
}

/** What the conversation holds, oldest first. */
export async function saidIn(person: Person, conversationId: string): Promise<string[]> {
  const said: string[] = [];
  let before = '';
  for (;;) {
    const path = `/conversations/${conversationId}?limit=200${before}`;
    const { status, body } = await person.json<{ messages: Pick<Message, 'id' | 'content'>[] }>('GET', path);
    if (status !== 200) throw new Error(`the messages are not to be read: ${status}`);
    const [oldest] = body.messages;
    if (oldest === undefined) return said;
    said.unshift(...body.messages.map(({ content }) => content));
    before = `&before=${oldest.id}`;
  }
}
