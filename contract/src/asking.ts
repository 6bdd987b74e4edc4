import { z } from 'zod';
import { id } from './common.ts';
import { errorCodes } from './errors.ts';

export const strategy = z.enum(['vector', 'keyword', 'rrf_fusion']);
export type Strategy = z.infer<typeof strategy>;

/** Of a question, whichever way it is asked. */
export const maxQuestionCharacters = 32_000;
const question = z.string().trim().min(1, 'a question has at least one character').max(maxQuestionCharacters);
/** Left out: 10 passages are searched for, and documents that fit are given whole. */
const topK = z.int().min(1).max(50).optional();
/** Answer from the documents or say that they do not hold it; default: the conversation's `settings.docs_only`. */
const docsOnly = z.boolean().optional();

export const ragQueryBody = z.object({
  query: question,
  /** Left out: as the conversation's settings say, or `rrf_fusion`. */
  strategy: strategy.optional(),
  top_k: topK,
  docs_only: docsOnly,
  include_sources: z.boolean().default(true),
  stream: z.boolean().default(false),
  scope: z.enum(['conversation', 'all']).default('conversation'),
  model: z.string().max(200).optional(),
});
export const conversationQueryBody = z.object({
  query: question,
  /** Left out: as the conversation's settings say, or `rrf_fusion`. */
  strategy: strategy.optional(),
  top_k: topK,
  docs_only: docsOnly,
  include_sources: z.boolean().default(true),
  stream: z.boolean().default(false),
  parent_id: id.nullish(),
  document_ids: z.array(id).max(200).optional(),
  model: z.string().max(200).optional(),
});

const asked = conversationQueryBody.omit({ query: true, parent_id: true });
/** A question asked once more: how, where it is to be answered in another way. */
export const regenerateBody = asked.nullish();
/**
 * The new text goes beside the old one. A question is answered anew, as the other fields say, unless `answer` is false;
 * any other message is only written, and they count for nothing.
 */
export const editBody = asked.extend({
  content: z.string().min(1).max(1_000_000),
  answer: z.boolean().default(true),
});

export const source = z
  .object({
    n: z.int(),
    document_id: id,
    document_name: z.string(),
    /** Of the document's content; it has a higher one by now where the source is from an earlier version. */
    document_version: z.int().default(1),
    /** Only in a history: the document has another content by now. */
    from_earlier_version: z.boolean().optional(),
    /** Set only with `scope: "all"`: the conversation that the source is from. */
    conversation_id: id.optional(),
    chunk_id: id,
    page: z.int().nullable(),
    char_start: z.int(),
    char_end: z.int(),
    heading: z.array(z.string()),
    excerpt: z.string(),
    /** Only where it is true: the text was recognised in a picture (OCR), and may be wrong in places. */
    ocr: z.boolean().optional(),
    score: z.number(),
    /** True when the answer cites it and the citation was checked against the stored text. */
    verified: z.boolean(),
  })
  .meta({ id: 'Source' });
export type Source = z.infer<typeof source>;

export const verification = z.enum(['verified', 'unverified', 'contradicted']);
export type Verification = z.infer<typeof verification>;

const citationFields = {
  /** The source that the statement names. */
  n: z.int(),
  chunk_id: id,
  /** The statement in the answer, in UTF-16 units; its marker stands at its end. */
  start: z.int(),
  end: z.int(),
  /** What of the document's text it rests on, as `char_start` counts; null when nothing was found. */
  quote_start: z.int().nullable(),
  quote_end: z.int().nullable(),
  /**
   * `verified`: numbers, units, dates, names and negations agree with the passage, and enough of its words or a
   * quotation do. `contradicted`: numbers or negations differ. `unverified`: neither is shown. A language model may
   * have decided what words could not: the trace says so.
   */
  verification,
};
export const citation = z.object(citationFields).meta({ id: 'Citation' });
export type Citation = z.infer<typeof citation>;

/** Milliseconds; a stage that did not run is null. */
export const timings = z.object({
  rewrite: z.number().nullable(),
  embed: z.number().nullable(),
  vector: z.number().nullable(),
  keyword: z.number().nullable(),
  fuse: z.number().nullable(),
  rerank: z.number().nullable(),
  generate: z.number().nullable(),
});
export type Timings = z.infer<typeof timings>;

