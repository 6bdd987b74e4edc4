import { chatBody, chatParams, uiMessageChunk } from '@alcove/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { askByChat, findChat } from '../../answers/ask-by-chat.ts';
import { follow } from '../../answers/stream/follow.ts';
import { readMessage } from '../../conversations/message-store.ts';
import type { ConversationScope } from '../../conversations/scope.ts';
import { readConversation } from '../../conversations/store.ts';
import { principalOf } from '../auth.ts';
import { untilClosed } from '../caller-gone.ts';
import type { HttpDeps } from '../deps.ts';
import { eventStream } from '../describe-route.ts';
import { markChanged, requestNameOf, settleAnswer } from '../held-key.ts';
import { refuseBadString } from '../json-body.ts';
import { messagesPerMinute } from '../rate-limits.ts';
import { openMessage } from '../scopes.ts';
import type { App } from '../app.ts';
import { sendLines } from '../sse.ts';
import { readQuestion } from '../ui-messages.ts';
import { uiStream, uiStreamHeader } from '../ui-stream.ts';

const tags = ['asking'];
/** Beside a file of the largest size, in base64: the conversation so far, which its client sends each time. */
const maxTextBytes = 8 * 1024 * 1024;

/** The AI SDK's chat protocol. What the client sends of the history is not trusted: the stored one counts. */
export function chatRoutes(app: App, { db, answers, documents, config, closing }: HttpDeps): void {
  app.post(
    '/api/chat',
    {
      bodyLimit: Math.ceil((config.limits.uploadBytes * 4) / 3) + maxTextBytes,
      config: {
        conversation: true,
        lenient: true,
        ...messagesPerMinute(config.limits.messagesPerMinute),
      },
      schema: {
        tags,
        operationId: 'chat',
        summary: 'Ask by the AI SDK UI-message stream (useChat)',
        description:
          'For AI SDK clients: takes their messages and answers in their stream protocol, with the conversation in X-Conversation-Id. The chat id names a conversation, or is bound to the one that it begins; files in the question become documents.',
        body: chatBody,
        sends: { [eventStream]: uiMessageChunk },
      },
    },
    async (request, reply) => {
      if (request.replayOf !== null) {
        const { scope, message } = await openMessage(
          Object.assign(request, { params: { id: request.replayOf[0] } }),
          db,
        );
        return stream(scope, message.id, request, reply);
      }
      const { messages, conversationId, strategy, trigger, ...chat } = request.body;
      const { scope, started } = await askByChat(
        principalOf(request).scope,
        {
          id: chat.id,
          conversationId: conversationId ?? undefined,
          requestName: requestNameOf(request),
          messages,
          messageId: chat.messageId,
          parentId: chat.parentId,
          topK: chat.topK,
          strategy,
          onChange: () => markChanged(request),
          isRegeneration: trigger === 'regenerate-message',
          ...readQuestion(messages),
        },
        answers,
        documents,
        settleAnswer(request),
      );
      return stream(scope, started.messageId, request, reply);
    },
  );

  // Where useChat looks for an answer that is under way, when it opens a chat.
  app.get(
    '/api/chat/:id/stream',
    {
      config: { conversation: true, lenient: true },
      schema: {
        tags,
        operationId: 'resumeChat',
        summary: 'Resume the answer that is under way (useChat)',
        description:
          'The stream of the answer that is being written in the conversation, which its own id or the chat id of its client names; 204 when there is none.',
        params: chatParams,
        response: { 204: z.null() },
        sends: { [eventStream]: uiMessageChunk },
      },
    },
    async (request, reply) => {
      refuseBadString(request.params.id, 'id');
      const scope = await findChat(principalOf(request).scope, request.params.id, answers);
      const leafId = scope === null ? null : (await readConversation(db, scope)).activeLeafId;
      if (scope === null || leafId === null) return reply.code(204).send(null);
      const leaf = await readMessage(db, scope, leafId);
      if (leaf?.status !== 'streaming') return reply.code(204).send(null);
      return stream(scope, leaf.id, request, reply);
    },
  );

  function stream(scope: ConversationScope, messageId: string, request: FastifyRequest, reply: FastifyReply) {
    const events = follow(scope, messageId, 0, answers, AbortSignal.any([closing, untilClosed(reply)]));
    reply.header(...uiStreamHeader).header('x-conversation-id', scope.conversationId);
    return sendLines(reply, uiStream(events), principalOf(request).isAlive, config.limits);
  }
}
