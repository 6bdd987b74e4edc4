import {
  conversation,
  conversationList,
  conversationStats,
  createConversationBody,
  createMessageBody,
  deleteConversationQuery,
  deletedConversation,
  history,
  historyQuery,
  idParams,
  listConversationsQuery,
  message,
  overview,
  titleBody,
  titleQuery,
  updateConversationBody,
} from '@alcove/contract';
import { ConversationScope } from '../../conversations/scope.ts';
import {
  insertConversation,
  listConversations,
  readConversation,
  updateConversation,
} from '../../conversations/store.ts';
import { appendMessage } from '../../conversations/append-message.ts';
import { readHistory } from '../../answers/history.ts';
import { overviewOf, statisticsOf } from '../../conversations/statistics.ts';
import { defaultTitle } from '../../conversations/title.ts';
import { AppError } from '../../errors.ts';
import { deleteConversation } from '../../documents/delete-conversation.ts';
import { principalOf } from '../auth.ts';
import type { HttpDeps } from '../deps.ts';
import { settleWith } from '../idempotency.ts';
import { depthOf, maxDepth } from '../json-body.ts';
import { decodePinnedCursor, encodePinnedCursor, page } from '../paging.ts';
import { memberText } from '../exact-json.ts';
import { presentConversation, presentPlaced } from '../present.ts';
import { messagesPerMinute } from '../rate-limits.ts';
import { openConversation } from '../scopes.ts';
import type { App } from '../app.ts';

const tags = ['conversations'];
const maxMetadataBytes = 256 * 1024;

