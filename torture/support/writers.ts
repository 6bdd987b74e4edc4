import { setTimeout as pause } from 'node:timers/promises';
import type { Document, Message } from '@alcove/contract';
import type { Person } from '../../test/support/person.ts';
import { behave, type Provider } from '../../test/support/provider.ts';
import type { Random } from '../random.ts';
import { mustBe } from './claims.ts';
import type { AppendedTo, AskedQuestion, Ledger, Move } from './ledger.ts';
import { isLostConnection, lost, untilGone } from './until-gone.ts';
import { eventsOf } from './wire.ts';

// Each writes until the server is gone, as clients would: what was acknowledged is noted behind the answer.

export function append(person: Person, conversation: AppendedTo, random: Random): Promise<void> {
  return untilGone(async () => {
    const content = `${conversation.messages.length} ${'ü🗼x'.repeat(random.between(0, 400))} ${random.next()}`;
    conversation.unsure += 1;
    const { status, body } = await person.json<Message>(
      'POST',
      `/conversations/${conversation.id}/messages`,
      {
        role: 'user',
        content,
      },
    );
    mustBe(status === 201, `a message is answered with ${status}: ${JSON.stringify(body)}`);
    conversation.unsure -= 1;
    conversation.messages.push({ id: body.id, content });
  });
}

export function upload(
  person: Person,
  conversationId: string,
  ledger: Ledger,
  random: Random,
): Promise<void> {
  return untilGone(async () => {
    const text = `Document ${random.next()}. ${'The lighthouse stands on the cliff of Marsk. '.repeat(random.between(1, 120))}`;
    const { status, body } = await person.json<{ document: Document }>(
      'POST',
      `/conversations/${conversationId}/documents`,
      { name: `${random.between(0, 1e9)}.txt`, text },
    );
    mustBe(status === 202, `an upload is answered with ${status}: ${JSON.stringify(body)}`);
    ledger.documents.push({ id: body.document.id, text: text.trim(), conversationId, state: 'there' });
    await pause(random.between(20, 250));
  });
}

export function remove(person: Person, ledger: Ledger, random: Random): Promise<void> {
  return untilGone(async () => {
    await pause(random.between(50, 400));
    const there = ledger.documents.filter(({ state }) => state === 'there');
    // With too few of them it still has to notice that nobody is there any more.
    if (there.length < 4) {
      await person.json('GET', '/auth/me');
      return;
    }
    const document = random.oneOf(there);
    document.state = 'unsure';
    const { status } = await person.json('DELETE', `/documents/${document.id}`);
    mustBe(status === 200, `deleting a document is answered with ${status}`);
    document.state = 'gone';
  });
}

/** Once: everything of a conversation goes to another, the conversation itself away. */
export async function move(person: Person, from: string, to: string, ledger: Ledger): Promise<void> {
  const move: Move = { from, to, isDone: false };
  ledger.moves.push(move);
  try {
    const { status, body } = await person.json('DELETE', `/conversations/${from}?keep_documents_in=${to}`);
    mustBe(status === 200, `a move is answered with ${status}: ${JSON.stringify(body)}`);
    move.isDone = true;
  } catch (error) {
    if (!isLostConnection(error)) throw error;
  }
}

export function ask(person: Person, provider: Provider, ledger: Ledger, random: Random): Promise<void> {
  return untilGone(async () => {
    const question = `Where does the lighthouse stand? ${random.next()}`;
    const words = Array.from({ length: random.between(5, 80) }, (_, at) => `word${at}`);
    const answer = `It stands on the cliff. ${words.join(' ')}`;
    provider.script(behave.answer(answer, { until: pause(random.between(0, 600)) }));
    // A conversation of its own each time: an answer of an earlier round may still wait for its dead writer.
    const response = await person.fetch('/rag/query', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: question, stream: true, scope: 'all' }),
    });
    if (response.status !== 200)
      throw new Error(`a question is answered with ${response.status}: ${await response.text()}`);
    const asked = await follow(response, question, ledger);
    if (asked === null || asked.whole === null) throw new Error(lost);
  });
}

/** Notes what a client sees of a streamed answer, as it sees it. */
export async function follow(
  response: Response,
  question: string,
  ledger: Ledger,
): Promise<AskedQuestion | null> {
  let asked: AskedQuestion | null = null;
  for await (const { data } of eventsOf(response)) {
    if (data.type === 'message') {
      asked = {
        conversationId: data.conversation_id,
        messageId: data.message_id,
        userMessageId: data.user_message_id,
        question,
        events: 0,
        since: performance.now(),
        seen: '',
        whole: null,
      };
      ledger.questions.push(asked);
    }
    if (asked === null) continue;
    asked.events += 1;
    if (data.type === 'delta') asked.seen += data.text;
    if (data.type === 'done') asked.whole = data.answer.answer;
  }
  return asked;
}
