import type { Answer, AnswerEvent } from '@alcove/contract';
import { expect } from 'vitest';

export interface WireEvent {
  id: number;
  type: string;
  data: AnswerEvent;
}

/** Reads a response as server-sent events by the letter of the format, so that a forged event would be seen. */
export async function* wireEvents(response: Response): AsyncGenerator<WireEvent> {
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  if (response.body === null) throw new Error('the response has no body');
  const decoder = new TextDecoder();
  let buffer = '';
  for await (const bytes of response.body) {
    buffer += decoder.decode(bytes, { stream: true });
    for (let end = buffer.indexOf('\n\n'); end >= 0; end = buffer.indexOf('\n\n')) {
      const event = parseFrame(buffer.slice(0, end));
      buffer = buffer.slice(end + 2);
      if (event !== null) yield event;
    }
  }
  expect(buffer).toBe('');
}

function parseFrame(frame: string): WireEvent | null {
  const fields = new Map(
    frame
      .split('\n')
      .filter((line) => !line.startsWith(':'))
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trimStart()]),
  );
  if (fields.size === 0) return null;
  expect([...fields.keys()]).toEqual(['id', 'event', 'data']);
  const data = JSON.parse(fields.get('data') ?? '') as AnswerEvent;
  return { id: Number(fields.get('id')), type: fields.get('event') ?? '', data };
}

export async function readAll<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Reads until an event passes `isLast`, and then lets go of the connection. */
export async function readUntil(
  response: Response,
  isLast: (event: WireEvent) => boolean,
): Promise<WireEvent[]> {
  const seen: WireEvent[] = [];
  for await (const event of wireEvents(response)) {
    seen.push(event);
    if (isLast(event)) return seen;
  }
  throw new Error(`the stream ended before the event was there: ${seen.map(({ type }) => type).join(', ')}`);
}

/** The text that the deltas add up to. */
export function textOf(events: readonly WireEvent[]): string {
  return events.map(({ data }) => (data.type === 'delta' ? data.text : '')).join('');
}

/** What the last event says of a finished answer. */
export function answerOf(events: readonly WireEvent[]): Answer {
  const last = events.at(-1)?.data;
  if (last?.type !== 'done') throw new Error(`the answer ended with ${JSON.stringify(last)}`);
  return last.answer;
}

export function messageIdOf(events: readonly WireEvent[]): string {
  const first = events[0]?.data;
  if (first?.type !== 'message') throw new Error('the first event is not the message');
  return first.message_id;
}

/** Numbers count from `first` without a gap or a repetition. */
export function expectNumbered(events: readonly WireEvent[], first = 1): void {
  expect(events.map(({ id }) => id)).toEqual(events.map((_, at) => first + at));
}
