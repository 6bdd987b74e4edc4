import { z } from 'zod';
import { strategy } from './asking.ts';
import { id, jsonValue, nextCursor, pageQuery, queryBoolean, timestamp } from './common.ts';

const conversationType = z.enum(['general', 'rag_query']);
const conversationStatus = z.enum(['active', 'archived']);
const messageRole = z.enum(['user', 'assistant', 'system']);
const messageStatus = z.enum(['complete', 'streaming', 'incomplete', 'failed', 'cancelled']);

const title = z.string().trim().min(1).max(500);
export const starterQuestions = z.array(z.string().trim().min(1).max(1_000)).max(20);

/** What holds for the questions of a conversation, unless a question says otherwise. */
export const conversationSettings = z.strictObject({
  /** Answer from the documents or say that they do not hold it. */
  docs_only: z.boolean().optional(),
  /** One of the models that `/capabilities` names. */
  model: z.string().min(1).max(200).optional(),
  /** What the model is told beside the server's own rules. */
  prompt: z.string().trim().min(1).max(8_000).optional(),
  strategy: strategy.optional(),
  top_k: z.int().min(1).max(50).optional(),
  /** Within `max_temperature` of `/capabilities`. */
  temperature: z.number().min(0).max(2).optional(),
  /** At most, within `max_output_tokens` of `/capabilities`. */
  max_output_tokens: z.int().min(16).max(1_000_000).optional(),
  /** Questions to begin with, such as those of the template that it was begun from. */
  starter_questions: starterQuestions.optional(),
});
export type ConversationSettings = z.infer<typeof conversationSettings>;

/** A minute to a year. */
const expiresInS = z.int().min(60).max(31_536_000);

const tag = z.string().trim().min(1).max(100);

export const conversation = z
  .object({
    id,
    title: z.string(),
    conversation_type: conversationType,
    /** `template`: it holds the starter documents of a template, and is in no list. */
    status: z.enum([...conversationStatus.options, 'template']),
    pinned: z.boolean(),
    tags: z.array(z.string()),
    settings: conversationSettings,
    /** The last message of the branch that is shown; null before the first. */
    active_leaf_id: id.nullable(),
    /** An answer has come since it was last said to be read. */
    unread: z.boolean(),
    project_id: id.nullable(),
    /** Of a temporary conversation: when it is erased, unless something more is said in it. */
    expires_at: timestamp.nullable(),
    /** Only in the list of deleted ones. */
    deleted_at: timestamp.nullable(),
    /** Until when a deleted one can be restored. */
    restorable_until: timestamp.nullable(),
    message_count: z.int(),
    document_count: z.int(),
    created_at: timestamp,
    updated_at: timestamp,
    last_message_at: timestamp.nullable(),
  })
  .meta({ id: 'Conversation' });
export type Conversation = z.infer<typeof conversation>;

export const createConversationBody = z
  .object({
    title: title.optional(),
    conversation_type: conversationType.default('general'),
    /** One of `GET /templates`: its settings and starter documents come along. */
    template_id: id.optional(),
    settings: conversationSettings.optional(),
    project_id: id.nullish(),
    /** It is erased, with its files, when nothing was said in it for `expires_in_s`, or the server's own time. */
    temporary: z.boolean().default(false),
    expires_in_s: expiresInS.optional(),
  })
  .nullish();
export const listConversationsQuery = pageQuery.extend({
  conversation_type: conversationType.optional(),
  /** Archived ones are listed only when asked for. */
  status: z.enum([...conversationStatus.options, 'all', 'deleted']).default('active'),
  tag: tag.optional(),
  pinned: queryBoolean.optional(),
  unread: queryBoolean.optional(),
  /** `none`: those that are in no project. */
  project_id: z.union([z.literal('none'), id]).optional(),
  /** Pinned ones come first in any order. */
  order: z.enum(['activity', 'created', 'title']).default('activity'),
});
export const conversationList = z.object({ conversations: z.array(conversation), next_cursor: nextCursor });