export const answerMetadata = z.object({
  strategy,
  /** The legs that really ran, e.g. only `keyword` when no embedding model is configured. */
  legs: z.array(z.enum(['vector', 'keyword'])),
  top_k: z.int(),
  rewritten_query: z.string().nullable(),
  cache_hit: z.boolean(),
  processing_time_ms: z.number(),
  timings_ms: timings,
  model: z.string(),
  tokens: z.object({ input: z.int(), output: z.int() }),
  notices: z.array(z.string()),
  /** Statements that cite, by what the check found; null without documents. */
  statements: z
    .object({ verified: z.int(), unverified: z.int(), contradicted: z.int() })
    .nullable()
    .default(null),
  /** How well the quotations of an answer without a language model answer; null when a model wrote it. */
  match: z.enum(['direct', 'weak', 'none']).nullable().default(null),
  /** `length`: at the longest that the model may write. Null when it did not come to its end, and in earlier answers. */
  finish_reason: z.enum(['stop', 'length', 'content_filter', 'other']).nullable().default(null),
});
export type AnswerMetadata = z.infer<typeof answerMetadata>;

export const answer = z
  .object({
    answer: z.string(),
    conversation_id: id,
    message_id: id,
    user_message_id: id,
    mode: z.enum(['documents', 'llm']),
    status: z.enum(['complete', 'streaming', 'incomplete', 'failed', 'cancelled']),
    sources: z.array(source),
    citations: z.array(citation).default([]),
    metadata: answerMetadata,
  })
  .meta({ id: 'Answer' });
export type Answer = z.infer<typeof answer>;

/** One numbered event of an answer; the stored event is the wire event. */
export const answerEvent = z
  .discriminatedUnion('type', [
    z.object({
      type: z.literal('message'),
      conversation_id: id,
      message_id: id,
      user_message_id: id,
      mode: z.enum(['documents', 'llm']),
    }),
    /** Files are still being read, and the answer waits for them; `progress` over all of them, 0..1. */
    z.object({
      type: z.literal('waiting'),
      documents: z.int(),
      progress: z.number().min(0).max(1),
      /** The first of them by name, at most three. */
      names: z.array(z.string()).default([]),
      /** Whole seconds until the answer goes on without those that are left. */
      seconds_left: z.int().default(0),
    }),
    z.object({ type: z.literal('sources'), sources: z.array(source) }),
    z.object({ type: z.literal('delta'), text: z.string() }),
    /** One that comes again with the same `n`, `start` and `end` takes the place of the first: it was judged again. */
    z.object({
      type: z.literal('citation'),
      ...citationFields,
      /** True when its `verification` says so. */
      verified: z.boolean(),
    }),
    z.object({ type: z.literal('done'), answer }),
    /** Not "error": a standard EventSource takes that name for a broken connection. */
    z.object({ type: z.literal('failed'), code: z.enum(errorCodes), error: z.string(), status: z.string() }),
  ])
  .meta({ id: 'AnswerEvent' });
export type AnswerEvent = z.infer<typeof answerEvent>;

export const retrieveBody = z.object({
  query: question,
  strategy: strategy.default('rrf_fusion'),
  top_k: z.int().min(1).max(50).default(10),
  /** False leaves `lists` and `fused` empty, which are most of the answer; each result says its ranks either way. */
  trace: z.boolean().default(true),
});
const chatId = z.string().min(1).max(200);

/** The AI SDK's UI messages, as `useChat` sends them; of the last question the text and the files are read. */
export const chatBody = z.object({
  /** A conversation, or any name of the client's own for the one that it begins with this id. */
  id: chatId.optional(),
  messages: z
    .array(
      z.object({
        id: z.string().max(200).optional(),
        role: messageRoleOfChat(),
        parts: z
          .array(
            z.object({
              type: z.string().max(100),
              text: z.string().max(1_000_000).optional(),
              /** A file as a data URL: it becomes a document of the conversation. */
              url: z.string().optional(),
              filename: z.string().max(1_000).nullish(),
            }),
          )
          .max(1000)
          .optional(),
        content: z.string().max(1_000_000).optional(),
      }),
    )
    .min(1)
    .max(2000),
  conversationId: id.nullish(),
  parentId: id.nullish(),
  strategy: strategy.optional(),
  topK,
  /** `regenerate-message` answers a question again, beside the answer that there is. */
  trigger: z.string().max(100).optional(),
  /** The answer to replace, or the question that this one is an edit of. */
  messageId: z.string().max(200).optional(),
});
/** One part of the AI SDK's UI-message stream; which fields it has depends on its type. */
export const uiMessageChunk = z
  .looseObject({ type: z.string() })
  .meta({ id: 'UiMessageChunk', description: 'A part of the AI SDK UI-message stream, v1' });

export type ChatBody = z.infer<typeof chatBody>;

export const chatParams = z.object({ id: chatId });

function messageRoleOfChat() {
  return z.enum(['user', 'assistant', 'system']);
}
