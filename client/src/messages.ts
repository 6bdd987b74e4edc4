import type { AnswerTrace, createMessageBody, Message } from '@alcove/contract';
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
    /** How retrieval came to what a finished answer rests on. */
    trace(messageId: string, options?: RequestOptions): Promise<AnswerTrace> {
      return transport.json('GET', `/messages/${encodeURIComponent(messageId)}/trace`, options);
    },
  };
}