export function conversationRoutes(app: App, { db, answers, documents, config, now }: HttpDeps): void {
  const below = { conversation: true };

  app.post(
    '/conversations',
    {
      schema: {
        tags,
        operationId: 'createConversation',
        summary: 'Create a conversation',
        description: 'An empty conversation; the body may be left out.',
        body: createConversationBody,
        response: { 201: conversation },
      },
    },
    async (request, reply) => {
      const {
        title = defaultTitle,
        conversation_type: conversationType = 'general',
        template_id: template,
      } = request.body ?? {};
      if (template !== undefined) throw new AppError('not_found', 'This template does not exist.');
      const row = await insertConversation(
        db,
        principalOf(request).scope,
        { title, conversationType },
        now(),
        settleWith(request, 201, presentConversation, ({ id: conversationId }) => ({ conversationId })),
      );
      return reply.code(201).send(presentConversation(row));
    },
  );

  app.get(
    '/conversations',
    {
      config: below,
      schema: {
        tags,
        operationId: 'listConversations',
        summary: 'Conversations, pinned ones first, then newest activity',
        description:
          'Pages of the conversations of the caller, filtered by what the query names; archived ones only when asked for.',
        querystring: listConversationsQuery,
        response: { 200: conversationList },
      },
    },
    async (request) => {
      const { limit, cursor, conversation_type: conversationType, status, tag, pinned } = request.query;
      const after = decodePinnedCursor(cursor);
      const position = after === null ? null : { ...after, activityAt: after.at };
      const filter = { conversationType, status, tag, pinned };
      const rows = await listConversations(db, principalOf(request).scope, filter, limit + 1, position);
      const shown = page(rows, limit, ({ pinned: isPinned, activityAt, id }) =>
        encodePinnedCursor({ pinned: isPinned, at: activityAt, id }),
      );
      return { conversations: shown.rows.map(presentConversation), next_cursor: shown.next_cursor };
    },
  );

  app.get(
    '/conversations/stats/overview',
    {
      schema: {
        tags,
        operationId: 'getStatistics',
        summary: 'Statistics of the account',
        description: 'Totals over all conversations of the caller.',
        response: { 200: overview },
      },
    },
    async (request) => overviewOf(db, principalOf(request).scope),
  );

  app.get(
    '/conversations/:id',
    {
      config: below,
      schema: {
        tags,
        operationId: 'getConversation',
        summary: 'A conversation with its messages, oldest first',
        description: 'The newest messages of its active branch, or those before a given one.',
        params: idParams,
        querystring: historyQuery,
        response: { 200: history },
      },
    },
    async (request) => {
      const scope = await openConversation(request, db);
      const row = await readConversation(db, scope);
      const { messages, hasMore } = await readHistory(scope, row, request.query, answers);
      return { ...presentConversation(row), messages: messages.map(presentPlaced), has_more: hasMore };
    },
  );

  app.get(
    '/conversations/:id/stats',
    {
      config: below,
      schema: {
        tags,
        operationId: 'getConversationStatistics',
        summary: 'Statistics of one conversation',
        description: 'Its totals, the documents that no answer cites and the questions that found nothing.',
        params: idParams,
        response: { 200: conversationStats },
      },
    },
    async (request) => statisticsOf(db, await openConversation(request, db)),
  );

  app.post(
    '/conversations/:id/messages',
    {
      config: { ...below, ...messagesPerMinute(config.limits.messagesPerMinute) },
      schema: {
        tags,
        operationId: 'addMessage',
        summary: 'Append a message',
        description: 'Keeps a message as it is, without an answer. Its metadata comes back byte for byte.',
        params: idParams,
        body: createMessageBody,
        response: { 201: message },
      },
    },
    async (request, reply) => {
      const scope = await openConversation(request, db);
      const { role, content, message_metadata: metadata, parent_id: parentId } = request.body;
      const metadataSource = metadata === undefined ? null : exactMetadata(request.rawJson ?? '', metadata);
      const input = { role, content, metadata: metadata ?? {}, metadataSource, parentId };
      const placed = await appendMessage(
        scope,
        input,
        db,
        now(),
        settleWith(request, 201, presentPlaced, ({ row: { id: messageId } }) => ({ messageId })),
      );
      return reply.code(201).send(presentPlaced(placed));
    },
  );

  app.put(
    '/conversations/:id/title',
    {
      config: below,
      schema: {
        tags,
        operationId: 'renameConversation',
        summary: 'Rename, by query or body',
        description: 'The title comes as a query parameter or in the body; the query goes first.',
        params: idParams,
        querystring: titleQuery,
        body: titleBody,
        response: { 200: conversation },
      },
    },
    async (request) => {
      const scope = await openConversation(request, db);
      const title = request.query.title ?? request.body?.title;
      if (title === undefined)
        throw new AppError('invalid_request', 'Give the new title as ?title= or in the body.', {
          issues: [{ path: 'title', message: 'is missing' }],
        });
      return presentConversation(await updateConversation(db, scope, { title }, now()));
    },
  );

  app.patch(
    '/conversations/:id',
    {
      config: below,
      schema: {
        tags,
        operationId: 'updateConversation',
        summary: 'Change a conversation',
        description: 'Changes the fields that the body names and leaves the others.',
        params: idParams,
        body: updateConversationBody,
        response: { 200: conversation },
      },
    },
    async (request) => {
      const scope = await openConversation(request, db);
      return presentConversation(await updateConversation(db, scope, request.body, now()));
    },
  );

  app.delete(
    '/conversations/:id',
    {
      config: below,
      schema: {
        tags,
        operationId: 'deleteConversation',
        summary: 'Delete a conversation with its documents',
        description:
          'Gone from every read path at once. `keep_documents_in` moves its documents to another conversation first.',
        params: idParams,
        querystring: deleteConversationQuery,
        response: { 200: deletedConversation },
      },
    },
    async (request) => {
      const scope = await openConversation(request, db);
      const keep = request.query.keep_documents_in;
      const keepIn = keep === undefined ? null : await ConversationScope.open(db, scope.user, keep);
      const deleted = await deleteConversation(scope, keepIn, documents);
      for (const running of answers.running.all()) {
        if (running.userId === scope.userId && running.conversationId === scope.conversationId) {
          running.stop.abort(new AppError('not_found', 'This conversation was deleted.'));
        }
      }
      return { deleted };
    },
  );
}

/** The metadata's own text, as it came. */
function exactMetadata(body: string, metadata: unknown): string {
  if (depthOf(metadata) > maxDepth) {
    throw new AppError('invalid_request', `message_metadata is nested deeper than ${maxDepth} levels.`, {
      issues: [{ path: 'message_metadata', message: `is nested deeper than ${maxDepth} levels` }],
    });
  }
  const text = memberText(body, 'message_metadata') ?? JSON.stringify(metadata);
  if (Buffer.byteLength(text) <= maxMetadataBytes) return text;
  throw new AppError('invalid_request', 'message_metadata is larger than 256 KiB.', {
    issues: [{ path: 'message_metadata', message: 'is larger than 256 KiB' }],
  });
}
