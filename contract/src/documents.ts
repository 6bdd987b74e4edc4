import { z } from 'zod';
import { id, nextCursor, pageQuery, queryBoolean, timestamp } from './common.ts';
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
    /** What the document calls itself, where its format has a place for that. */
    title: z.string().nullable(),
    pages: z.int().nullable(),
    chunk_count: z.int(),
    token_count: z.int(),
    language: z.string().nullable(),
    context_mode: contextMode,
    /** Semantic search finds it; a ready document is found by its words before that. */
    vectors_ready: z.boolean(),
    /** Of its content: one more with each replacement. */
    version: z.int(),
    /** A new version that is to take its place once it is read; with `failed`, one that could not be read. */
    replacement: z
      .object({
        name: z.string(),
        media_type: z.string(),
        size_bytes: z.int(),
        status: z.enum(['queued', 'extracting', 'chunking', 'failed']),
        progress: z.number(),
        stage_message: z.string().nullable(),
        error: z.object({ code: z.enum(errorCodes), error: z.string() }).nullable(),
      })
      .nullable(),
    /** When an answer last cited it, since its content is what it is. */
    last_cited_at: timestamp.nullable(),
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
const textDocumentBody = z.strictObject({
  name: z.string().trim().min(1).max(255),
  text: z.string().min(1).max(20_000_000),
});
/** JSON form of an upload: what is behind an address on the web. */
const urlDocumentBody = z.strictObject({ url: z.string().trim().min(1).max(4_000) });
export const addDocumentBody = z.union([textDocumentBody, urlDocumentBody]);
/** One file takes the place of the document's. */
export const replaceForm = z.object({ file: z.string().meta({ format: 'binary' }) });

const documentIds = z.array(id).min(1).max(500);
/** To one conversation of the caller's, from any of them. */
export const transferBody = z.object({ document_ids: documentIds, conversation_id: id });
/** `restorable`: they can come back until their undo window ends, and take room so long. */
export const deleteDocumentsBody = z.object({
  document_ids: documentIds,
  restorable: z.boolean().optional(),
});
export const deleteDocumentQuery = z.object({ restorable: queryBoolean.optional() });
export const transferred = z.object({ documents: z.array(document) }).meta({ id: 'TransferredDocuments' });

const listedDocument = document
  .extend({
    conversation_title: z.string(),
    /** Others of the caller's with the same content. */
    duplicates: z.int(),
  })
  .meta({ id: 'ListedDocument' });
export type ListedDocument = z.infer<typeof listedDocument>;
export const allDocumentsQuery = pageQuery.extend({
  conversation_id: id.optional(),
  status: documentStatus.optional(),
  media_type: z.string().max(200).optional(),
  /** A part of the name, in any case. */
  name: z.string().trim().min(1).max(255).optional(),
  duplicates: queryBoolean.optional(),
  never_cited: queryBoolean.optional(),
  /** Newest, largest, or by name. */
  order: z.enum(['created', 'size', 'name']).default('created'),
});
export const allDocuments = z
  .object({
    documents: z.array(listedDocument),
    next_cursor: nextCursor,
    quota: z.object({
      documents: z.int(),
      max_documents: z.int(),
      bytes: z.int(),
      /** Of deleted conversations that can still be restored: they take room too. */
      deleted_bytes: z.int(),
      /** Of answers that are kept for repeats by Idempotency-Key, for a day: they take room too. */
      answer_bytes: z.int(),
      max_bytes: z.int(),
    }),
  })
  .meta({ id: 'AllDocuments' });
export type AllDocuments = z.infer<typeof allDocuments>;
export const documentList = z.object({ documents: z.array(document), next_cursor: nextCursor });
export const listDocumentsQuery = pageQuery;
export const updateDocumentBody = z.object({
  name: z.string().trim().min(1).max(255).optional(),
  context_mode: contextMode.optional(),
});
export const deletedDocument = z
  .object({
    deleted: z.object({ documents: z.int(), chunks: z.int(), bytes: z.int() }),
    /** Null: they are erased. */
    restorable_until: timestamp.nullable(),
  })
  .meta({ id: 'DeletedDocument' });
const textRange = z.object({ char_start: z.int(), char_end: z.int() });
/** A stretch of the text and what it is; what no block holds is white space. */
const textBlock = textRange
  .extend({
    /** `other`: running headers, footers and page numbers. A list is a run of its items, each with its mark. */
    kind: z.enum(['heading', 'paragraph', 'table', 'list_item', 'code', 'other']),
    /** PDF page, slide or sheet, counted from 1; null where the format has none. */
    page: z.int().nullable(),
    /** Of a heading, 1 is the outermost. */
    level: z.int().optional(),
    /** Of a table: where the rows end that name its columns. A row is a line; its cells are parted by tabs, in Markdown by bars. */
    header_end: z.int().optional(),
    /** Where its words are, without the marks of Markdown around them: hashes, underlines, fences. Left out without such. */
    inner: textRange.optional(),
  })
  .meta({ id: 'TextBlock' });
export type TextBlock = z.infer<typeof textBlock>;
export const documentText = z
  .object({
    document_id: id,
    text: z.string(),
    pages: z.int().nullable(),
    blocks: z.array(textBlock).nullable().meta({
      description:
        'Headings, paragraphs, tables, list items and code in their order, by their places in `text`. Null for a document that an earlier release has read, and for one of more than 100,000 blocks.',
    }),
  })
  .meta({ id: 'DocumentText' });
export type DocumentText = z.infer<typeof documentText>;

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
    /** The text was recognised in a picture (OCR), and may be wrong in places. */
    ocr: z.boolean(),
    content: z.string(),
  })
  .meta({ id: 'Chunk' });
export type Chunk = z.infer<typeof chunk>;
export const chunkList = z.object({ chunks: z.array(chunk), next_cursor: nextCursor });

export const suggestedQuestions = z
  .object({ document_id: id, questions: z.array(z.string()) })
  .meta({ id: 'SuggestedQuestions' });
export const wordsQuery = z.object({ page: z.coerce.number().int().min(1).max(100_000) });
/** In pixels of the picture that the words were recognised in, from its upper left corner. */
const placedWord = z.object({
  text: z.string(),
  left: z.int(),
  top: z.int(),
  width: z.int(),
  height: z.int(),
});
export const pageWords = z
  .object({
    document_id: id,
    /** Of the document's content, as in the document. */
    version: z.int(),
    page: z.int(),
    /** Null: no words were recognised on this page, or it is not known where they stand. */
    recognised: z
      .object({
        /** Of the picture. */
        width: z.int(),
        height: z.int(),
        /** In reading order. */
        lines: z.array(z.array(placedWord)),
      })
      .nullable(),
  })
  .meta({ id: 'PageWords' });
export type PageWords = z.infer<typeof pageWords>;
