import { z } from 'zod';
import { id, nextCursor, timestamp } from './common.ts';

const places = ['titles', 'messages', 'documents'] as const;
export type SearchPlace = (typeof places)[number];

export const searchQuery = z.object({
  /** Words, "phrases", and filters: has:document, in:title, before:2026-01-31, after:, from:assistant, tag:name. */
  q: z.string().trim().min(1, 'a search has at least one character').max(1_000),
  /** A comma between several; everywhere when left out. */
  in: z
    .string()
    .max(100)
    .transform((list) => list.split(','))
    .pipe(z.array(z.enum(places)).min(1))
    .optional(),
  conversation_id: id.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(20),
  cursor: z.string().max(500).optional(),
});

const searchHit = z
  .object({
    kind: z.enum(['title', 'message', 'document']),
    conversation_id: id,
    conversation_title: z.string(),
    /** Set for a message: where to jump to. */
    message_id: id.nullable(),
    role: z.enum(['user', 'assistant', 'system']).nullable(),
    /** Set for a document: the passage to jump to; without a chunk its name was found. */
    document_id: id.nullable(),
    document_name: z.string().nullable(),
    chunk_id: id.nullable(),
    page: z.int().nullable(),
    char_start: z.int().nullable(),
    /** `ranges` mark what was found in `text`, in UTF-16 units. */
    snippet: z.object({
      text: z.string(),
      ranges: z.array(z.object({ start: z.int(), end: z.int() })),
    }),
    score: z.number(),
    created_at: timestamp,
  })
  .meta({ id: 'SearchHit' });
export type SearchHit = z.infer<typeof searchHit>;

export const searchResults = z
  .object({
    results: z.array(searchHit),
    next_cursor: nextCursor,
    /** True while older texts still wait to be indexed: they cannot be found yet. */
    indexing: z.boolean(),
  })
  .meta({ id: 'SearchResults' });
export type SearchResults = z.infer<typeof searchResults>;
