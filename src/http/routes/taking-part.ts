import {
  answer,
  answerEvent,
  askSharedBody,
  sharedChange,
  sharedMessageParams,
  sharePasswordHeader,
  shareTokenParams,
  takenPart,
  takePartBody,
} from '@alcove/contract';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { stopAnswer } from '../../answers/stop.ts';
import { hasMore } from '../../answers/stream/follow.ts';
import { appendMessage } from '../../conversations/append-message.ts';
import { type MessageRow, readMessage } from '../../conversations/message-store.ts';
import { stableId } from '../../db/stable-id.ts';
import { type NumberedChange, watchChanges } from '../../changes/watch.ts';
import { AppError } from '../../errors.ts';
import { isStillOpen, openToTakePart, readShown, type TakingPart } from '../../sharing/take-part.ts';
import { createAnswerReply } from '../answer-reply.ts';
import type { App } from '../app.ts';
import { principalOf } from '../auth.ts';
import type { HttpDeps } from '../deps.ts';
import { eventStream } from '../describe-route.ts';
import { OpenStreams } from '../open-streams.ts';
import { keepReference, markChanged, requestNameOf } from '../held-key.ts';
import { messagesPerMinute } from '../rate-limits.ts';
import { sendEvents, type WireEvent } from '../sse.ts';
import { lastEventId } from './answers.ts';
import { visitorOf } from './shared-links.ts';

const tags = ['sharing'];

/**
 * What the recipient of a conversation that is shared to take part in may do there, and nothing else: each request opens
 * the link anew, a repeat too. What they say belongs to the owner and their `Idempotency-Key` to them, which no transaction
 * writes together: what is said has ids that the key gives, so that a repeat finds it whenever the first has died.
 */