export const updateConversationBody = z.object({
  title: title.optional(),
  status: conversationStatus.optional(),
  pinned: z.boolean().optional(),
  tags: z.array(tag).max(50).optional(),
  /** In the place of those before, but for `starter_questions`, which stay unless they are named. */
  settings: conversationSettings.optional(),
  unread: z.boolean().optional(),
  project_id: id.nullable().optional(),
  /** Null keeps a temporary conversation for good; a number makes one, or gives it another time. */
  expires_in_s: expiresInS.nullable().optional(),
});
export const titleQuery = z.object({ title: title.optional() });
export const titleBody = z.object({ title: title.optional() }).nullish();

const rating = z.enum(['up', 'down']);

export const message = z
  .object({
    id,
    parent_id: id.nullable(),
    /** The messages below the same parent, itself among them, oldest first; 1,000 at most. */
    sibling_ids: z.array(id),
    /** Which of them the active branch goes through; null when it goes through none. */
    active_sibling_id: id.nullable(),
    role: messageRole,
    content: z.string(),
    status: messageStatus,
    /** What its reader thinks of an answer. */
    feedback: z.object({ rating, reason: z.string().nullable(), created_at: timestamp }).nullable(),
    metadata: jsonValue,
    created_at: timestamp,
  })
  .meta({ id: 'Message' });
export type Message = z.infer<typeof message>;

/** At most 1,000,000 characters; a longer text belongs into a document. */
export const createMessageBody = z.object({
  role: messageRole,
  content: z.string().min(1).max(1_000_000),
  message_metadata: jsonValue.optional(),
  parent_id: id.nullish(),
});
/** A rating of null takes the feedback back. */
export const feedbackBody = z.object({
  rating: rating.nullable(),
  reason: z.string().trim().min(1).max(2_000).nullish(),
});
/** Any message: the branch goes on to the newest leaf below it. */
export const branchBody = z.object({ leaf_id: id });
/** Up to this message; the whole active branch when it is left out. */
export const forkBody = z.object({ message_id: id.optional() }).nullish();
export const deletedMessage = z
  .object({ deleted: z.object({ messages: z.int() }), active_leaf_id: id.nullable() })
  .meta({ id: 'DeletedMessage' });
export const historyQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  /** Only messages before this one, for paging backwards; of the active branch unless `branch` is named too. */
  before: id.optional(),
  /** A leaf of another branch of the message tree. */
  branch: id.optional(),
  /** The page that this message is in the middle of: of the active branch, or of the newest one through the message. */
  around: id.optional(),
  /** Only messages after this one, for paging forwards; of the branch that `around` would show. */
  after: id.optional(),
});
export const history = conversation
  .extend({
    messages: z.array(message),
    /** There are messages before these. */
    has_more: z.boolean(),
    /** There are messages after these, on their branch. */
    has_later: z.boolean(),
    /** The last message of the branch that these are of; null while there are none. */
    leaf_id: id.nullable(),
  })
  .meta({ id: 'ConversationHistory' });
export type ConversationHistory = z.infer<typeof history>;

export const deleteConversationQuery = z.object({
  keep_documents_in: id.optional(),
  /** Erases it at once, also when it was deleted before. */
  permanently: queryBoolean.optional(),
});
const deletedCounts = z.object({ messages: z.int(), documents: z.int(), chunks: z.int(), bytes: z.int() });
export const deletedConversation = z
  .object({
    deleted: deletedCounts,
    /** Until when it can be restored; null: it is erased. */
    restorable_until: timestamp.nullable(),
  })
  .meta({ id: 'DeletedConversation' });
/** What a deletion would take along. */
export const deletionPreview = z
  .object({
    /** `shares`: links that end. */
    would_delete: deletedCounts.extend({ shares: z.int() }),
    /** How long it could be restored, in days; 0: it would be erased at once. */
    restorable_days: z.number(),
  })
  .meta({ id: 'DeletionPreview' });
export type DeletionPreview = z.infer<typeof deletionPreview>;
