import type {
  ContinuedConversation,
  createShareBody,
  Share,
  SharedConversation,
  shareList,
  updateShareBody,
} from '@alcove/contract';
import type { z } from 'zod';
import type { RequestOptions, Transport } from './transport.ts';

/** Links to conversations: made, updated and revoked by their owner, opened by readers. */
export function shares(transport: Transport) {
  const at = (id: string): string => `/shares/${encodeURIComponent(id)}`;
  const headers = (password: string | undefined): { headers: Record<string, string> } => ({
    headers: password === undefined ? {} : { 'x-share-password': password },
  });
  return {
    /** What the conversation says now; nothing later shows until the link is updated. */
    create(
      conversationId: string,
      body: NonNullable<z.input<typeof createShareBody>> = {},
      options?: RequestOptions,
    ): Promise<Share> {
      const path = `/conversations/${encodeURIComponent(conversationId)}/shares`;
      return transport.json('POST', path, { ...options, body });
    },
    list(
      query: { limit?: number; cursor?: string; conversation_id?: string } = {},
      options?: RequestOptions,
    ): Promise<z.output<typeof shareList>> {
      return transport.json('GET', '/shares', { ...options, query });
    },
    update(
      id: string,
      body: NonNullable<z.input<typeof updateShareBody>> = {},
      options?: RequestOptions,
    ): Promise<Share> {
      return transport.json('PUT', at(id), { ...options, body });
    },
    revoke(id: string, options?: RequestOptions): Promise<void> {
      return transport.nothing('DELETE', at(id), options);
    },
    /** By the token at the end of the link's address. `again`: read before, and not counted as a view. */
    open(
      token: string,
      password?: string,
      { again = false, ...options }: RequestOptions & { again?: boolean } = {},
    ): Promise<SharedConversation> {
      const query = again ? { again } : {};
      // A 401 says that this password is wrong: it must not be counted as tried twice. One that was right before is not.
      const anonymous = password !== undefined && !again;
      return transport.json('GET', link(token), { ...options, query, anonymous, ...headers(password) });
    },
    /** Makes an own conversation of what the link shows. */
    continue(token: string, password?: string, options?: RequestOptions): Promise<ContinuedConversation> {
      return transport.json('POST', `${link(token)}/continue`, { ...options, ...headers(password) });
    },
  };
}

function link(token: string): string {
  return `/s/${encodeURIComponent(token)}`;
}
