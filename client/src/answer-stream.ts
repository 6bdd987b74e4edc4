import type { AnswerEvent } from '@alcove/contract';
import { isAlcoveError, protocolError } from './errors.ts';
import { isPassing, tryAgainAfterMs } from './passing.ts';
import { pause } from './pause.ts';
import type { ServerSentEvent } from './server-sent-events.ts';
import type { RequestOptions, Transport } from './transport.ts';

/** `seq` is the event's number, for `follow({ after: seq })`. */
export type NumberedAnswerEvent = AnswerEvent & { seq: number };

export interface AnswerStreamOptions extends RequestOptions {
  /** Called with true while a broken connection is taken up again, and with false once it stands. */
  onReconnecting?: (isReconnecting: boolean) => void;
}

/** Where an answer is replayed, and what is sent along. */
export interface AnswerPlace {
  pathOf: (messageId: string) => string;
  headers?: Record<string, string>;
}

const own: AnswerPlace = { pathOf: (messageId) => `/messages/${encodeURIComponent(messageId)}/stream` };

/** Asks, and hands over to `followAnswer` when the connection breaks after the message is known. */
export async function* openAnswer(
  transport: Transport,
  path: string,
  body: object,
  options: AnswerStreamOptions,
  place: AnswerPlace = own,
): AsyncGenerator<NumberedAnswerEvent> {
  let messageId: string | undefined;
  let seq = 0;
  try {
    const { signal, idempotencyKey } = options;
    const events = await transport.events('POST', path, {
      body,
      signal,
      idempotencyKey,
      headers: place.headers,
    });
    for await (const wire of events ?? []) {
      const event = parseAnswerEvent(wire);
      if (event.type === 'message') messageId = event.message_id;
      seq = event.seq;
      yield event;
      if (isLast(event)) return;
    }
  } catch (error) {
    if (!messageId || !isAlcoveError(error, 'network')) throw error;
  }
  if (!messageId) throw protocolError('The server ended the answer before it began.');
  yield* followAnswer(transport, messageId, seq, options, place);
}

/** Replays and follows an answer from the event after `seq`, through broken connections. */
export async function* followAnswer(
  transport: Transport,
  messageId: string,
  after: number,
  options: AnswerStreamOptions,
  place: AnswerPlace = own,
): AsyncGenerator<NumberedAnswerEvent> {
  const path = place.pathOf(messageId);
  const { signal, onReconnecting } = options;
  let seq = after;
  let failures = 0;
  while (true) {
    try {
      const headers = { ...place.headers, ...(seq > 0 ? { 'last-event-id': String(seq) } : {}) };
      const events = await transport.events('GET', path, { signal, headers });
      if (events === null) {
        if (failures > 0) onReconnecting?.(false);
        return;
      }
      for await (const wire of events) {
        const event = parseAnswerEvent(wire);
        if (event.seq <= seq) continue;
        if (failures > 0) onReconnecting?.(false);
        failures = 0;
        seq = event.seq;
        yield event;
        if (isLast(event)) return;
      }
    } catch (error) {
      if (!isPassing(error) || failures >= tryAgainAfterMs.length) throw error;
    }
    const waitMs = tryAgainAfterMs[failures];
    if (waitMs === undefined) throw protocolError('The answer ended without its last event.');
    failures += 1;
    onReconnecting?.(true);
    await pause(waitMs, signal);
  }
}

function parseAnswerEvent(wire: ServerSentEvent): NumberedAnswerEvent {
  try {
    const data = JSON.parse(wire.data) as object;
    return { ...data, type: wire.event, seq: Number(wire.id ?? 0) } as NumberedAnswerEvent;
  } catch (cause) {
    throw protocolError('The server sent an event that is not JSON.', cause);
  }
}

function isLast(event: AnswerEvent): boolean {
  return event.type === 'done' || event.type === 'failed';
}
