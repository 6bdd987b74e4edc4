import { errorFrom, networkError, protocolError } from './errors.ts';
import { readServerSentEvents, type ServerSentEvent } from './server-sent-events.ts';

export interface ClientOptions {
  /** Origin of the server, e.g. `http://localhost:8000`; an empty string in a page it served. */
  baseUrl: string;
  /** The bearer token of each request: an access token or an API key. */
  token?: () => string | null | undefined | Promise<string | null | undefined>;
  /** Called once when a request was answered 401; `true` says that `token` is fresh: try again. */
  onUnauthenticated?: () => Promise<boolean>;
  fetch?: typeof globalThis.fetch;
}

export interface RequestOptions {
  signal?: AbortSignal;
  /** For POST: a repeated call with the same key has one effect (24 hours). */
  idempotencyKey?: string;
}

export type Query = Record<string, string | number | boolean | null | undefined>;

interface Call extends RequestOptions {
  query?: Query;
  /** Sent as JSON, but a FormData as multipart. */
  body?: unknown;
  headers?: Record<string, string>;
  /** Sign-in routes: a 401 there is the answer, not an expired token. */
  anonymous?: boolean;
}

export interface Transport {
  json<T>(method: string, path: string, call?: Call): Promise<T>;
  nothing(method: string, path: string, call?: Call): Promise<void>;
  response(method: string, path: string, call?: Call): Promise<Response>;
  /** Null when the server says that nothing more will come (204). */
  events(method: string, path: string, call?: Call): Promise<AsyncGenerator<ServerSentEvent> | null>;
  /** For requests that `fetch` cannot make: an upload that reports its progress. */
  url(path: string, query?: Query): string;
  headers(): Promise<Record<string, string>>;
  renew(): Promise<boolean>;
}

export function createTransport(options: ClientOptions): Transport {
  const base = options.baseUrl.replace(/(?<!\/)\/+$/, '');
  const send = options.fetch ?? globalThis.fetch.bind(globalThis);
  const transport: Transport = { json, nothing, response, events, url, headers, renew };
  return transport;

  async function json<T>(method: string, path: string, call: Call = {}): Promise<T> {
    const answer = await response(method, path, call);
    try {
      return (await answer.json()) as T;
    } catch (cause) {
      call.signal?.throwIfAborted();
      throw protocolError('The server did not answer with JSON.', cause);
    }
  }

  async function nothing(method: string, path: string, call: Call = {}): Promise<void> {
    const answer = await response(method, path, call);
    await answer.body?.cancel();
  }

  async function events(
    method: string,
    path: string,
    call: Call = {},
  ): Promise<AsyncGenerator<ServerSentEvent> | null> {
    const answer = await response(method, path, {
      ...call,
      headers: { ...call.headers, accept: 'text/event-stream' },
    });
    if (answer.status === 204) return null;
    if (!answer.headers.get('content-type')?.startsWith('text/event-stream')) {
      await answer.body?.cancel();
      throw protocolError('The server did not answer with an event stream.');
    }
    return readServerSentEvents(answer, call.signal);
  }

  async function response(method: string, path: string, call: Call = {}): Promise<Response> {
    let answer = await attempt(method, path, call);
    if (answer.status === 401 && !call.anonymous && (await renew())) {
      await answer.body?.cancel();
      answer = await attempt(method, path, call);
    }
    if (answer.ok) return answer;
    const body = await answer.text().catch(() => '');
    throw errorFrom({ status: answer.status, body, header: (name) => answer.headers.get(name) });
  }

  async function attempt(method: string, path: string, call: Call): Promise<Response> {
    const sent: Record<string, string> = { ...(await headers()), ...call.headers };
    if (call.idempotencyKey) sent['idempotency-key'] = call.idempotencyKey;
    const isForm = call.body instanceof FormData;
    if (call.body !== undefined && !isForm) sent['content-type'] = 'application/json';
    try {
      return await send(url(path, call.query), {
        method,
        headers: sent,
        body: isForm
          ? (call.body as FormData)
          : call.body === undefined
            ? undefined
            : JSON.stringify(call.body),
        signal: call.signal ?? null,
      });
    } catch (cause) {
      call.signal?.throwIfAborted();
      throw networkError(cause);
    }
  }

  function url(path: string, query: Query = {}): string {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value !== null && value !== undefined) search.set(name, String(value));
    }
    return base + path + (search.size > 0 ? `?${search}` : '');
  }

  async function headers(): Promise<Record<string, string>> {
    const token = await options.token?.();
    return token ? { authorization: `Bearer ${token}` } : {};
  }

  async function renew(): Promise<boolean> {
    return (await options.onUnauthenticated?.()) ?? false;
  }
}
