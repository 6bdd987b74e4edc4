import { ModelFault, ReportedError } from './faults.ts';
import { isRecord, parseJson } from './json.ts';

/** Error bodies are read for one sentence. */
const maxErrorBytes = 64 * 1024;
/** Embeddings of one batch: 256 vectors of 4,096 numbers take about 25 MB as JSON. */
const maxJsonBytes = 64 * 1024 * 1024;

/** For a client that takes a fetch: `fetchStream`, in which no single event may grow without bound. */
export function streamFetch(maxEventBytes: number): typeof fetch {
  return async (input, init) => {
    const response = await fetchStream(input, init);
    return response.ok ? capped(response, countEventBytes(maxEventBytes)) : response;
  };
}

/**
 * Fetches a streamed answer and trusts the provider's server with nothing: no redirect is followed (it could lead to an
 * internal address), and a success that is no stream is a failure. Its events have no bound yet.
 * @throws ReportedError, or ModelFault `not_a_stream`
 */
export async function fetchStream(input: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response> {
  const response = await fetch(input, { ...init, redirect: 'manual' });
  if (!response.ok) return capped(response, countBytes(maxErrorBytes));
  const type = response.headers.get('content-type') ?? '';
  if (/\bjson\b/i.test(type)) throw await readErrorBody(response);
  if (/\bhtml\b/i.test(type)) {
    await response.body?.cancel();
    throw new ModelFault('not_a_stream', `content type ${type}`);
  }
  return response;
}

/** The same for a response that is read whole. */
export function jsonFetch(): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, { ...init, redirect: 'manual' });
    return capped(response, countBytes(response.ok ? maxJsonBytes : maxErrorBytes));
  };
}

/** Some servers answer 200 and put the error into the body. */
async function readErrorBody(response: Response): Promise<Error> {
  const body = parseJson(await capped(response, countBytes(maxErrorBytes)).text());
  if (isRecord(body) && body.error) return new ReportedError(body.error);
  return new ModelFault('not_a_stream', 'a JSON document instead of a stream');
}

/** Told of each chunk; whether everything still fits. */
type Meter = (chunk: Uint8Array) => boolean;

function countBytes(maxBytes: number): Meter {
  let total = 0;
  return (chunk) => (total += chunk.byteLength) <= maxBytes;
}

/** Bytes since the last line feed: an event that never ends would fill the parser's memory. */
export function countEventBytes(maxBytes: number): Meter {
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
