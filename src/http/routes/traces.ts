import { answerTrace, idParams, retrieveBody, retrieved } from '@alcove/contract';
import { allTimings, readingText, toSource } from '../../answers/compose/gather.ts';
import { readTrace } from '../../answers/trace-store.ts';
import { AppError } from '../../errors.ts';
import { retrieve } from '../../retrieval/retrieve.ts';
import type { App } from '../app.ts';
import { callerGone } from '../caller-gone.ts';
import type { HttpDeps } from '../deps.ts';
import { openConversation, openMessage } from '../scopes.ts';

const tags = ['asking'];

/** How retrieval works on a conversation: tried out, and as it was for an answer. */
export function traceRoutes(app: App, { db, answers, closing }: HttpDeps): void {
  const below = { conversation: true };

  app.post(
    '/conversations/:id/retrieve',
    {
      config: { ...below, readOnly: true },
      schema: {
        tags,
        operationId: 'retrieve',
        summary: 'Retrieval alone, with its whole trace',
        description:
          'The passages for a question without an answer: each list, their fused order, what was dropped and why, and the time of each stage.',
        params: idParams,
        body: retrieveBody,
        response: { 200: retrieved },
      },
    },
    async (request, reply) => {
      const signal = AbortSignal.any([closing, callerGone(reply)]);
      const scope = await openConversation(request, db);
      const { query, strategy, top_k: topK, trace } = request.body;
      const found = await retrieve(scope, { queries: [query], strategy, topK }, answers.retrieval, signal);
      return {
        conversation_id: scope.conversationId,
        query,
        strategy,
        legs: found.legs,
        results: found.results.map((chunk, at) => ({
          ...toSource(chunk, at + 1),
          vector: chunk.vector,
          keyword: chunk.keyword,
          fused: chunk.score,
          content: readingText(chunk),
        })),
        ...(trace ? found.ranking() : { queries: [query], lists: [], fused: [] }),
        cache_hit: found.cacheHit,
        timings_ms: allTimings({ retrieval: found, rewriteMs: null }, null),
        notices: found.notices,
      };
    },
  );

  app.get(
    '/messages/:id/trace',
    {
      config: below,
      schema: {
        tags,
        operationId: 'traceAnswer',
        summary: 'How an answer came about',
        description:
          'What was searched for, each list, their fused order, what was dropped and why, and the time of each stage.',
        params: idParams,
        response: { 200: answerTrace },
      },
    },
    async (request) => {
      const { scope, message } = await openMessage(request, db);
      const trace = await readTrace(db, scope, message.id);
      if (trace === null)
        throw new AppError('not_found', 'This message has no trace: only a finished answer has.');
      return { ...trace, message_id: message.id, conversation_id: scope.conversationId };
    },
  );
}
