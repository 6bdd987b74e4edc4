import type { HttpCaller } from '../server/people.ts';

export interface ReadStream {
  /** From sending the request to the first word of the answer. */
  firstTokenMs: number;
  /** The same to the first event, which says that the answer has begun. */
  firstEventMs: number;
  events: number;
  /** Whether the answer came to its end. */
  complete: boolean;
}

export interface StreamRequest {
  path: string;
  token: string | null;
  body: unknown;
  /** What stands in the bytes of an event with text, and in those of the last event. */
  word: string;
  end: string;
}

/** Reads one answer to its end and looks at its bytes no more than it must. */
export async function readStream(caller: HttpCaller, wanted: StreamRequest): Promise<ReadStream> {
  const started = performance.now();
  const response = await caller.open('POST', wanted.path, wanted.token, wanted.body, {
    accept: 'text/event-stream',
  });
  // An overloaded server may refuse: that is an answer that did not come, not the end of the benchmark.
  if (response.statusCode !== 200) {
    response.resume();
    return { firstTokenMs: Number.NaN, firstEventMs: Number.NaN, events: 0, complete: false };
  }
  let firstTokenMs = Number.NaN;
  let firstEventMs = Number.NaN;
  let events = 0;
  let complete = false;
  let tail = '';
  for await (const part of response) {
    const text = (part as Buffer).toString('latin1');
    if (Number.isNaN(firstTokenMs) && (tail + text).includes(wanted.word)) {
      firstTokenMs = performance.now() - started;
    }
    for (let at = text.indexOf('data: '); at >= 0; at = text.indexOf('data: ', at + 6)) events += 1;
    if (events > 0 && Number.isNaN(firstEventMs)) firstEventMs = performance.now() - started;
    // The last event says how it ended before it repeats the whole text.
    complete ||= (tail + text).includes(wanted.end);
    tail = (tail + text).slice(-wanted.end.length - wanted.word.length);
  }
  return { firstTokenMs, firstEventMs, events, complete };
}
