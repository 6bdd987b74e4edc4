import type { takenPart } from '@alcove/contract';
import type { z } from 'zod';
import {
  type AnswerPlace,
  type AnswerStreamOptions,
  followAnswer,
  type NumberedAnswerEvent,
  openAnswer,
} from './answer-stream.ts';
import type { Client } from './client.ts';
import type { RequestOptions } from './transport.ts';

/** What the recipient of a conversation may do that is shared to take part in: by its link, as long as that is open. */
export function takePart({ transport }: Pick<Client, 'transport'>, token: string, password?: string) {
  const path = `/s/${encodeURIComponent(token)}`;
  const headers: Record<string, string> = password === undefined ? {} : { 'x-share-password': password };
  const at = (messageId: string): string => `${path}/messages/${encodeURIComponent(messageId)}`;
  const place: AnswerPlace = { pathOf: (messageId) => `${at(messageId)}/stream`, headers };
  return {
    /** Says something that nobody is to answer. */
    write(content: string, options?: RequestOptions): Promise<z.output<typeof takenPart>> {
      return transport.json('POST', `${path}/messages`, { ...options, body: { content }, headers });
    },
    /** Asks, and yields the answer's numbered events as `asking.stream` does. */
    ask(query: string, options: AnswerStreamOptions = {}): AsyncGenerator<NumberedAnswerEvent> {
      return openAnswer(transport, `${path}/query`, { query, stream: true }, options, place);
    },
    /** Replays an answer and follows it to its end. */
    follow(messageId: string, options: AnswerStreamOptions = {}): AsyncGenerator<NumberedAnswerEvent> {
      return followAnswer(transport, messageId, 0, options, place);
    },
    /** Ends an answer. */
    stop(messageId: string): Promise<{ stopped: boolean }> {
      return transport.json('POST', `${at(messageId)}/stop`, { headers });
    },
    /** Yields whenever the conversation has changed, until the connection or the link ends. */
    async *changes(options: RequestOptions = {}): AsyncGenerator<void> {
      const events = await transport.events('GET', `${path}/changes`, { ...options, headers });
      for await (const _ of events ?? []) yield;
    },
  };
}
