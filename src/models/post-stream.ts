import { request as requestHttp, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { request as requestHttps } from 'node:https';

/** The response to a request whose body comes in pieces, over time. */
export interface StreamedResponse {
  status: number;
  statusText: string;
  headers: Record<string, string>;
  /**
   * Everything that has come and was not taken, once there is something; null at the end.
   * @param paceMs waits so long for more to come with it; the end and a full buffer do not wait
   * @throws the error of a connection that broke
   */
  take(paceMs?: number): Promise<Buffer | null>;
}

/** More is left to the sender. */
const maxHeldBytes = 256 * 1024;

/**
 * Posts JSON; no redirect is followed. Not by fetch, whose body costs a web stream and a turn of it for each piece: a
 * token is one.
 * @throws the error of a connection that cannot be made, or the signal's
 */
export function postStream(
  url: string,
  headers: OutgoingHttpHeaders,
  json: unknown,
  signal: AbortSignal,
): Promise<StreamedResponse> {
  const body = Buffer.from(JSON.stringify(json));
  const request = url.startsWith('https:') ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', 'content-length': body.byteLength },
      signal,
    });
    // A connection that breaks later is told by the response.
    sent.on('error', reject);
    sent.once('response', (response) => resolve(streamed(response)));
    sent.end(body);
  });
}

function streamed(response: IncomingMessage): StreamedResponse {
  let held: Buffer[] = [];
  let bytes = 0;
  let isOver = false;
  let failure: Error | null = null;
  let look: () => void = () => {};
  const ended = (error: Error | null) => {
    if (!isOver) failure = error;
    isOver = true;
    look();
  };
  response.on('data', (piece: Buffer) => {
    held.push(piece);
    bytes += piece.byteLength;
    if (bytes >= maxHeldBytes) response.pause();
    look();
  });
  response.once('end', () => ended(null));
  response.once('error', ended);
  response.once('close', () => ended(new Error('the connection closed before the end')));

  /** Until `isThere`, looked at whenever something has come, but no longer than `ms`. */
  function wait(isThere: () => boolean, ms?: number): Promise<void> {
    return new Promise((resolve) => {
      if (isThere()) return resolve();
      const timer = ms === undefined ? undefined : setTimeout(done, ms);
      look = () => isThere() && done();
      function done() {
        clearTimeout(timer);
        look = () => {};
        resolve();
      }
    });
  }

  return {
    status: response.statusCode ?? 0,
    statusText: response.statusMessage ?? '',
    headers: Object.fromEntries(
      Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
    ),
    async take(paceMs = 0) {
      if (paceMs > 0) await wait(() => isOver || bytes >= maxHeldBytes, paceMs);
      await wait(() => isOver || bytes > 0);
      if (bytes === 0) {
        if (failure !== null) throw failure;
        return null;
      }
      const taken = held.length === 1 ? held[0]! : Buffer.concat(held, bytes);
      held = [];
      bytes = 0;
      response.resume();
      return taken;
    },
  };
}
