import type { Answer, conversationQueryBody, editBody, ragQueryBody, regenerateBody } from '@alcove/contract';
import type { z } from 'zod';
import {
  followAnswer,
  openAnswer,
  type AnswerStreamOptions,
  type NumberedAnswerEvent,
} from './answer-stream.ts';
import type { RequestOptions, Transport } from './transport.ts';

export type { AnswerStreamOptions, NumberedAnswerEvent } from './answer-stream.ts';

/** A question with its settings; `stream` is chosen by the call. */
export type AnswerQuestion = Omit<z.input<typeof conversationQueryBody>, 'stream'>;

/** How a question is answered anew. */
type Again = Omit<NonNullable<z.input<typeof regenerateBody>>, 'stream'>;
type Edit = Omit<z.input<typeof editBody>, 'stream' | 'answer'>;

/** Asking questions, and reading answers while they are written. */
export function asking(transport: Transport) {
  return {
    /** Asks in a conversation and resolves with the whole answer. */
    ask(conversationId: string, question: AnswerQuestion, options?: RequestOptions): Promise<Answer> {
      return transport.json('POST', queryPath(conversationId), {
        ...options,
        body: { ...question, stream: false },
      });
    },
    /** Asks in a new conversation of type `rag_query`. */
    askAnew(
      question: Omit<z.input<typeof ragQueryBody>, 'stream'>,
      options?: RequestOptions,
    ): Promise<Answer> {
      return transport.json('POST', '/rag/query', { ...options, body: { ...question, stream: false } });
    },
    /**
     * Asks in a conversation and yields the answer's numbered events: `message`, `sources`,
     * `delta` and `citation`, then one `done` or `failed`. A broken connection is taken up again at
     * the next event. Leaving the loop or aborting does not end the answer on the server: `stop` does.
     */
    stream(
      conversationId: string,
      question: AnswerQuestion,
      options: AnswerStreamOptions = {},
    ): AsyncGenerator<NumberedAnswerEvent> {
      return openAnswer(transport, queryPath(conversationId), { ...question, stream: true }, options);
    },
    /** The same in a new conversation of type `rag_query`, which the first event names. */
    streamAnew(
      question: Omit<z.input<typeof ragQueryBody>, 'stream'>,
      options: AnswerStreamOptions = {},
    ): AsyncGenerator<NumberedAnswerEvent> {
      return openAnswer(transport, '/rag/query', { ...question, stream: true }, options);
    },
    /** Asks an edited question beside the one that it replaces, which stays. */
    edit(messageId: string, question: Edit, options?: RequestOptions): Promise<Answer> {
      return transport.json('POST', `${at(messageId)}/edit`, {
        ...options,
        body: { ...question, stream: false },
      });
    },
    /** The same, with its answer as it comes. */
    streamEdit(
      messageId: string,
      question: Edit,
      options: AnswerStreamOptions = {},
    ): AsyncGenerator<NumberedAnswerEvent> {
      return openAnswer(transport, `${at(messageId)}/edit`, { ...question, stream: true }, options);
    },
    /** Answers a question once more, beside the answers that it has; names the question or one of them. */
    regenerate(messageId: string, how: Again = {}, options?: RequestOptions): Promise<Answer> {
      return transport.json('POST', `${at(messageId)}/regenerate`, {
        ...options,
        body: { ...how, stream: false },
      });
    },
    /** The same, with the answer as it comes. */
    streamRegenerate(
      messageId: string,
      how: Again = {},
      options: AnswerStreamOptions = {},
    ): AsyncGenerator<NumberedAnswerEvent> {
      return openAnswer(transport, `${at(messageId)}/regenerate`, { ...how, stream: true }, options);
    },
    /** The events of an answer that is being written or is finished, after event number `after` (default: all). */
    follow(
      messageId: string,
      options: AnswerStreamOptions & { after?: number } = {},
    ): AsyncGenerator<NumberedAnswerEvent> {
      return followAnswer(transport, messageId, options.after ?? 0, options);
    },
    /** Ends an answer that is being written; its text so far is kept. */
    stop(messageId: string, options?: RequestOptions): Promise<void> {
      return transport.nothing('POST', `${at(messageId)}/stop`, {
        ...options,
        body: {},
      });
    },
  };
}

function queryPath(conversationId: string): string {
  return `/rag/conversation/${encodeURIComponent(conversationId)}/query`;
}

function at(messageId: string): string {
  return `/messages/${encodeURIComponent(messageId)}`;
}
