import { answer, answerEvent, conversationQueryBody, idParams, ragQueryBody } from '@alcove/contract';
import { z } from 'zod';
import { newPlace } from '../../answers/ask.ts';
import { hasMore } from '../../answers/stream/follow.ts';
import { stopAnswer } from '../../answers/stop.ts';
import { AppError } from '../../errors.ts';
import { createAnswerReply } from '../answer-reply.ts';
import { principalOf } from '../auth.ts';
import type { HttpDeps } from '../deps.ts';
import { eventStream } from '../describe-route.ts';
import { settleWith } from '../held-key.ts';
import { messagesPerMinute } from '../rate-limits.ts';
import { openConversation, openMessage } from '../scopes.ts';
import type { App } from '../app.ts';

const tags = ['asking'];

export const lastEventId = z
  .object({ 'last-event-id': z.coerce.number().int().min(0).max(10_000_000).optional() })
  .loose();

export function answerRoutes(app: App, deps: HttpDeps): void {
  const { db, answers, config } = deps;
  const { respond, replay, streamTo } = createAnswerReply(deps);
  const below = { conversation: true };
  const limited = messagesPerMinute(config.limits.messagesPerMinute);

  app.post(
    '/rag/query',
    {
      config: limited ?? {},
      schema: {
        tags,
        operationId: 'askAnew',
        summary: 'Ask in a new conversation',
        description:
          'Makes a conversation of type `rag_query` and answers in it; `stream: true` sends the answer as it comes.',
        body: ragQueryBody,
        response: { 200: answer },
        sends: { [eventStream]: answerEvent },
      },
    },
    async (request, reply) => {
      const {
        query,
        top_k: topK,
        strategy,
        model,
        stream,
        include_sources: include,
        scope: reach,
        docs_only: docsOnly,
      } = request.body;
      if (request.replayOf !== null) return replay({ stream, include }, request, reply);
      return respond(
        newPlace(principalOf(request).scope, 'rag_query', query),
        { query, topK, strategy, model, reach, docsOnly },
        { stream, include },
        request,
        reply,
      );
    },
  );

  app.post(
    '/rag/conversation/:id/query',
    {
      config: { ...below, ...limited },
      schema: {
        tags,
        operationId: 'ask',
        summary: 'Ask in a conversation',
        description:
          'Answers from the documents of the conversation, with checked citations; `stream: true` sends the answer as it comes.',
        params: idParams,
        body: conversationQueryBody,
        response: { 200: answer },
        sends: { [eventStream]: answerEvent },
      },
    },
    async (request, reply) => {
      const scope = await openConversation(request, db);
      const { query, top_k: topK, strategy, model, stream, include_sources: include } = request.body;
      if (request.replayOf !== null) return replay({ stream, include }, request, reply);
      const { parent_id: parentId, document_ids: documentIds, docs_only: docsOnly } = request.body;
      const question = {
        query,
        topK,
        strategy,
        model,
        parentId,
        documentIds,
        docsOnly,
      };
      return respond({ scope, begins: null }, question, { stream, include }, request, reply);
    },
  );

  app.get(
    '/messages/:id/stream',
    {
      config: below,
      schema: {
        tags,
        operationId: 'followAnswer',
        summary: 'Replay an answer and follow it; Last-Event-ID resumes',
        description:
          'The numbered events of an answer, from the first or after Last-Event-ID, during its writing and afterwards; 204 when there are no more.',
        params: idParams,
        headers: lastEventId,
        response: { 204: z.null() },
        sends: { [eventStream]: answerEvent },
      },
    },
    async (request, reply) => {
      const { scope, message } = await openMessage(request, db);
      if (message.role !== 'assistant') throw new AppError('conflict', 'Only an answer has a stream.');
      const after = request.headers['last-event-id'] ?? 0;
      // To a standard EventSource only this means that it need not come again.
      if (!(await hasMore(scope, message.id, after, answers))) return reply.code(204).send(null);
      return streamTo(scope, message.id, after, request, reply);
    },
  );

  app.post(
    '/messages/:id/stop',
    {
      config: { ...below, whileStopping: true },
      schema: {
        tags,
        operationId: 'stopAnswer',
        summary: 'End an answer; what came is kept',
        description: 'From any device; `stopped` is false for an answer that had ended.',
        params: idParams,
        response: { 202: z.object({ stopped: z.boolean() }) },
      },
    },
    async (request, reply) => {
      const { scope, message } = await openMessage(request, db);
      const settle = settleWith(request, 202, (stopped: boolean) => ({ stopped }));
      return reply.code(202).send({ stopped: await stopAnswer(scope, message.id, answers, settle) });
    },
  );
}
