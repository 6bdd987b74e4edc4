import type { FastifyReply, FastifyRequest } from 'fastify';
import { ask, type Place, type Question, type StartedAnswer, withSources } from '../answers/ask.ts';
import { follow, waitForAnswer } from '../answers/stream/follow.ts';
import type { NumberedEvent } from '../answers/stream/running.ts';
import type { ConversationScope } from '../conversations/scope.ts';
import type { AlsoWrite } from '../db/database.ts';
import { principalOf } from './auth.ts';
import { untilClosed } from './caller-gone.ts';
import type { HttpDeps } from './deps.ts';
import { settleAnswer } from './held-key.ts';
import { openMessage } from './scopes.ts';
import { type IsAlive, sendEvents, type WireEvent } from './sse.ts';

/** How an answer is shown. */
interface Shown {
  stream: boolean;
  include: boolean;
  /** Where the caller's credential alone does not say whether they may go on reading. */
  isAlive?: IsAlive;
}

/** How routes ask and send what is answered, whole or as it comes. */
export function createAnswerReply({
  db,
  answers,
  config,
  closing,
}: Pick<HttpDeps, 'db' | 'answers' | 'config' | 'closing'>) {
  return { respond, replay, show, streamTo };

  async function respond(
    place: Place,
    question: Question,
    how: Shown,
    request: FastifyRequest,
    reply: FastifyReply,
    alsoWrite: AlsoWrite<StartedAnswer> | undefined = settleAnswer(request),
  ) {
    const started = await ask(
      place,
      { ...question, isAdministrator: request.principal?.role === 'admin' },
      answers,
      alsoWrite,
    );
    return show(place.scope, started.messageId, how, request, reply);
  }

  async function replay(how: Shown, request: FastifyRequest, reply: FastifyReply) {
    const { scope, message } = await openMessage(
      Object.assign(request, { params: { id: request.replayOf?.[0] } }),
      db,
    );
    return show(scope, message.id, how, request, reply);
  }

  async function show(
    scope: ConversationScope,
    messageId: string,
    { stream, include, isAlive }: Shown,
    request: FastifyRequest,
    reply: FastifyReply,
  ) {
    if (stream) return streamTo(scope, messageId, 0, request, reply, include, isAlive);
    return withSources(await waitForAnswer(scope, messageId, answers, closing), include);
  }

  function streamTo(
    scope: ConversationScope,
    messageId: string,
    after: number,
    request: FastifyRequest,
    reply: FastifyReply,
    includeSources = true,
    isAlive: IsAlive = principalOf(request).isAlive,
  ) {
    const signal = AbortSignal.any([closing, untilClosed(reply)]);
    const events = follow(scope, messageId, after, answers, signal);
    return sendEvents(reply, wire(events, includeSources), isAlive, config.limits);
  }
}

/** The stored events as they are; without sources the other numbers stay, so that the stream can be resumed. */
async function* wire(
  events: AsyncIterable<NumberedEvent>,
  includeSources: boolean,
): AsyncGenerator<WireEvent> {
  for await (const { seq, event } of events) {
    if (event.type === 'sources' && !includeSources) continue;
    const data =
      event.type === 'done' ? { ...event, answer: withSources(event.answer, includeSources) } : event;
    yield { id: seq, type: event.type, data };
  }
}
