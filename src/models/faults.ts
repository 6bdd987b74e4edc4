import { APICallError } from 'ai';
import { isRecord, parseJson } from './json.ts';

export type FaultKind =
  | 'first_token_timeout'
  | 'stall_timeout'
  | 'total_timeout'
  | 'embed_timeout'
  | 'rerank_timeout'
  | 'too_large'
  | 'cut'
  | 'not_a_stream'
  | 'malformed'
  | 'unusable_vectors'
  | 'unusable_scores';

/** A failure that this layer detects itself; `detail` is for the log. */
export class ModelFault extends Error {
  readonly kind: FaultKind;
  constructor(kind: FaultKind, detail: string, cause?: unknown) {
    super(detail, { cause });
    this.name = 'ModelFault';
    this.kind = kind;
  }
}

/** An error that the provider reported in the body of a success, or as an event of a stream. */
export class ReportedError extends Error {
  readonly facts: FaultFacts;
  constructor(body: unknown) {
    const facts = factsOfBody(isRecord(body) ? body : { message: body });
    super(facts.message);
    this.name = 'ReportedError';
    this.facts = facts;
  }
}

/** What can be told from a failure of any origin. */
export interface FaultFacts {
  kind?: FaultKind;
  /** HTTP status, or the one that an error body names. */
  status?: number;
  /** The provider's own code of the error. */
  code?: string;
  /** The connection failed or broke before a whole response. */
  isNetwork: boolean;
  retryAfterMs?: number;
  /** The provider's words: for the log only. */
  message: string;
}

/** Reads the facts out of an error of the AI SDK or of this layer. */
export function readFacts(error: unknown): FaultFacts {
  for (const link of causes(error)) {
    if (link instanceof ModelFault) return { kind: link.kind, isNetwork: false, message: link.message };
    if (link instanceof ReportedError) return link.facts;
  }
  if (APICallError.isInstance(error)) return factsOfCall(error);
  return { isNetwork: false, message: error instanceof Error ? error.message : String(error) };
}

/** Whether the same request may succeed a moment later. */
export function isTransient(facts: FaultFacts): boolean {
  if (facts.isNetwork) return true;
  // OpenAI answers 429 both for "slow down" and for "no credit left".
  if (facts.code === 'insufficient_quota') return false;
  return facts.status === 408 || facts.status === 429 || (facts.status ?? 0) >= 500;
}

/** The facts of an error object that a provider sends: `{ message, code?, type?, status? }`. */
function factsOfBody(body: Record<string, unknown>): FaultFacts {
  const nested = isRecord(body.data) ? body.data : body;
  const code = [nested.code, nested.type, nested.status].find((value) => typeof value === 'string');
  const status = [body.statusCode, nested.code, nested.status].find((value) => isHttpError(value));
  return {
    status: typeof status === 'number' ? status : statusOfType(code),
    code: typeof code === 'string' ? code : undefined,
    isNetwork: false,
    message: typeof body.message === 'string' ? body.message : 'an error without a message',
  };
}

function factsOfCall(error: APICallError): FaultFacts {
  const status = error.statusCode;
  const body = errorIn(error.data) ?? errorIn(parseJson(error.responseBody ?? ''));
  const failed = status !== undefined && (status < 200 || status > 299);
  return {
    status: failed ? status : undefined,
    code: body?.code,
    isNetwork: !failed && error.message !== 'Invalid JSON response',
    kind: error.message === 'Invalid JSON response' ? 'malformed' : undefined,
    retryAfterMs: readRetryAfter(error.responseHeaders),
    message: body?.message ?? error.message,
  };
}

function errorIn(body: unknown): FaultFacts | undefined {
  return isRecord(body) && isRecord(body.error) ? factsOfBody(body.error) : undefined;
}

/** `Retry-After` in either of its forms (RFC 9110 §10.2.3), or OpenAI's `retry-after-ms`. */
function readRetryAfter(headers: Record<string, string> | undefined): number | undefined {
  const exact = Number(headers?.['retry-after-ms'] ?? Number.NaN);
  if (Number.isFinite(exact)) return Math.max(0, exact);
  const value = headers?.['retry-after'];
  if (value === undefined) return undefined;
  const ms = /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

/** Errors inside a stream often carry a word instead of a status. */
function statusOfType(type: unknown): number | undefined {
  if (typeof type !== 'string') return undefined;
  if (/overloaded|unavailable/i.test(type)) return 503;
  if (/rate_limit|resource_exhausted/i.test(type)) return 429;
  if (/server_error|api_error|internal/i.test(type)) return 500;
  return undefined;
}

/** The fields under which OpenAI, Anthropic and Google put text or an error. */
export function mayHoldText(event: Record<string, unknown>): boolean {
  return ['choices', 'delta', 'content_block', 'candidates', 'error'].some((field) => field in event);
}

function isHttpError(value: unknown): value is number {
  return typeof value === 'number' && value >= 400 && value <= 599;
}

function* causes(error: unknown): Generator<Error> {
  // Bounded: a cause may point back at its own error.
  for (let link = error, depth = 0; link instanceof Error && depth < 8; link = link.cause, depth++) {
    yield link;
  }
}
