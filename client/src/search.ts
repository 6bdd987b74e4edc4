import type { SearchPlace, SearchResults } from '@alcove/contract';
import type { RequestOptions, Transport } from './transport.ts';

export interface SearchOptions extends RequestOptions {
  /** Everywhere when left out. */
  in?: readonly SearchPlace[];
  conversationId?: string;
  limit?: number;
  cursor?: string;
}

/** Search over everything that the caller has said, been told and uploaded. */
export function search(transport: Transport) {
  return function find(
    q: string,
    { in: places, conversationId, limit, cursor, ...options }: SearchOptions = {},
  ) {
    const query = { q, in: places?.join(','), conversation_id: conversationId, limit, cursor };
    return transport.json<SearchResults>('GET', '/search', { ...options, query });
  };
}
