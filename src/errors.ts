import type { ErrorCode, FieldIssue } from '@alcove/contract';

/** HTTP status of each error code: the union of codes is closed in the contract. */
export const statusOf: Record<ErrorCode, number> = {
  invalid_request: 400,
  no_conversation_id: 400,
  embeddings_unavailable: 400,
  idempotency_key_invalid: 400,
  unauthenticated: 401,
  token_expired: 401,
  forbidden: 403,
  registration_closed: 403,
  setup_code_required: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  email_taken: 409,
  original_missing: 410,
  too_large: 413,
  unsupported_media_type: 415,
  idempotency_mismatch: 422,
  document_encrypted: 422,
  document_empty: 422,
  document_malformed: 422,
  document_too_complex: 422,
  document_needs_ocr: 422,
  url_failed: 422,
  context_overflow: 422,
  rate_limited: 429,
  quota_exceeded: 429,
  internal: 500,
  model_unavailable: 502,
  unavailable: 503,
  model_timeout: 504,
  storage_full: 507,
};

export interface ErrorDetails {
  cause?: unknown;
  issues?: FieldIssue[];
  /** Sent as `Retry-After`, in whole seconds. */
  retryAfterSeconds?: number;
  /** What those are told who cannot change the settings that `message` names. */
  plain?: string;
}

/** An error that the caller may read: `message` goes outward, `plain` where a setting is not for them, `cause` only to the log. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly issues: FieldIssue[] | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly plain: string;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = 'AppError';
    this.code = code;
    this.issues = details.issues;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.plain = details.plain ?? message;
  }

  /** Settings are for administrators only. */
  tell(isAdministrator: boolean): string {
    return isAdministrator ? this.message : this.plain;
  }

  get status(): number {
    return statusOf[this.code];
  }
}

/** True when the value is an error of ours with the given code. */
export function hasCode(error: unknown, code: ErrorCode): error is AppError {
  return error instanceof AppError && error.code === code;
}
