import { networkError } from './errors.ts';

export interface ServerSentEvent {
  id: string | null;
  event: string;
  data: string;
}

/**
 * The events of a response, in order; comments (heartbeats) are swallowed. Ends with the response,
 * and throws `network` when the connection breaks.
 *
 * Source: WHATWG HTML, "Server-sent events", 9.2.6 Interpreting an event stream.
 */
export async function* readServerSentEvents(
  response: Response,
  signal?: AbortSignal,
): AsyncGenerator<ServerSentEvent> {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    while (true) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        signal?.throwIfAborted();
        throw networkError(cause);
      });
      if (done) return;
      const blocks = (rest + value).replaceAll('\r\n', '\n').split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const event = parseEvent(block);
        if (event) yield event;
      }
    }
  } finally {
    // A consumer that stops early closes the connection; there is nobody left to tell of a failure.
    await reader.cancel().catch(() => undefined);
  }
}

function parseEvent(block: string): ServerSentEvent | null {
  const event: ServerSentEvent = { id: null, event: 'message', data: '' };
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon === 0) continue;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') data.push(value);
    if (field === 'event') event.event = value;
    if (field === 'id') event.id = value;
  }
  if (data.length === 0) return null;
  event.data = data.join('\n');
  return event;
}
