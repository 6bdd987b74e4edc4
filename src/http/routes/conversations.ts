import {
  conversation,
  conversationList,
  createConversationBody,
  createMessageBody,
  history,
  historyQuery,
  idParams,
  listConversationsQuery,
  message,
  titleBody,
  titleQuery,
  updateConversationBody,
} from '@alcove/contract';
import { type ConversationOrder, listConversations } from '../../conversations/list-store.ts';
import {
  type ConversationRow,
  insertConversation,
  purgeAtOf,
  readConversation,
  updateConversation,
} from '../../conversations/store.ts';
import { appendMessage } from '../../conversations/append-message.ts';
import { readHistory } from '../../answers/history.ts';
import { defaultTitle } from '../../conversations/title.ts';
import { readVersions } from '../../documents/overview-store.ts';
import { AppError } from '../../errors.ts';
import { beginFromTemplate } from '../../templates/templates.ts';
import { principalOf } from '../auth.ts';
import type { HttpDeps } from '../deps.ts';
import { settleWith } from '../held-key.ts';
import { depthOf, maxDepth } from '../json-body.ts';
import { decodePinnedCursor, encodePinnedCursor, page } from '../paging.ts';
import { refuseSettings } from '../refuse-settings.ts';
import { memberText } from '../exact-json.ts';
import { documentsNamedIn, presentConversation, presentInHistory, presentPlaced } from '../present.ts';
import { messagesPerMinute } from '../rate-limits.ts';
import { openConversation } from '../scopes.ts';
import type { App } from '../app.ts';

const tags = ['conversations'];
const maxMetadataBytes = 256 * 1024;

export function conversationRoutes(app: App, deps: HttpDeps): void {
  const { db, answers, documents, config, now } = deps;
  const below = { conversation: true };

  app.post(
    '/conversations',
    {
      schema: {
        tags,
        operationId: 'createConversation',
        summary: 'Create a conversation',
        description:
          'An empty conversation; the body may be left out. A temporary one is erased when nothing was said in it for some time.',
        body: createConversationBody,
        response: { 201: conversation },
      },
    },
    async (request, reply) => {
      const {
        title = defaultTitle,
        conversation_type: conversationType = 'general',
        template_id: template,
        settings,
        project_id: projectId,
        temporary = false,
        expires_in_s: seconds,
      } = request.body ?? {};
      const isTemporary = temporary || seconds !== undefined;
      const expiresInS = isTemporary ? (seconds ?? config.limits.temporaryMs / 1000) : null;
      const user = principalOf(request).scope;
      const input = { title, conversationType, projectId, expiresInS, settings };
      refuseSettings(settings, deps);
      const settle = settleWith(request, 201, presentConversation, ({ id: conversationId }) => ({
        conversationId,
      }));
      const row =
        template === undefined
          ? await insertConversation(db, user, input, now(), settle)
          : await beginFromTemplate(user, template, input, documents, settle);
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
          'Pages of the conversations of the caller, filtered by what the query names; archived ones only when asked for, and deleted ones that can be restored with `status=deleted`.',
        querystring: listConversationsQuery,
        response: { 200: conversationList },
      },
    },
    async (request) => {
      const { limit, cursor, order, conversation_type: conversationType, ...query } = request.query;
      const { status, tag, pinned, unread, project_id: projectId } = query;
      const after = decodePinnedCursor(cursor, order === 'title');
      const filter = { conversationType, status, tag, pinned, unread, projectId };
      const user = principalOf(request).scope;
      const rows = await listConversations(db, user, filter, limit + 1, after, order);
      const shown = page(rows, limit, (row) =>
        encodePinnedCursor({ pinned: row.pinned, key: keyOf(row, order), id: row.id }),
      );
      return { conversations: shown.rows.map(presentConversation), next_cursor: shown.next_cursor };
    },
  );

  app.get(
    '/conversations/:id',
    {
      config: below,
      schema: {
        tags,
        operationId: 'getConversation',
        summary: 'A conversation with its messages, oldest first',
        description:
          'The newest messages of its active branch, or those before, after or around a given one.',
        params: idParams,
        querystring: historyQuery,
        response: { 200: history },
      },
    },
    async (request) => {
      const scope = await openConversation(request, db);
      const row = await readConversation(db, scope);
      const { messages, hasMore, hasLater, leafId } = await readHistory(scope, row, request.query, answers);
      const named = messages.flatMap((placed) => documentsNamedIn(placed.row.metadata));
      const versions = await readVersions(db, scope.user, [...new Set(named)]);
      return {
        ...presentConversation(row),
        messages: messages.map((placed) => presentInHistory(placed, versions)),
        has_more: hasMore,
        has_later: hasLater,
        leaf_id: leafId,
      };
    },
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
      const { project_id: projectId, expires_in_s: expiresInS, ...change } = request.body;
      refuseSettings(change.settings, deps);
      const at = now();
      const more = {
        ...(projectId === undefined ? {} : { projectId }),
        ...(expiresInS === undefined ? {} : { expiresInS, purgeAt: purgeAtOf(expiresInS, at) }),
      };
      return presentConversation(await updateConversation(db, scope, { ...change, ...more }, at));
    },
  );
}

function keyOf(row: ConversationRow, order: ConversationOrder): Date | string {
  if (order === 'title') return row.title;
  return order === 'created' ? row.createdAt : row.activityAt;
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
