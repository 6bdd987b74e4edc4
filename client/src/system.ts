import type { Capabilities, Retrieved, retrieveBody } from '@alcove/contract';
import type { z } from 'zod';
import type { RequestOptions, Transport } from './transport.ts';

/** What the server can do, and retrieval without an answer. */
export function system(transport: Transport) {
  return {
    capabilities(options?: RequestOptions): Promise<Capabilities> {
      return transport.json('GET', '/capabilities', options);
    },
    /** The passages for a question with every list's ranks and scores. */
    retrieve(
      conversationId: string,
      body: z.input<typeof retrieveBody>,
      options?: RequestOptions,
    ): Promise<Retrieved> {
      const path = `/conversations/${encodeURIComponent(conversationId)}/retrieve`;
      return transport.json('POST', path, { ...options, body });
    },
  };
}
