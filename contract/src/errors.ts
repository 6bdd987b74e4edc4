import { z } from 'zod';

/** Every `code` an error response can carry; stable, so that clients may switch on it. */
export const errorCodes = [
  'invalid_request',
  'no_conversation_id',
  'embeddings_unavailable',
  'idempotency_key_invalid',
  'unauthenticated',
  'token_expired',
  'forbidden',
  'registration_closed',
  'setup_code_required',
  'not_found',
  'method_not_allowed',
  'conflict',
  'email_taken',
  'original_missing',
  'too_large',
  'unsupported_media_type',
  'idempotency_mismatch',
  'document_encrypted',
  'document_empty',
  'document_malformed',
  'document_too_complex',
  'document_needs_ocr',
  'url_failed',
  'context_overflow',
  'rate_limited',
  'quota_exceeded',
  'internal',
  'model_unavailable',
  'unavailable',
  'model_timeout',
  'storage_full',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

const fieldIssue = z.object({ path: z.string(), message: z.string() });
export type FieldIssue = z.infer<typeof fieldIssue>;

/** RFC 9457 problem document; `error` is one human sentence, `code` is stable. */
export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(errorCodes),
    error: z.string(),
    request_id: z.string(),
    issues: z.array(fieldIssue).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problem>;
