import { setTimeout as pause } from 'node:timers/promises';
import type { ConversationHistory } from '@alcove/contract';
import type { Person } from '../../test/support/person.ts';
import { mustBe } from './claims.ts';

export async function newConversation(person: Person): Promise<string> {
  return (await person.client.conversations.create()).id;
}

export async function historyOf(
  person: Person,
  conversationId: string,
): Promise<ConversationHistory['messages']> {
  const path = `/conversations/${conversationId}?limit=200`;
  const { status, body } = await person.json<ConversationHistory>('GET', path);
  mustBe(status === 200, `the history of ${conversationId} is answered with ${status}`);
  return body.messages;
}

/** Longer than the lock of a key whose first request nobody knows the end of. */
const withinMs = 120_000;
const betweenMs = 100;

/** Sends a POST again under one Idempotency-Key until it is answered, as a careful client does. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller says what it expects
export async function postUntilAnswered<T>(
  person: Person,
  path: string,
  body: unknown,
  key: string,
): Promise<{ status: number; body: T; tries: number }> {
  const deadline = performance.now() + withinMs;
  for (let attempt = 1; ; attempt += 1) {
    const reply = await person
      .fetch(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify(body),
      })
      .then(
        async (response) => ({ status: response.status, text: await response.text() }),
        (error: unknown) => ({ status: 599, text: String(error) }),
      );
    const isBusy = reply.status === 409 && /Idempotency-Key/.test(reply.text);
    if (reply.status < 500 && !isBusy)
      return { status: reply.status, body: JSON.parse(reply.text) as T, tries: attempt };
    mustBe(
      performance.now() < deadline,
      `POST ${path} is still answered with ${reply.status}: ${reply.text}`,
    );
    await pause(betweenMs);
  }
}
