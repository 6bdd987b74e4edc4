import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { Limits } from '../limits/limits.ts';
import { whenClosed } from './caller-gone.ts';

/** In the time after which a silent connection is let go: every 15 s, and proxies close those of a minute or less. */
const heartbeats = 4;

export interface WireEvent {
  id: number | string;
  type: string;
  data: unknown;
}

/** A session's state may be 3 s old (session-cache.ts): with this a stream ends within 10 s of its credential. */
const aliveEveryMs = 4_000;
/** Of the stream that tells a page that it is signed out: with its next request that is within 2 s. */
export const promptlyMs = 750;
/** A reader that takes nothing is cut off this long after. */
const cutOffMs = 1_000;

/** True while the credential behind a stream still counts. */
export type IsAlive = () => Promise<boolean>;

/** Sends events as they come; JSON has no line breaks, so no text can forge another event. */
export function sendEvents(
  reply: FastifyReply,
  events: AsyncIterable<WireEvent>,
  isAlive: IsAlive,
  limits: Pick<Limits, 'readerMs'>,
  everyMs = aliveEveryMs,
): FastifyReply {
  return sendLines(reply, wireLines(events), isAlive, limits, everyMs);
}

async function* wireLines(events: AsyncIterable<WireEvent>): AsyncGenerator<string> {
  for await (const { id, type, data } of events) {
    yield `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
  }
}

/** Ready-made SSE text, with heartbeats between; a reader that does not read is waited for, not buffered for, and not for ever. */
export function sendLines(
  reply: FastifyReply,
  lines: AsyncGenerator<string>,
  isAlive: IsAlive,
  { readerMs }: Pick<Limits, 'readerMs'>,
  everyMs = aliveEveryMs,
): FastifyReply {
  reply.headers({ 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' });
  const credential = watchCredential(reply, isAlive, everyMs);
  letGoWhoDoesNotRead(reply, readerMs);
  const beating = withHeartbeat(lines, credential, readerMs / heartbeats);
  return reply.send(Readable.from(beating, { objectMode: true, highWaterMark: 16 }));
}

/**
 * A socket is silent for so long only while what was written to it waits: heartbeats are not written then, and whatever is
 * taken of it breaks the silence. Reset, not closed: the system would keep what waits for a reader that may never come.
 */
function letGoWhoDoesNotRead({ raw }: FastifyReply, readerMs: number): void {
  raw.setTimeout(readerMs, () => raw.socket?.resetAndDestroy());
}

interface Credential {
  isRevoked: boolean;
  /** Called when it is. */
  onRevoked: () => void;
}

/** Looks at the credential again and again: a suspended user or an ended session must not go on reading. */
function watchCredential(reply: FastifyReply, isAlive: IsAlive, everyMs: number): Credential {
  const credential: Credential = { isRevoked: false, onRevoked: () => {} };
  let timer: NodeJS.Timeout | undefined;
  const later = (work: () => void, ms: number): void => void (timer = setTimeout(work, ms).unref());
  const check = async (): Promise<void> => {
    // While nobody can say, as when the database is away, it counts: that is asked again.
    const alive = await isAlive().catch(() => true);
    if (reply.raw.destroyed || reply.raw.writableEnded) return;
    if (alive) return later(() => void check(), everyMs);
    credential.isRevoked = true;
    credential.onRevoked();
    later(() => reply.raw.destroy(), cutOffMs);
  };
  later(() => void check(), everyMs);
  whenClosed(reply.raw, () => clearTimeout(timer));
  return credential;
}

async function* withHeartbeat(
  lines: AsyncGenerator<string>,
  credential: Credential,
  everyMs: number,
): AsyncGenerator<string> {
  // The head goes out with the first bytes: a reader must learn at once that the stream stands, whenever its events come.
  yield ': open\n\n';
  let next: Promise<IteratorResult<string>> | undefined;
  try {
    while (!credential.isRevoked) {
      // Not before it is waited for: a failure that nobody waits for would end the process.
      next ??= lines.next();
      let timer: NodeJS.Timeout | undefined;
      const beat = new Promise<'beat' | 'revoked'>((resolve) => {
        timer = setTimeout(resolve, everyMs, 'beat');
        credential.onRevoked = () => resolve('revoked');
      });
      const winner = await Promise.race([next, beat]);
      clearTimeout(timer);
      if (winner === 'revoked') return;
      if (winner === 'beat') {
        yield ': ping\n\n';
        continue;
      }
      if (winner.done === true) return;
      next = undefined;
      yield winner.value;
    }
  } finally {
    // Not waited for: it may be waiting for its next event, and ends with the connection.
    lines.return(undefined).catch(() => {});
  }
}
