/** What the stand-in provider does with one request. */
export type Behaviour =
  | { kind: 'answer'; text: string | ((prompt: ReceivedPrompt) => string); options: AnswerOptions }
  | { kind: 'status'; status: number; headers: Record<string, string>; body: unknown }
  | { kind: 'document'; contentType: string; body: string }
  | { kind: 'reset' }
  | { kind: 'hang' }
  | { kind: 'stall'; text: string; everyMs: number }
  | { kind: 'cut'; text: string; isClean: boolean }
  | { kind: 'event'; before: string; data: string; after: string }
  | { kind: 'error_event'; before: string; message: string; status: number }
  | { kind: 'huge'; text: string };

export interface AnswerOptions {
  /** Sent as reasoning before the answer. */
  reasoning?: string;
  finish?: 'stop' | 'length' | 'content_filter';
  /** False: the provider does not count tokens; or what it says instead of the truth. */
  usage?: false | { input: number; output: number };
  /** The stream stands still before its second token until this resolves. */
  until?: Promise<unknown>;
}

export interface ReceivedPrompt {
  model: string;
  messages: { role: string; content: string }[];
  /** Every text of the request, in order. */
  text: string;
}

/** Behaviours by the name of what they imitate. */
export const behave = {
  answer: (text: string | ((prompt: ReceivedPrompt) => string), options: AnswerOptions = {}): Behaviour => ({
    kind: 'answer',
    text,
    options,
  }),
  rateLimited: (retryAfter: number | string = 1): Behaviour =>
    status(429, 'rate limit reached', 'rate_limit_exceeded', { 'retry-after': String(retryAfter) }),
  quotaUsedUp: () => status(429, 'You exceeded your current quota', 'insufficient_quota'),
  serverError: (code = 500) => status(code, 'the server had an error', 'server_error'),
  unauthorized: () => status(401, 'Incorrect API key provided', 'invalid_api_key'),
  unknownModel: () => status(404, 'The model does not exist', 'model_not_found'),
  contextTooLong: () =>
    status(400, "This model's maximum context length is 8192 tokens", 'context_length_exceeded'),
  status: (code: number, body: unknown, headers: Record<string, string> = {}): Behaviour => ({
    kind: 'status',
    status: code,
    headers,
    body,
  }),
  redirect: (location: string): Behaviour => ({
    kind: 'status',
    status: 307,
    headers: { location },
    body: '',
  }),
  /** The connection is accepted and dropped. For a refused one, close the provider. */
  reset: (): Behaviour => ({ kind: 'reset' }),
  /** The request is read and never answered, not even with headers. */
  hang: (): Behaviour => ({ kind: 'hang' }),
  /** Some tokens, then one byte every `everyMs`. */
  stall: (text: string, everyMs = 5_000): Behaviour => ({ kind: 'stall', text, everyMs }),
  /** Some tokens, half an event, and the connection is dropped (or, if clean, closed without a finish). */
  cut: (text: string, isClean = false): Behaviour => ({ kind: 'cut', text, isClean }),
  /** An event as given between two halves of an otherwise good answer. */
  event: (before: string, data: string, after: string): Behaviour => ({ kind: 'event', before, data, after }),
  /** A success whose body is an error. */
  errorBody: (message = 'the model crashed', code?: number): Behaviour => ({
    kind: 'document',
    contentType: 'application/json',
    body: JSON.stringify({ error: { message, type: 'invalid_request_error', code } }),
  }),
  page: (): Behaviour => ({
    kind: 'document',
    contentType: 'text/html',
    body: '<!doctype html><title>A page</title>',
  }),
  /** An error as an event of the stream, after some tokens. */
  errorEvent: (before: string, message = 'overloaded', code = 503): Behaviour => ({
    kind: 'error_event',
    before,
    message,
    status: code,
  }),
  /** One token of that many letters. */
  huge: (letters = 10_000_000, letter = 'x'): Behaviour => ({ kind: 'huge', text: letter.repeat(letters) }),
};

function status(
  code: number,
  message: string,
  type: string,
  headers: Record<string, string> = {},
): Behaviour {
  return { kind: 'status', status: code, headers, body: { error: { message, type, code: type } } };
}
