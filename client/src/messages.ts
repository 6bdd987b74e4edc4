import type { AnswerTrace, createMessageBody, deletedMessage, feedbackBody, Message } from '@alcove/contract';
import type { z } from 'zod';
import type { RequestOptions, Transport } from './transport.ts';

/** Messages written by the caller, and traces of answers; questions go through `asking`. */
export function messages(transport: Transport) {
  return {
    add(
      conversationId: string,
      body: z.input<typeof createMessageBody>,
      options?: RequestOptions,
    ): Promise<Message> {
      const path = `/conversations/${encodeURIComponent(conversationId)}/messages`;
      return transport.json('POST', path, { ...options, body });
    },
    /** Writes another text beside a message, without an answer; to ask anew use `asking.edit`. */
    edit(id: string, content: string, options?: RequestOptions): Promise<Message> {
      return transport.json('POST', `${at(id)}/edit`, { ...options, body: { content, answer: false } });
    },
    /** Says what you think of an answer; a rating of null takes it back. */
    rate(id: string, body: z.input<typeof feedbackBody>, options?: RequestOptions): Promise<Message> {
      return transport.json('PUT', `${at(id)}/feedback`, { ...options, body });
    },
    /** Deletes a message with everything below it, for good. */
    delete(id: string, options?: RequestOptions): Promise<z.output<typeof deletedMessage>> {
      return transport.json('DELETE', at(id), options);
    },
    /** How retrieval came to what a finished answer rests on. */
    trace(messageId: string, options?: RequestOptions): Promise<AnswerTrace> {
      return transport.json('GET', `${at(messageId)}/trace`, options);
    },
  };
}

function at(id: string): string {
  return `/messages/${encodeURIComponent(id)}`;
}
