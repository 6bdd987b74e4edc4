import type { ConversationHistory, Document, Message } from '@alcove/contract';
import { until } from '../../test/answers/support/until.ts';
import type { Person } from '../../test/support/person.ts';
import { mustBe, mustEqual } from './claims.ts';
import type { AppendedTo, AskedQuestion, Ledger, Move } from './ledger.ts';

/** Leases are 15 seconds; the rest is for a machine that has something else to do as well. */
const settledWithinMs = 120_000;

/**
 * Every acknowledged message is there, word for word and in order, in a history without gap or fork. With `known`, only
 * what came behind that many messages is read: those were looked through before.
 */
export async function verifyAppended(person: Person, conversation: AppendedTo, known = 0): Promise<void> {
  const anchor = conversation.messages[known - 1]?.id ?? null;
  const stored = await historyFrom(person, conversation.id, anchor);
  const places = new Map(stored.map((message, place) => [message.id, place]));
  const expected = conversation.messages.slice(anchor === null ? 0 : known - 1);
  let last = -1;
  for (const { id, content } of expected) {
    const place = places.get(id);
    mustBe(place !== undefined, `the acknowledged message ${id} is lost`);
    mustBe(stored[place]?.content === content, `the acknowledged message ${id} has another content`);
    mustBe(place > last, `the message ${id} is not where it was acknowledged`);
    last = place;
  }
  const parents = stored.map((message) => message.parent_id ?? null);
  // The first is a root where the whole history was read.
  const chain = stored.map((_, place) => stored[place - 1]?.id ?? (anchor === null ? null : parents[0]));
  mustEqual('the chain of parents', parents, chain);
  const surplus = stored.length - expected.length;
  mustBe(surplus <= conversation.unsure, `${surplus} messages are there that nobody knows of`);
}

export function wholeHistory(person: Person, conversationId: string): Promise<Message[]> {
  return historyFrom(person, conversationId, null);
}

/** From that message on, or from the first one. */
async function historyFrom(
  person: Person,
  conversationId: string,
  anchor: string | null,
): Promise<Message[]> {
  const pages: Message[][] = [];
  for (let before = ''; ;) {
    const path = `/conversations/${conversationId}?limit=200${before}`;
    const { status, body } = await person.json<ConversationHistory>('GET', path);
    mustBe(status === 200, `the history of ${conversationId} is answered with ${status}`);
    pages.unshift(body.messages);
    const place = anchor === null ? -1 : body.messages.findIndex(({ id }) => id === anchor);
    if (place >= 0) return pages.flat().slice(place);
    if (!body.has_more) {
      mustBe(anchor === null, `the acknowledged message ${anchor} is lost`);
      return pages.flat();
    }
    before = `&before=${body.messages[0]?.id}`;
  }
}

/** A move is done as a whole or not at all, whatever its client was told. */
export async function settleMoves(person: Person, ledger: Ledger): Promise<void> {
  for (const move of ledger.moves.splice(0)) {
    const { status } = await person.json('GET', `/conversations/${move.from}`);
    mustBe(!move.isDone || status === 404, 'a conversation whose deletion was acknowledged is there again');
    if (status === 404) noteMoved(ledger, move);
  }
}

function noteMoved(ledger: Ledger, { from, to }: Move): void {
  for (const document of ledger.documents) if (document.conversationId === from) document.conversationId = to;
}

/** Documents become ready with what they were declared with; deleted ones stay away. */
export async function verifyDocuments(person: Person, ledger: Ledger): Promise<number> {
  let ready = 0;
  for (const known of ledger.documents) {
    const document = await until(
      `document ${known.id} is settled`,
      async () => {
        const { status, body } = await person.json<Document>('GET', `/documents/${known.id}`);
        if (status === 404) return 'missing' as const;
        mustBe(status === 200, `document ${known.id} is answered with ${status}`);
        mustBe(body.status !== 'failed', `document ${known.id} failed: ${JSON.stringify(body.error)}`);
        return body.status === 'ready' && body;
      },
      settledWithinMs,
    );
    if (document === 'missing') {
      mustBe(known.state !== 'there', `the acknowledged document ${known.id} is lost`);
      known.state = 'gone';
      continue;
    }
    mustBe(known.state !== 'gone', `document ${known.id} is there after its deletion was acknowledged`);
    mustEqual(`the conversation of document ${known.id}`, document.conversation_id, known.conversationId);
    const { text } = await person.client.documents.text(known.id);
    mustBe(text.trim() === known.text, `document ${known.id} has another text`);
    const { chunks } = await person.client.documents.chunks(known.id, { limit: 200 });
    mustEqual(
      `passages of ${known.id}`,
      chunks.map(({ ordinal }) => ordinal),
      [...Array(document.chunk_count).keys()],
    );
    ready += 1;
  }
  return ready;
}

/** Nothing that a client saw of an answer is lost, and no answer is left without a writer. */
export async function verifyAnswers(person: Person, questions: readonly AskedQuestion[]): Promise<void> {
  for (const asked of questions) {
    const answer = await until(
      `answer ${asked.messageId} is ended`,
      async () => {
        const path = `/conversations/${asked.conversationId}?branch=${asked.messageId}`;
        const { status, body } = await person.json<ConversationHistory>('GET', path);
        mustBe(status === 200, `the branch of answer ${asked.messageId} is answered with ${status}`);
        const question = body.messages.find(({ id }) => id === asked.userMessageId);
        mustEqual(`the question of ${asked.messageId}`, question?.content, asked.question);
        const found = body.messages.find(({ id }) => id === asked.messageId);
        mustBe(found !== undefined, `the announced answer ${asked.messageId} is lost`);
        return found.status !== 'streaming' && found;
      },
      settledWithinMs,
    );
    if (asked.whole !== null) {
      mustEqual(`answer ${asked.messageId}`, [answer.status, answer.content], ['complete', asked.whole]);
    }
    mustBe(
      answer.content.startsWith(asked.seen),
      () =>
        `answer ${asked.messageId} lost text that was seen: ${JSON.stringify(answer.content)} after ${JSON.stringify(asked.seen)}`,
    );
  }
}
