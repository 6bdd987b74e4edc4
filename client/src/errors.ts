import type { ErrorCode, FieldIssue, Problem } from '@alcove/contract';

/** The server's codes, and two of the client's own: no answer at all, or one that is not Alcove's. */
export type ClientErrorCode = ErrorCode | 'network' | 'protocol';

interface ErrorFields {
  status: number;
  code: ClientErrorCode;
  issues?: FieldIssue[];
  requestId?: string;
  retryAfter?: number;
  cause?: unknown;
}

/** A refused or failed call; `message` is one sentence for a person. */
export class AlcoveError extends Error {
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** Stable: switch on this, not on the message. */
  readonly code: ClientErrorCode;
  /** Which fields were wrong, for `invalid_request`. */
  readonly issues: FieldIssue[];
  readonly requestId: string | undefined;
  /** Seconds to wait before another try, when the server said so. */
  readonly retryAfter: number | undefined;

  constructor(message: string, fields: ErrorFields) {
    super(message, { cause: fields.cause });
    this.name = 'AlcoveError';
    this.status = fields.status;
    this.code = fields.code;
    this.issues = fields.issues ?? [];
    this.requestId = fields.requestId;
    this.retryAfter = fields.retryAfter;
  }
}

/** True for an `AlcoveError`, and for one with this code when a code is given. */
export function isAlcoveError(error: unknown, code?: ClientErrorCode): error is AlcoveError {
  return error instanceof AlcoveError && (code === undefined || error.code === code);
}

/** What came back, independent of whether `fetch` or an XMLHttpRequest brought it. */
export interface FailedResponse {
  status: number;
  body: string;
  header(name: string): string | null;
}

/** Reads a problem document; anything else (a proxy's error page, say) becomes `protocol`. */
export function errorFrom(response: FailedResponse): AlcoveError {
  const retryAfter = Number(response.header('retry-after') ?? Number.NaN);
  const problem = parseProblem(response.body);
  return new AlcoveError(problem?.error ?? `The server answered with status ${response.status}.`, {
    status: response.status,
    code: problem?.code ?? 'protocol',
    issues: problem?.issues,
    requestId: problem?.request_id ?? response.header('x-request-id') ?? undefined,
    retryAfter: Number.isFinite(retryAfter) ? retryAfter : undefined,
  });
}

export function networkError(cause: unknown): AlcoveError {
  return new AlcoveError('The server cannot be reached.', { status: 0, code: 'network', cause });
}

export function protocolError(message: string, cause?: unknown): AlcoveError {
  return new AlcoveError(message, { status: 0, code: 'protocol', cause });
}

function parseProblem(body: string): Partial<Problem> | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : null;
  } catch {
    // Not JSON: the caller reports the status alone.
    return null;
  }
}
