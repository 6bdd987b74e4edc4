import { searchQuery, searchResults } from '@alcove/contract';
import { ConversationScope } from '../../conversations/scope.ts';
import { search } from '../../search/search.ts';
import type { App } from '../app.ts';
import { principalOf } from '../auth.ts';
import type { HttpDeps } from '../deps.ts';
import { decodeOrdinal, encodeOrdinal } from '../paging.ts';
import { perMinute } from '../rate-limits.ts';

/** Beside each message that somebody may send in a minute: as they type, some searches a second. */
const searchesPerMessage = 10;

export function searchRoutes(app: App, { db, answers, config }: HttpDeps): void {
  app.get(
    '/search',
    {
      config: {
        conversation: true,
        ...perMinute(config.limits.messagesPerMinute * searchesPerMessage, 'searches'),
      },
      schema: {
        tags: ['search'],
        operationId: 'search',
        summary: 'Search titles, messages and documents',
        description:
          'Words are found in all their forms, the last one as a prefix, and with one typo where nothing else has it. Filters stand in the query: `has:document`, `in:title`, `before:2026-01-31`, `after:`, `from:assistant`, `tag:name`; a phrase in quotation marks is found as written.',
        querystring: searchQuery,
        response: { 200: searchResults },
      },
    },
    async (request) => {
      const { q, in: places, conversation_id: conversationId, limit, cursor } = request.query;
      const user = principalOf(request).scope;
      const one = conversationId ?? user.limitedTo;
      const scope = one === undefined ? user : await ConversationScope.open(db, user, one);
      const skip = decodeOrdinal(cursor) + 1;
      const deps = { db, background: answers.retrieval.background };
      const { hits, hasMore, indexing } = await search(scope, { query: q, places, skip, limit }, deps);
      const next = hasMore ? encodeOrdinal(skip + hits.length - 1) : null;
      return { results: hits, next_cursor: next, indexing };
    },
  );
}
