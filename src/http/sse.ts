import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

/** Proxies close silent connections after a minute or less. */
const heartbeatMs = 15_000;

export interface WireEvent {
  id: number | string;
  type: string;
  data: unknown;
}

/** Sends events as they come; JSON has no line breaks, so no text can forge another event. */
export function sendEvents(
  reply: FastifyReply,
  events: AsyncIterable<WireEvent>,
  check?: { isAlive: () => Promise<boolean>; everyMs: number },
): FastifyReply {
  return sendLines(reply, wireLines(events), check);
}

async function* wireLines(events: AsyncIterable<WireEvent>): AsyncGenerator<string> {
  for await (const { id, type, data } of events) {
    yield `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
  }
}

/** Ready-made SSE text, with heartbeats between; a reader that does not read is waited for, not buffered for. */
export function sendLines(
  reply: FastifyReply,
  lines: AsyncGenerator<string>,
  check?: { isAlive: () => Promise<boolean>; everyMs: number },
): FastifyReply {
  reply.headers({ 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' });
  const stream = Readable.from(withHeartbeat(lines, check), { objectMode: true, highWaterMark: 16 });
  return reply.send(stream);
}

async function* withHeartbeat(
  lines: AsyncGenerator<string>,
  check: { isAlive: () => Promise<boolean>; everyMs: number } | undefined,
): AsyncGenerator<string> {
  // The head goes out with the first bytes: a reader must learn at once that the stream stands, whenever its events come.
  yield ': open\n\n';
  let next = lines.next();
  let checkedAt = performance.now();
  try {
    for (;;) {
      let timer: NodeJS.Timeout | undefined;
      const beat = new Promise<'beat'>((resolve) => {
        timer = setTimeout(resolve, heartbeatMs, 'beat');
      });
      const winner = await Promise.race([next, beat]);
      clearTimeout(timer);
      // A suspended user or an ended session must not go on reading.
      if (check !== undefined && performance.now() - checkedAt > check.everyMs) {
        checkedAt = performance.now();
        if (!(await check.isAlive())) return;
      }
      if (winner === 'beat') {
        yield ': ping\n\n';
        continue;
      }
      if (winner.done === true) return;
      yield winner.value;
      next = lines.next();
    }
  } finally {
    await lines.return(undefined);
  }
}
