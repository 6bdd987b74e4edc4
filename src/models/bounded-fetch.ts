import { ModelFault } from './faults.ts';
import { errorInBody, isJson, isPage, maxErrorBytes, noStream } from './no-stream.ts';

/** Embeddings of one batch: 256 vectors of 4,096 numbers take about 25 MB as JSON. */
const maxJsonBytes = 64 * 1024 * 1024;

/**
 * A fetch for streamed answers that trusts the provider's server with nothing: no redirect is
 * followed (it could lead to an internal address), no single event may grow without bound, and a
 * success that is no stream is a failure.
 */
export function streamFetch(maxEventBytes: number): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, { ...init, redirect: 'manual' });
    if (!response.ok) return capped(response, countBytes(maxErrorBytes));
    const type = response.headers.get('content-type') ?? '';
    if (isJson(type)) throw errorInBody(await capped(response, countBytes(maxErrorBytes)).text());
    if (isPage(type)) {
      await response.body?.cancel();
      throw noStream(type);
    }
    return capped(response, countEventBytes(maxEventBytes));
  };
}

/** The same for a response that is read whole. */
export function jsonFetch(): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, { ...init, redirect: 'manual' });
    return capped(response, countBytes(response.ok ? maxJsonBytes : maxErrorBytes));
  };
}

type Meter = (chunk: Uint8Array) => boolean;

function countBytes(maxBytes: number): Meter {
  let total = 0;
  return (chunk) => (total += chunk.byteLength) <= maxBytes;
}

/** Bytes since the last line feed: an event that never ends would fill the parser's memory. */
function countEventBytes(maxBytes: number): Meter {
  let line = 0;
  return (chunk) => {
    const end = chunk.lastIndexOf(10);
    line = end === -1 ? line + chunk.byteLength : chunk.byteLength - end - 1;
    return line <= maxBytes && chunk.byteLength <= maxBytes;
  };
}

function capped(response: Response, fits: Meter): Response {
  if (!response.body) return response;
  const meter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      if (fits(chunk)) controller.enqueue(chunk);
      else controller.error(new ModelFault('too_large', 'the response is larger than allowed'));
    },
  });
  const { status, statusText, headers } = response;
  return new Response(response.body.pipeThrough(meter), { status, statusText, headers });
}
