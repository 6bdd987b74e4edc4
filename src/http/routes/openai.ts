import {
  completion,
  completionBody,
  completionChunk,
  openAiModel,
  openAiModelParams,
  openAiModels,
} from '@alcove/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { askByHistory } from '../../answers/ask-by-history.ts';
import { follow, waitForAnswer } from '../../answers/stream/follow.ts';
import { ConversationScope } from '../../conversations/scope.ts';
import { listConversations } from '../../conversations/list-store.ts';
import { type ConversationRow, readConversation } from '../../conversations/store.ts';
import type { App } from '../app.ts';
import { principalOf } from '../auth.ts';
import { untilClosed } from '../caller-gone.ts';
import type { HttpDeps } from '../deps.ts';
import { eventStream } from '../describe-route.ts';
import { settleAnswer } from '../held-key.ts';
import {
  completionStream,
  conversationOf,
  modelOf,
  presentCompletion,
  readTurns,
} from '../openai-completions.ts';
import { messagesPerMinute } from '../rate-limits.ts';
import { openMessage } from '../scopes.ts';
import { sendLines } from '../sse.ts';

const tags = ['openai'];
/** Clients of this protocol send the whole conversation each time. */
const bodyLimit = 8 * 1024 * 1024;
const maxModels = 200;

/** OpenAI's chat completions, in which a model is a conversation: its clients talk to the documents in it. */
export function openAiRoutes(app: App, { db, answers, config, closing }: HttpDeps): void {
  const compatible = { conversation: true, lenient: true };

  app.get(
    '/v1/models',
    {
      config: compatible,
      schema: {
        tags,
        operationId: 'listModels',
        summary: 'Conversations as models (OpenAI)',
        description: `The caller's ${maxModels} conversations of newest activity that are not archived.`,
        response: { 200: openAiModels },
      },
    },
    async (request) => {
      const active = { status: 'active' } as const;
      const rows = await listConversations(db, principalOf(request).scope, active, maxModels, null);
      return { object: 'list' as const, data: rows.map(presentModel) };
    },
  );

  app.get(
    '/v1/models/:model',
    {
      config: compatible,
      schema: {
        tags,
        operationId: 'getModel',
        summary: 'A conversation as a model (OpenAI)',
        description: 'The model `conv:<id>`.',
        params: openAiModelParams,
        response: { 200: openAiModel },
      },
    },
    async (request) =>
      presentModel(await readConversation(db, await openModel(request, request.params.model))),
  );

  app.post(
    '/v1/chat/completions',
    {
      bodyLimit,
      config: { ...compatible, ...messagesPerMinute(config.limits.messagesPerMinute) },
      schema: {
        tags,
        operationId: 'createChatCompletion',
        summary: 'Ask in a conversation (OpenAI chat completions)',
        description:
          'For OpenAI clients: `model` is `conv:<id>`. The answer rests on the documents of that conversation and on the messages sent, which are kept in it; what it rests on stands in `alcove`.',
        body: completionBody,
        response: { 200: completion },
        sends: { [eventStream]: completionChunk },
      },
    },
    async (request, reply) => {
      if (request.replayOf !== null) {
        const params = { id: request.replayOf[0] };
        const { scope, message } = await openMessage(Object.assign(request, { params }), db);
        return show(scope, message.id, request, reply);
      }
      const { model, messages } = request.body;
      const question = readTurns(messages);
      const scope = await openModel(request, model);
      const { messageId } = await askByHistory(
        scope,
        { ...question, strategy: undefined, topK: undefined },
        answers,
        settleAnswer(request),
      );
      return show(scope, messageId, request, reply);
    },
  );

  async function openModel(request: FastifyRequest, model: string): Promise<ConversationScope> {
    return ConversationScope.open(db, principalOf(request).scope, conversationOf(model));
  }

  async function show(
    scope: ConversationScope,
    messageId: string,
    request: FastifyRequest,
    reply: FastifyReply,
  ) {
    const { stream, stream_options: options } = completionBody.parse(request.body);
    const created = Math.floor(Date.now() / 1000);
    if (stream !== true)
      return presentCompletion(await waitForAnswer(scope, messageId, answers, closing), created);
    const events = follow(scope, messageId, 0, answers, AbortSignal.any([closing, untilClosed(reply)]));
    const lines = completionStream(events, { created, includeUsage: options?.include_usage === true });
    return sendLines(reply, lines, principalOf(request).isAlive, config.limits);
  }
}

function presentModel({ id, createdAt, title }: ConversationRow) {
  const created = Math.floor(createdAt.getTime() / 1000);
  return { id: modelOf(id), object: 'model' as const, created, owned_by: 'alcove', name: title };
}
