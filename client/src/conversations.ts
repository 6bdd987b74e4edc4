import type {
  Conversation,
  ConversationHistory,
  conversationList,
  ConversationStatistics,
  ConversationSummaries,
  createConversationBody,
  deletedConversation,
  DeletionPreview,
  listConversationsQuery,
  statisticsListQuery,
  StatisticsOverview,
  updateConversationBody,
} from '@alcove/contract';
import type { z } from 'zod';
import type { Query, RequestOptions, Transport } from './transport.ts';

/** In which time zone days are counted. */
export type StatisticsQuery = { time_zone?: string };

type ListQuery = Partial<z.output<typeof listConversationsQuery>>;

/** Conversations, their history and their statistics. */
export function conversations(transport: Transport) {
  return {
    create(
      body: NonNullable<z.input<typeof createConversationBody>> = {},
      options?: RequestOptions,
    ): Promise<Conversation> {
      return transport.json('POST', '/conversations/', { ...options, body });
    },
    /** Newest activity first; pass `next_cursor` back as `cursor` for the next page. */
    list(query: ListQuery = {}, options?: RequestOptions): Promise<z.output<typeof conversationList>> {
      return transport.json('GET', '/conversations/', { ...options, query });
    },
    /** The conversation with the messages of its active branch, oldest first, or with those around one of them. */
    get(
      id: string,
      query: { limit?: number; before?: string; branch?: string; around?: string; after?: string } = {},
      options?: RequestOptions,
    ): Promise<ConversationHistory> {
      return transport.json('GET', at(id), { ...options, query });
    },
    update(
      id: string,
      body: z.input<typeof updateConversationBody>,
      options?: RequestOptions,
    ): Promise<Conversation> {
      return transport.json('PATCH', at(id), { ...options, body });
    },
    rename(id: string, title: string, options?: RequestOptions): Promise<Conversation> {
      return transport.json('PUT', `${at(id)}/title`, { ...options, body: { title } });
    },
    delete(
      id: string,
      query: { keep_documents_in?: string; permanently?: boolean } = {},
      options?: RequestOptions,
    ): Promise<z.output<typeof deletedConversation>> {
      return transport.json('DELETE', at(id), { ...options, query: query satisfies Query });
    },
    /** What deleting would take along. */
    previewDeletion(id: string, options?: RequestOptions): Promise<DeletionPreview> {
      return transport.json('GET', `${at(id)}/deletion`, options);
    },
    /** Brings a deleted conversation back, as long as it is not erased. */
    restore(id: string, options?: RequestOptions): Promise<Conversation> {
      return transport.json('POST', `${at(id)}/restore`, { ...options, body: {} });
    },
    /** Shows the branch through this message from now on; the next question continues it. */
    switchBranch(id: string, leafId: string, options?: RequestOptions): Promise<Conversation> {
      return transport.json('PUT', `${at(id)}/branch`, { ...options, body: { leaf_id: leafId } });
    },
    /** A new conversation with the branch up to a message and copies of all documents. */
    fork(id: string, messageId?: string, options?: RequestOptions): Promise<Conversation> {
      return transport.json('POST', `${at(id)}/fork`, { ...options, body: { message_id: messageId } });
    },
    stats(
      id: string,
      query: StatisticsQuery = {},
      options?: RequestOptions,
    ): Promise<ConversationStatistics> {
      return transport.json('GET', `${at(id)}/stats`, { ...options, query });
    },
    /** Every conversation in numbers, a page at a time. */
    listStats(
      query: Partial<Omit<z.output<typeof statisticsListQuery>, 'format'>> = {},
      options?: RequestOptions,
    ): Promise<ConversationSummaries> {
      return transport.json('GET', '/conversations/stats', { ...options, query });
    },
    /** Totals over all conversations of the caller. */
    overview(query: StatisticsQuery = {}, options?: RequestOptions): Promise<StatisticsOverview> {
      return transport.json('GET', '/conversations/stats/overview', { ...options, query });
    },
  };
}

function at(id: string): string {
  return `/conversations/${encodeURIComponent(id)}`;
}
