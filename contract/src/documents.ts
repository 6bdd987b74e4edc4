import { z } from 'zod';
import { id, nextCursor, pageQuery, timestamp } from './common.ts';
import { errorCodes } from './errors.ts';

const documentStatus = z.enum([
  'queued',
  'extracting',
  'chunking',
  'embedding',
  'ready',
  'failed',
  'cancelled',
]);
export type DocumentStatus = z.infer<typeof documentStatus>;
const contextMode = z.enum(['auto', 'full', 'search', 'off']);

export const document = z
  .object({
    id,
    conversation_id: id,
    name: z.string(),
    media_type: z.string(),
    size_bytes: z.int(),
    sha256: z.string(),
    status: documentStatus,
    /** 0 to 1 over all stages. */
    progress: z.number(),
    stage_message: z.string().nullable(),
    error: z.object({ code: z.enum(errorCodes), error: z.string() }).nullable(),
    warnings: z.array(z.string()),
    pages: z.int().nullable(),
    chunk_count: z.int(),
    token_count: z.int(),
    language: z.string().nullable(),
    context_mode: contextMode,
    /** Semantic search finds it; a ready document is found by its words before that. */
    vectors_ready: z.boolean(),
    created_at: timestamp,
  })
  .meta({ id: 'Document' });
export type Document = z.infer<typeof document>;

export const uploadQuery = z.object({
  /** Hold the answer until every document is ready or failed; with `vectors` until semantic search finds it too. */
  wait: z.enum(['ready', 'vectors']).optional(),
});
/** The founding client may name the conversation in the query too. */
export const apiUploadQuery = uploadQuery.extend({ conversationId: z.string().max(200).optional() });
export const uploaded = z.object({ documents: z.array(document), document }).meta({ id: 'Uploaded' });
export type Uploaded = z.infer<typeof uploaded>;
/** The fields of an upload's form; `file` can be repeated. */
export const filesForm = z.object({ file: z.array(z.string().meta({ format: 'binary' })).min(1) });
/** The conversation is named before the first file. */
export const uploadForm = z.object({ conversationId: id, ...filesForm.shape });
/** JSON form of an upload: a text under a name. */
export const textDocumentBody = z.strictObject({
  name: z.string().trim().min(1).max(255),
  text: z.string().min(1).max(20_000_000),
});
export const documentList = z.object({ documents: z.array(document), next_cursor: nextCursor });
export const listDocumentsQuery = pageQuery;
export const updateDocumentBody = z.object({
  name: z.string().trim().min(1).max(255).optional(),
  context_mode: contextMode.optional(),
});
export const deletedDocument = z
  .object({ deleted: z.object({ documents: z.int(), chunks: z.int(), bytes: z.int() }) })
  .meta({ id: 'DeletedDocument' });
export const documentText = z
  .object({ document_id: id, text: z.string(), pages: z.int().nullable() })
  .meta({ id: 'DocumentText' });

const chunk = z
  .object({
    id,
    document_id: id,
    ordinal: z.int(),
    page: z.int().nullable(),
    heading: z.array(z.string()),
    char_start: z.int(),
    char_end: z.int(),
    token_count: z.int(),
    content: z.string(),
  })
  .meta({ id: 'Chunk' });
export type Chunk = z.infer<typeof chunk>;
export const chunkList = z.object({ chunks: z.array(chunk), next_cursor: nextCursor });
