import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type HttpCaller, readText, register } from '../server/people.ts';

/** The model of this benchmark answers it with more than the buffers between two sockets hold. */
const question = 'How did it go? (at length)';
/** After the time of one reader: a server that has much to do looks later. */
const lateMs = 5_000;

export interface UnreadOutcome {
  letGo: number;
  /** Answers that are stored to their end and can be read from the first event to the last. */
  whole: number;
}

/**
 * Asks that many times, takes nothing of the answers, and waits until they are written.
 * @returns a function that waits until the server must have let go of them all, and says what became of them
 */
export async function askUnread(
  caller: HttpCaller,
  count: number,
  readerMs: number,
): Promise<() => Promise<UnreadOutcome>> {
  const { token } = await register(caller);
  const responses: IncomingMessage[] = [];
  for (let at = 0; at < count; at += 1)
    responses.push(await caller.open('POST', '/rag/query', token, { query: question, stream: true }));
  // What comes after is measured: the writing of so much is over then.
  while ((await readAnswers(caller, token)).some(({ status }) => status === 'streaming')) await sleep(500);
  const asked = performance.now();

  return async () => {
    // What is taken at first, into the buffers, counts as taken: a second turn is silent.
    await sleep(Math.max(0, asked + 2 * readerMs + lateMs - performance.now()));
    let letGo = 0;
    for (const response of responses) {
      const closed = once(response, 'close').catch(() => {});
      response.on('error', () => {}).resume();
      await closed;
      if (!response.complete) letGo += 1;
    }
    return { letGo, whole: await countWhole(caller, token) };
  };
}

async function countWhole(caller: HttpCaller, token: string): Promise<number> {
  let whole = 0;
  for (const { id, status } of await readAnswers(caller, token)) {
    if (status !== 'complete') continue;
    const stream = await readText(await caller.open('GET', `/messages/${id}/stream`, token));
    if (stream.includes('\nid: 1\n') && stream.includes('"status":"complete"')) whole += 1;
  }
  return whole;
}

interface StoredAnswer {
  id: string;
  status: string;
}

/** The last message of each conversation of theirs. */
async function readAnswers(caller: HttpCaller, token: string): Promise<StoredAnswer[]> {
  const path = '/conversations?limit=200';
  const { conversations } = await caller.json<{ conversations: { id: string }[] }>('GET', path, token);
  const read = async ({ id }: { id: string }): Promise<StoredAnswer[]> => {
    const whole = await caller.json<{ messages: StoredAnswer[] }>('GET', `/conversations/${id}`, token);
    return whole.messages.slice(-1);
  };
  return (await Promise.all(conversations.map(read))).flat();
}
