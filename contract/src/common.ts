import { z } from 'zod';

export const id = z
  .uuid()
  .toLowerCase()
  .meta({ description: 'UUIDv7', example: '019a8f5e-7c11-7c3e-9f55-3a1d2e4b5c6d' });
/** RFC 3339 UTC with milliseconds. */
export const timestamp = z.string().meta({ format: 'date-time', example: '2026-11-20T10:15:30.123Z' });

export const idParams = z.object({ id });

/** Keyset paging: `cursor` is opaque, `limit` at most 200. */
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(3_000).optional(),
});
export const nextCursor = z.string().nullable();

/** Query-string booleans: only the words `true` and `false` (and 1, 0) count. */
export const queryBoolean = z
  .enum(['true', 'false', '1', '0'])
  .transform((value) => value === 'true' || value === '1');

/** Any JSON value; kept as it came. */
export const jsonValue = z.unknown().meta({ description: 'any JSON value' });
