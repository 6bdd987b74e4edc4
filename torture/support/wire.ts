import type { AnswerEvent } from '@alcove/contract';

export interface WireEvent {
  id: number;
  data: AnswerEvent;
}

/** The events of a stream as they come; ends without an error where the connection is lost. */
export async function* eventsOf(response: Response): AsyncGenerator<WireEvent> {
  if (response.body === null) return;
  const decoder = new TextDecoder();
  let buffer = '';
  try {
    for await (const bytes of response.body) {
      buffer += decoder.decode(bytes, { stream: true });
      for (let end = buffer.indexOf('\n\n'); end >= 0; end = buffer.indexOf('\n\n')) {
        const event = parseFrame(buffer.slice(0, end));
        buffer = buffer.slice(end + 2);
        if (event !== null) yield event;
      }
    }
  } catch {
    // The server was killed: what came is what was seen.
  }
}

function parseFrame(frame: string): WireEvent | null {
  const fields = new Map(
    frame
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith(':'))
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trimStart()]),
  );
  const data = fields.get('data');
  return data === undefined ? null : { id: Number(fields.get('id')), data: JSON.parse(data) as AnswerEvent };
}
