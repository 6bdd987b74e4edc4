import { chatBody, idParams, uiMessageChunk } from '@alcove/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ask, newPlace } from '../../answers/ask.ts';
import { follow } from '../../answers/stream/follow.ts';
import { readMessage } from '../../conversations/message-store.ts';
import { ConversationScope } from '../../conversations/scope.ts';
import { readConversation } from '../../conversations/store.ts';
import { AppError } from '../../errors.ts';
import { principalOf } from '../auth.ts';
import type { HttpDeps } from '../deps.ts';
import { eventStream } from '../describe-route.ts';
import { rememberStream } from '../idempotency.ts';
import { perMinute } from '../rate-limits.ts';
import { openConversation, openMessage } from '../scopes.ts';
import type { App } from '../app.ts';
import { sendLines } from '../sse.ts';
import { uiStream, uiStreamHeader } from '../ui-stream.ts';

const tags = ['asking'];
const maxQuestion = 32_000;

/** The AI SDK's chat protocol. What the client sends of the history is not trusted: the stored one counts. */
export function chatRoutes(app: App, { db, answers, config, closing }: HttpDeps): void {
  app.post(
    '/api/chat',
    {
      config: {
        conversation: true,
        lenient: true,
        ...perMinute(config.limits.messagesPerMinute, 'messages'),
      },
      schema: {
        tags,
        operationId: 'chat',
        summary: 'Ask by the AI SDK UI-message stream (useChat)',
        description:
          'For AI SDK clients: takes their messages and answers in their stream protocol, with the conversation in X-Conversation-Id.',
        body: chatBody,
        sends: { [eventStream]: uiMessageChunk },
      },
    },
    async (request, reply) => {
      if (request.replayOf !== null) {
        const { scope, message } = await openMessage(
          Object.assign(request, { params: { id: request.replayOf } }),
          db,
        );
        return stream(scope, message.id, request, reply);
      }
      const { messages, conversationId, parentId, strategy = 'rrf_fusion', topK } = request.body;
      const query = lastQuestion(messages);
      const user = principalOf(request).scope;
      const place =
        conversationId === null || conversationId === undefined
          ? newPlace(user, 'general', query)
          : { scope: await ConversationScope.open(db, user, conversationId), begins: null };
      const started = await ask(place, { query, strategy, topK, parentId }, answers);
      await rememberStream(request, db, started.messageId);
      return stream(place.scope, started.messageId, request, reply);
    },
  );

  // Where useChat looks for an answer that is under way, with the conversation's id as the chat's.
  app.get(
    '/api/chat/:id/stream',
    {
      config: { conversation: true, lenient: true },
      schema: {
        tags,
        operationId: 'resumeChat',
        summary: 'Resume the answer that is under way (useChat)',
        description:
          'The stream of the answer that is being written in the conversation; 204 when there is none.',
        params: idParams,
        response: { 204: z.null() },
        sends: { [eventStream]: uiMessageChunk },
      },
    },
    async (request, reply) => {
      const scope = await openConversation(request, db);
      const { activeLeafId } = await readConversation(db, scope);
      const leaf = activeLeafId === null ? null : await readMessage(db, scope, activeLeafId);
      if (leaf?.status !== 'streaming') return reply.code(204).send(null);
      return stream(scope, leaf.id, request, reply);
    },
  );

  function stream(scope: ConversationScope, messageId: string, request: FastifyRequest, reply: FastifyReply) {
    const gone = new AbortController();
    request.raw.once('close', () => gone.abort());
    const events = follow(scope, messageId, 0, answers, AbortSignal.any([closing, gone.signal]));
    reply.header(...uiStreamHeader).header('x-conversation-id', scope.conversationId);
    return sendLines(reply, uiStream(events), principalOf(request).isAlive);
  }
}

type ChatMessages = {
  role: string;
  content?: string | undefined;
  parts?: { type: string; text?: string | undefined }[] | undefined;
}[];

function lastQuestion(messages: ChatMessages): string {
  const last = messages.findLast((message) => message.role === 'user');
  const parts = last?.parts?.flatMap((part) =>
    part.type === 'text' && part.text !== undefined ? [part.text] : [],
  );
  const text = (parts?.join('\n') ?? last?.content ?? '').trim();
  if (text !== '' && text.length <= maxQuestion) return text;
  throw new AppError(
    'invalid_request',
    text === ''
      ? 'The last user message holds no text.'
      : `A question has at most ${maxQuestion} characters.`,
    {
      issues: [{ path: 'messages', message: 'the last user message is empty or too long' }],
    },
  );
}