export function takingPartRoutes(app: App, deps: HttpDeps): void {
  const { db, answers, identity, config, now, closing } = deps;
  const { respond, show, streamTo } = createAnswerReply(deps);
  const limited = messagesPerMinute(config.limits.messagesPerMinute) ?? {};
  const params = shareTokenParams;
  const headers = sharePasswordHeader;
  const readers = new OpenStreams();

  app.get(
    '/s/:token/changes',
    {
      schema: {
        tags,
        operationId: 'followShare',
        summary: 'Hear when a conversation that is shared to take part in changes',
        description:
          'For its recipient: within about a second, whoever changed it, until the link ends. It says no more than that.',
        params,
        headers,
        sends: { [eventStream]: sharedChange },
      },
    },
    async (request, reply) => {
      const part = await open(request);
      const gone = readers.enter(principalOf(request).scope.userId, reply);
      const signal = AbortSignal.any([closing, gone]);
      const changes = watchChanges(part.scope.user, undefined, { db }, signal);
      return sendEvents(reply, changed(changes), aliveOf(request, part), config.limits);
    },
  );

  app.post(
    '/s/:token/messages',
    {
      config: limited,
      schema: {
        tags,
        operationId: 'writeInShare',
        summary: 'Write in a conversation that is shared to take part in',
        description:
          'For its recipient. The message stands at the end of the active branch, with who wrote it.',
        params,
        headers,
        body: takePartBody,
        response: { 201: takenPart },
      },
    },
    async (request, reply) => {
      const part = await open(request);
      const id = nameOf(request, part, 'message');
      const row = (await saidBefore(request, part, id)) ?? (await say(request, part, request.body, id));
      const said = { id: row.id, role: 'user' as const, content: row.content };
      return reply.code(201).send({ ...said, created_at: row.createdAt.toISOString() });
    },
  );

  app.post(
    '/s/:token/query',
    {
      config: limited,
      schema: {
        tags,
        operationId: 'askInShare',
        summary: 'Ask in a conversation that is shared to take part in',
        description:
          'For its recipient; answered from the documents of that conversation alone. `stream: true` sends the answer as it comes, until the link ends.',
        params,
        headers,
        body: askSharedBody,
        response: { 200: answer },
        sends: { [eventStream]: answerEvent },
      },
    },
    async (request, reply) => {
      const part = await open(request);
      const { query, stream } = request.body;
      const how = { stream, include: true, isAlive: aliveOf(request, part) };
      const [asked, answered] = [nameOf(request, part, 'question'), nameOf(request, part, 'answer')];
      const before = await saidBefore(request, part, answered);
      if (before !== null) return show(part.scope, before.id, how, request, reply);
      const ids = asked && answered ? { question: asked, answer: answered } : undefined;
      const question = { query, strategy: undefined, topK: undefined, author: part.author, ids };
      if (ids !== undefined) keepReference(request, [ids.answer]);
      const place = { scope: part.scope, begins: null };
      return respond(place, question, how, request, reply, async () => markChanged(request));
    },
  );

  app.get(
    '/s/:token/messages/:message/stream',
    {
      schema: {
        tags,
        operationId: 'followAnswerInShare',
        summary: 'Replay and follow an answer of a conversation that is shared to take part in',
        description: 'As `GET /messages/{id}/stream`, until the link ends.',
        params: sharedMessageParams,
        headers: headers.extend(lastEventId.shape).loose(),
        response: { 204: z.null() },
        sends: { [eventStream]: answerEvent },
      },
    },
    async (request, reply) => {
      const part = await open(request);
      const id = await answerOf(part, request.params.message);
      const after = request.headers['last-event-id'] ?? 0;
      if (!(await hasMore(part.scope, id, after, answers))) return reply.code(204).send(null);
      return streamTo(part.scope, id, after, request, reply, true, aliveOf(request, part));
    },
  );

  app.post(
    '/s/:token/messages/:message/stop',
    {
      config: { whileStopping: true },
      schema: {
        tags,
        operationId: 'stopAnswerInShare',
        summary: 'End an answer of a conversation that is shared to take part in',
        description: 'As `POST /messages/{id}/stop`.',
        params: sharedMessageParams,
        headers,
        response: { 202: z.object({ stopped: z.boolean() }) },
      },
    },
    async (request, reply) => {
      const part = await open(request);
      const id = await answerOf(part, request.params.message);
      const [before] = request.replayOf ?? [];
      if (before !== undefined) return reply.code(202).send({ stopped: before === 'stopped' });
      const stopped = await stopAnswer(part.scope, id, answers);
      keepReference(request, [stopped ? 'stopped' : 'over']);
      return reply.code(202).send({ stopped });
    },
  );

  async function open(request: FastifyRequest<{ Params: { token: string } }>): Promise<TakingPart> {
    const caller = principalOf(request).scope;
    return openToTakePart(request.params.token, caller, visitorOf(request, identity), identity);
  }

  /** The same in every repeat; undefined without a key. */
  function nameOf(request: FastifyRequest, part: TakingPart, what: string): string | undefined {
    const name = requestNameOf(request);
    return name === undefined ? undefined : stableId([part.author.id, name, what], part.sharedAt);
  }

  /** What an earlier request with this key has said, whether it lived to tell. @throws AppError `not_found` when it is gone */
  async function saidBefore(
    request: FastifyRequest,
    { scope }: TakingPart,
    id: string | undefined,
  ): Promise<MessageRow | null> {
    const wanted = request.replayOf?.[0] ?? id;
    const row = wanted === undefined ? null : await readMessage(db, scope, wanted);
    if (row === null && request.replayOf !== null)
      throw new AppError('not_found', 'This message does not exist.');
    if (row !== null) keepReference(request, [row.id]);
    return row;
  }

  async function say(
    request: FastifyRequest,
    { scope, author }: TakingPart,
    { content }: { content: string },
    id: string | undefined,
  ): Promise<MessageRow> {
    const input = { id, role: 'user' as const, content, metadata: { author }, metadataSource: null };
    const { row } = await appendMessage(scope, input, db, now());
    markChanged(request);
    keepReference(request, [row.id]);
    return row;
  }

  async function answerOf(part: TakingPart, id: string): Promise<string> {
    const message = await readShown(part, id, db);
    if (message.role !== 'assistant') throw new AppError('conflict', 'Only an answer has a stream.');
    return message.id;
  }

  /** A stream ends with the link, or with who reads it. */
  function aliveOf(request: FastifyRequest, part: TakingPart): () => Promise<boolean> {
    const { isAlive } = principalOf(request);
    return async () => (await isStillOpen(part, db)) && (await isAlive());
  }
}

async function* changed(changes: AsyncIterable<NumberedChange>): AsyncGenerator<WireEvent> {
  for await (const { seq, type } of changes)
    if (type !== 'open') yield { id: seq, type: 'changed', data: {} };
}
