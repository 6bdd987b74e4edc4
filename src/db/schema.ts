import type { ConversationSettings } from '@alcove/contract';
import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  customType,
  date,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';

// Rules of this file (checked by test/schema): every table of a user's data has user_id in its primary key,
// unique keys and foreign keys; below a conversation, conversation_id too. Global tables are keyed by the key itself.

const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'bytea' });
/** pgvector's half-precision vector without a fixed dimension; set to STORAGE PLAIN by migration. */
const halfvec = customType<{ data: string }>({ dataType: () => 'halfvec' });
/** Sorted lexemes without positions, made by search/lexemes.ts. */
const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' });
const time = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' });

export const users = pgTable(
  'users',
  {
    id: uuid('id').primaryKey(),
    email: text('email'),
    name: text('name'),
    passwordHash: text('password_hash'),
    role: text('role', { enum: ['admin', 'user'] }).notNull(),
    /** `invited`: there is no password yet, and nobody can sign in. */
    status: text('status', { enum: ['active', 'suspended', 'invited'] }).notNull(),
    /** Raised by a password change: tokens with a lower number are refused. */
    tokenVersion: integer('token_version').notNull().default(1),
    /** Where they are null the server's own limit counts. */
    quotaDocuments: integer('quota_documents'),
    quotaBytes: bigint('quota_bytes', { mode: 'number' }),
    quotaMessagesPerMinute: integer('quota_messages_per_minute'),
    /** Conversations without activity for so long go; where the server has a policy too, the shorter one counts. */
    retentionDays: integer('retention_days'),
    /** Nothing of the account is erased while this is set. */
    legalHold: boolean('legal_hold').notNull().default(false),
    createdAt: time('created_at').notNull(),
    updatedAt: time('updated_at').notNull(),
  },
  (t) => [
    // The administrator's list, newest first.
    index('users_by_time').on(t.createdAt, t.id),
    // Not unique: accounts of other issuers may have one address. `login_keys` says who signs in with it.
    index('users_by_email').on(sql`lower(${t.email})`),
    // Whether somebody is the last one.
    index('users_active_admins')
      .on(t.id)
      .where(sql`role = 'admin' AND status = 'active'`),
  ],
);

/** Global: `email:<address>` or `issuer:<iss>|<sub>`, unique over all users. */
export const loginKeys = pgTable(
  'login_keys',
  {
    key: text('key').primaryKey(),
    userId: uuid('user_id').notNull(),
    createdAt: time('created_at').notNull(),
  },
  (t) => [index('login_keys_by_user').on(t.userId)],
);

/** Global: facts of the installation, such as who was first. */
export const installation = pgTable('installation', {
  key: text('key').primaryKey(),
  value: text('value').notNull(),
});

/** Global: processes that share this database; one that has not been seen for a while is gone. */
export const replicas = pgTable('replicas', {
  id: text('id').primaryKey(),
  /** Name of the note that it keeps beside its originals. */
  note: text('note').notNull(),
  seenAt: time('seen_at').notNull(),
});

/** Global: what processes count together, by hashes of what is counted. */
export const sharedCounts = pgTable(
  'shared_counts',
  {
    key: text('key').primaryKey(),
    /** Set for what is under way in one process: who counts, and what it adds up with. */
    replica: text('replica'),
    topic: text('topic'),
    count: integer('count').notNull(),
    endsAt: time('ends_at').notNull(),
  },
  (t) => [index('shared_counts_topic').on(t.topic)],
);

/** Global: tells 403 from 404, to who names the conversation. */
export const conversationDirectory = pgTable('conversation_directory', {
  conversationId: uuid('conversation_id').primaryKey(),
  userId: uuid('user_id').notNull(),
});

/** Global: blobs of which a row is gone; the worker unlinks those that no other row names. Outlives its user. */
export const blobDeletions = pgTable(
  'blob_deletions',
  {
    userId: uuid('user_id').notNull(),
    blobKey: text('blob_key').notNull(),
    dueAt: time('due_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.userId, t.blobKey] }), index('blob_deletions_due').on(t.dueAt)],
);

/** Append-only by grant: ids and hashes, never content. Outlives its user. */
export const auditLog = pgTable(
  'audit_log',
  {
    userId: uuid('user_id').notNull(),
    id: uuid('id').notNull(),
    action: text('action').notNull(),
    target: text('target'),
    address: text('address'),
    createdAt: time('created_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.id] }),
    index('audit_log_by_time').on(t.createdAt, t.id),
    index('audit_log_whole_addresses')
      .on(t.createdAt)
      .where(sql`address is not null and position('/' in address) = 0`),
  ],
);

/** A new version of a document while the old one is still served. */
export interface Replacement {
  name: string;
  mediaType: string;
  sizeBytes: number;
  sha256: string;
  status: 'queued' | 'extracting' | 'chunking' | 'failed';
  progress: number;
  stageMessage: string | null;
  errorCode: string | null;
  errorMessage: string | null;
}

const owner = () => uuid('user_id').notNull();

/** Links that set a password once; a newer one of the same purpose takes the place of the older. */
export const setupTokens = pgTable(
  'setup_tokens',
  {
    userId: owner(),
    purpose: text('purpose', { enum: ['invite', 'reset'] }).notNull(),
    tokenHash: text('token_hash').notNull(),
    createdAt: time('created_at').notNull(),
    expiresAt: time('expires_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.purpose] }),
    foreignKey({ columns: [t.userId], foreignColumns: [users.id] }).onDelete('cascade'),
  ],
);

export const sessions = pgTable(
  'sessions',
  {
    userId: owner(),
    id: uuid('id').notNull(),
    createdAt: time('created_at').notNull(),
    expiresAt: time('expires_at').notNull(),
    revokedAt: time('revoked_at'),
    /** Of its last refresh, which comes at least every ten minutes of use; null before the first of a server that notes it. */
    lastUsedAt: time('last_used_at'),
    /** As identity/device.ts names them. */
    program: text('program'),
    system: text('system'),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.id] }),
    foreignKey({ columns: [t.userId], foreignColumns: [users.id] }).onDelete('cascade'),
  ],
);

export const refreshTokens = pgTable(
  'refresh_tokens',
  {
    userId: owner(),
    tokenHash: text('token_hash').notNull(),
    sessionId: uuid('session_id').notNull(),
    createdAt: time('created_at').notNull(),
    usedAt: time('used_at'),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.tokenHash] }),
    foreignKey({ columns: [t.userId, t.sessionId], foreignColumns: [sessions.userId, sessions.id] }).onDelete(
      'cascade',
    ),
  ],
);

export const apiKeys = pgTable(
  'api_keys',
  {
    userId: owner(),
    id: uuid('id').notNull(),
    name: text('name').notNull(),
    keyHash: text('key_hash').notNull(),
    scope: text('scope', { enum: ['read', 'write', 'conversation'] }).notNull(),
    conversationId: uuid('conversation_id'),
    createdAt: time('created_at').notNull(),
    lastUsedAt: time('last_used_at'),
    expiresAt: time('expires_at'),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.id] }),
    foreignKey({ columns: [t.userId], foreignColumns: [users.id] }).onDelete('cascade'),
    foreignKey({
      name: 'api_keys_conversation',
      columns: [t.userId, t.conversationId],
      foreignColumns: [conversations.userId, conversations.id],
    }).onDelete('cascade'),
  ],
);

/** Which request has a key, and that it was answered; what was answered is in `idempotency_answers`. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    userId: owner(),
    key: text('key').notNull(),
    /** SHA-256 of method and path, a dot, SHA-256 of the body; nothing behind the dot while a multipart body comes. */
    requestHash: text('request_hash').notNull(),
    status: integer('status'),
    /** Whoever holds it may settle or free the key: another request may have taken it over. */
    token: uuid('token'),
    /** Of the stored answer. */
    bytes: integer('bytes').notNull().default(0),
    lockedUntil: time('locked_until').notNull(),
    expiresAt: time('expires_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.key] }),
    foreignKey({ columns: [t.userId], foreignColumns: [users.id] }).onDelete('cascade'),
  ],
);

/** Answers for repeats; each goes with what it speaks of, while its key stays. */
export const idempotencyAnswers = pgTable(
  'idempotency_answers',
  {
    userId: owner(),
    key: text('key').notNull(),
    conversationId: uuid('conversation_id'),
    messageId: uuid('message_id'),
    documentId: uuid('document_id'),
    response: text('response').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.key] }),
    index('idempotency_answers_by_conversation').on(t.userId, t.conversationId),
    foreignKey({
      name: 'idempotency_answers_key',
      columns: [t.userId, t.key],
      foreignColumns: [idempotencyKeys.userId, idempotencyKeys.key],
    }).onDelete('cascade'),
    foreignKey({
      name: 'idempotency_answers_conversation',
      columns: [t.userId, t.conversationId],
      foreignColumns: [conversations.userId, conversations.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'idempotency_answers_message',
      columns: [t.userId, t.conversationId, t.messageId],
      foreignColumns: [messages.userId, messages.conversationId, messages.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'idempotency_answers_document',
      columns: [t.userId, t.conversationId, t.documentId],
      foreignColumns: [documents.userId, documents.conversationId, documents.id],
    }).onDelete('cascade'),
  ],
);

const tally = (name: string) => bigint(name, { mode: 'number' }).notNull().default(0);

/** What overview pages read instead of counting tables. */
export const userCounters = pgTable(
  'user_counters',
  {
    userId: uuid('user_id').primaryKey(),
    conversations: integer('conversations').notNull().default(0),
    /** Messages: together with those of `activity`, which appending raises; deleting lowers these. */
    userMessages: bigint('user_messages', { mode: 'number' }).notNull().default(0),
    assistantMessages: bigint('assistant_messages', { mode: 'number' }).notNull().default(0),
    systemMessages: bigint('system_messages', { mode: 'number' }).notNull().default(0),
    documents: integer('documents').notNull().default(0),
    chunks: bigint('chunks', { mode: 'number' }).notNull().default(0),
    bytes: bigint('bytes', { mode: 'number' }).notNull().default(0),
    /** Of deleted documents that can still come back, and of those in deleted conversations: not in `bytes`, and on the disk all the same. */
    deletedBytes: bigint('deleted_bytes', { mode: 'number' }).notNull().default(0),
    inputTokens: bigint('input_tokens', { mode: 'number' }).notNull().default(0),
    outputTokens: bigint('output_tokens', { mode: 'number' }).notNull().default(0),
    cacheHits: bigint('cache_hits', { mode: 'number' }).notNull().default(0),
    cacheMisses: bigint('cache_misses', { mode: 'number' }).notNull().default(0),
  },
  (t) => [foreignKey({ columns: [t.userId], foreignColumns: [users.id] }).onDelete('cascade')],
);

export const activity = pgTable(
  'activity',
  {
    userId: owner(),
    day: date('day', { mode: 'string' }).notNull(),
    messages: integer('messages').notNull().default(0),
    questions: integer('questions').notNull().default(0),
    /** By role, added to the user's counters: appending a message changes one row of statistics. */
    userMessages: integer('user_messages').notNull().default(0),
    assistantMessages: integer('assistant_messages').notNull().default(0),
    systemMessages: integer('system_messages').notNull().default(0),
    /**
     * The same by quarter of an hour, 1 to 96, so that the days of every time zone can be made of them. Earlier versions
     * kept none: what is missing here counts at noon.
     */
    quarterMessages: integer('quarter_messages').array().notNull().default([]),
    quarterQuestions: integer('quarter_questions').array().notNull().default([]),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.day] }),
    index('activity_by_day').on(t.day),
    foreignKey({ columns: [t.userId], foreignColumns: [users.id] }).onDelete('cascade'),
  ],
);

/** Tokens by model and day (UTC): what answers cost is asked for long after their conversations are gone. */
export const modelUsage = pgTable(
  'model_usage',
  {
    userId: owner(),
    day: date('day', { mode: 'string' }).notNull(),
    model: text('model').notNull(),
    answers: integer('answers').notNull().default(0),
    inputTokens: bigint('input_tokens', { mode: 'number' }).notNull().default(0),
    outputTokens: bigint('output_tokens', { mode: 'number' }).notNull().default(0),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.day, t.model] }),
    foreignKey({ columns: [t.userId], foreignColumns: [users.id] }).onDelete('cascade'),
  ],
);

/**
 * What answers and uploads of a day (UTC) came to: numbers that only grow, so that administrators read what was done long
 * after it is deleted, and nothing of what it was.
 */
export const dailyUsage = pgTable(
  'daily_usage',
  {
    userId: owner(),
    day: date('day', { mode: 'string' }).notNull(),
    answers: tally('answers'),
    /** Of the answers: without a text, or cut short by a failure. */
    failed: tally('failed'),
    /** Of the answers: made where there were documents to rest on. */
    fromDocuments: tally('from_documents'),
    /** Of those: with a verified citation at least. */
    cited: tally('cited'),
    verifiedCitations: tally('verified_citations'),
    unverifiedCitations: tally('unverified_citations'),
    contradictedCitations: tally('contradicted_citations'),
    retrievals: tally('retrievals'),
    cacheHits: tally('cache_hits'),
    /** Of the answers: whose times are known; how many of them took no longer follows. */
    timed: tally('timed'),
    within2s: tally('within_2s'),
    within5s: tally('within_5s'),
    within15s: tally('within_15s'),
    within60s: tally('within_60s'),
    /** Milliseconds of all answers together, from the question to the last word, and of each stage. */
    totalMs: tally('total_ms'),
    rewriteMs: tally('rewrite_ms'),
    embedMs: tally('embed_ms'),
    vectorMs: tally('vector_ms'),
    keywordMs: tally('keyword_ms'),
    fuseMs: tally('fuse_ms'),
    rerankMs: tally('rerank_ms'),
    generateMs: tally('generate_ms'),
    /** Files that were uploaded or taken over from a link, new versions of documents among them; no copies of one's own. */
    documents: tally('documents'),
    bytes: tally('bytes'),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.day] }),
    index('daily_usage_by_day').on(t.day),
    foreignKey({ columns: [t.userId], foreignColumns: [users.id] }).onDelete('cascade'),
  ],
);

/** A folder of conversations with a prompt of its own; documents stay with their conversation. */
export const projects = pgTable(
  'projects',
  {
    userId: owner(),
    id: uuid('id').notNull(),
    name: text('name').notNull(),
    prompt: text('prompt'),
    createdAt: time('created_at').notNull(),
    updatedAt: time('updated_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.id] }),
    foreignKey({ columns: [t.userId], foreignColumns: [users.id] }).onDelete('cascade'),
  ],
);

export const conversations = pgTable(
  'conversations',
  {
    userId: owner(),
    id: uuid('id').notNull(),
    title: text('title').notNull(),
    conversationType: text('conversation_type', { enum: ['general', 'rag_query'] }).notNull(),
    /** `template`: holds the starter documents of a template, and is in no list. */
    status: text('status', { enum: ['active', 'archived', 'template'] }).notNull(),
    pinned: boolean('pinned').notNull().default(false),
    /** An answer has come that nobody has said to have read. */
    unread: boolean('unread').notNull().default(false),
    projectId: uuid('project_id'),
    tags: text('tags')
      .array()
      .notNull()
      .default(sql`'{}'`),
    settings: jsonb('settings').$type<ConversationSettings>().notNull().default({}),
    activeLeafId: uuid('active_leaf_id'),
    /** The active leaf before the last append, which is the parent of what it appended. */
    previousLeafId: uuid('previous_leaf_id'),
    nextSeq: integer('next_seq').notNull().default(1),
    messageCount: integer('message_count').notNull().default(0),
    documentCount: integer('document_count').notNull().default(0),
    /** Raised whenever what retrieval may see changes; part of every cache key. */
    documentsVersion: integer('documents_version').notNull().default(0),
    createdAt: time('created_at').notNull(),
    updatedAt: time('updated_at').notNull(),
    lastMessageAt: time('last_message_at'),
    /** `last_message_at`, or the creation time before the first message: the order of the list. */
    activityAt: time('activity_at').notNull(),
    /** Set: nobody sees it any more (row-level security), until it is restored or erased. */
    deletedAt: time('deleted_at'),
    /** When it is erased: the end of its undo window, or of a temporary conversation. */
    purgeAt: time('purge_at'),
    /** Of a deleted one: the ids of chat clients that named it, which another may have taken when it comes back. */
    keptChatIds: text('kept_chat_ids')
      .array()
      .notNull()
      .default(sql`'{}'`),
    /** Of a temporary conversation: so long after its last activity it is erased. */
    expiresInS: integer('expires_in_s'),
    /** Set: nobody made it, and nobody sees it. It keeps documents deleted from that one until they are erased. */
    deletedFrom: uuid('deleted_from'),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.id] }),
    index('conversations_deleted_from')
      .on(t.userId, t.deletedFrom)
      .where(sql`deleted_from is not null`),
    index('conversations_to_purge')
      .on(t.purgeAt)
      .where(sql`purge_at is not null`),
    index('conversations_by_project').on(t.userId, t.projectId),
    // Not by the database: a project that goes lets go of its conversations first.
    foreignKey({
      name: 'conversations_project',
      columns: [t.userId, t.projectId],
      foreignColumns: [projects.userId, projects.id],
    }),
    // Read backwards: an index with DESC NULLS LAST, as Drizzle writes it, serves no ORDER BY … DESC.
    index('conversations_in_order').on(t.userId, t.status, t.pinned, t.activityAt, t.id),
    foreignKey({ columns: [t.userId], foreignColumns: [users.id] }).onDelete('cascade'),
  ],
);

const conversationKey = () => uuid('conversation_id').notNull();

/** Titles as search looks for them; apart from the conversations, whose rows change with every message. */
export const conversationTerms = pgTable(
  'conversation_terms',
  {
    userId: owner(),
    conversationId: conversationKey(),
    /** The title that the terms were made of: another one is indexed anew. */
    title: text('title').notNull(),
    terms: tsvector('terms').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.conversationId] }),
    foreignKey({
      name: 'conversation_terms_conversation',
      columns: [t.userId, t.conversationId],
      foreignColumns: [conversations.userId, conversations.id],
    }).onDelete('cascade'),
  ],
);

/** What a link shows: frozen when it was made or last updated, so that nothing later is ever seen through it. */
export const shares = pgTable(
  'shares',
  {
    userId: owner(),
    conversationId: conversationKey(),
    id: uuid('id').notNull(),
    /** `login_keys` says whose it is. */
    tokenHash: text('token_hash').notNull(),
    passwordHash: text('password_hash'),
    /** Login key of the only person who may open it; null: whoever has the link. */
    recipient: text('recipient'),
    /** `take_part`: the recipient sees the conversation as it is now, writes and asks in it. */
    access: text('access', { enum: ['read', 'take_part'] })
      .notNull()
      .default('read'),
    revision: integer('revision').notNull().default(1),
    leafId: uuid('leaf_id').notNull(),
    documentIds: uuid('document_ids').array().notNull(),
    /** The public view as JSON text. */
    snapshot: text('snapshot').notNull(),
    views: integer('views').notNull().default(0),
    expiresAt: time('expires_at'),
    createdAt: time('created_at').notNull(),
    updatedAt: time('updated_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.id] }),
    unique('shares_by_token').on(t.userId, t.tokenHash),
    index('shares_by_conversation').on(t.userId, t.conversationId),
    foreignKey({
      name: 'shares_conversation',
      columns: [t.userId, t.conversationId],
      foreignColumns: [conversations.userId, conversations.id],
    }).onDelete('cascade'),
  ],
);

/** What was imported already, by the id that the other product gave it. */
export const importedItems = pgTable(
  'imported_items',
  {
    userId: owner(),
    source: text('source').notNull(),
    externalId: text('external_id').notNull(),
    conversationId: conversationKey(),
    createdAt: time('created_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.source, t.externalId] }),
    index('imported_items_by_conversation').on(t.userId, t.conversationId),
    foreignKey({
      name: 'imported_items_conversation',
      columns: [t.userId, t.conversationId],
      foreignColumns: [conversations.userId, conversations.id],
    }).onDelete('cascade'),
  ],
);

/** Which conversation a chat client means by an id of its own. */
export const chatBindings = pgTable(
  'chat_bindings',
  {
    userId: owner(),
    conversationId: conversationKey(),
    chatId: text('chat_id').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.chatId] }),
    index('chat_bindings_by_conversation').on(t.userId, t.conversationId),
    foreignKey({
      name: 'chat_bindings_conversation',
      columns: [t.userId, t.conversationId],
      foreignColumns: [conversations.userId, conversations.id],
    }).onDelete('cascade'),
  ],
);

/** What a conversation can begin with. */
export const templates = pgTable(
  'templates',
  {
    userId: owner(),
    id: uuid('id').notNull(),
    name: text('name').notNull(),
    description: text('description'),
    settings: jsonb('settings').$type<ConversationSettings>().notNull().default({}),
    starterQuestions: text('starter_questions')
      .array()
      .notNull()
      .default(sql`'{}'`),
    /** Holds its starter documents. */
    conversationId: conversationKey(),
    createdAt: time('created_at').notNull(),
    updatedAt: time('updated_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.id] }),
    index('templates_by_conversation').on(t.userId, t.conversationId),
    foreignKey({
      name: 'templates_conversation',
      columns: [t.userId, t.conversationId],
      foreignColumns: [conversations.userId, conversations.id],
    }).onDelete('cascade'),
  ],
);

export const messages = pgTable(
  'messages',
  {
    userId: owner(),
    conversationId: conversationKey(),
    id: uuid('id').notNull(),
    parentId: uuid('parent_id'),
    seq: integer('seq').notNull(),
    role: text('role', { enum: ['user', 'assistant', 'system'] }).notNull(),
    content: text('content').notNull(),
    status: text('status', {
      enum: ['complete', 'streaming', 'incomplete', 'failed', 'cancelled'],
    }).notNull(),
    metadata: jsonb('metadata').$type<unknown>().notNull(),
    /** The client's metadata as it came: jsonb reorders keys and rewrites numbers. */
    metadataSource: text('metadata_source'),
    /** What the user thinks of an answer. */
    feedback: text('feedback', { enum: ['up', 'down'] }),
    feedbackReason: text('feedback_reason'),
    feedbackAt: time('feedback_at'),
    /** The branch up to here in a few sentences, for models whose window is smaller; made when it is needed. */
    summary: text('summary'),
    createdAt: time('created_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.id] }),
    unique('messages_in_conversation').on(t.userId, t.conversationId, t.id),
    unique('messages_by_seq').on(t.userId, t.conversationId, t.seq),
    // Without it the cascade of a long conversation looks for children row by row.
    index('messages_by_parent').on(t.userId, t.conversationId, t.parentId),
    foreignKey({
      name: 'messages_conversation',
      columns: [t.userId, t.conversationId],
      foreignColumns: [conversations.userId, conversations.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'messages_parent',
      columns: [t.userId, t.conversationId, t.parentId],
      foreignColumns: [t.userId, t.conversationId, t.id],
    }).onDelete('cascade'),
  ],
);

export const answerEvents = pgTable(
  'answer_events',
  {
    userId: owner(),
    conversationId: conversationKey(),
    messageId: uuid('message_id').notNull(),
    seq: integer('seq').notNull(),
    /** The wire event as JSON text. */
    event: text('event').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.conversationId, t.messageId, t.seq] }),
    foreignKey({
      name: 'answer_events_message',
      columns: [t.userId, t.conversationId, t.messageId],
      foreignColumns: [messages.userId, messages.conversationId, messages.id],
    }).onDelete('cascade'),
  ],
);

export const retrievalTraces = pgTable(
  'retrieval_traces',
  {
    userId: owner(),
    conversationId: conversationKey(),
    messageId: uuid('message_id').notNull(),
    trace: jsonb('trace').$type<unknown>().notNull(),
    /** What statistics by day read of the trace, which is large; null of earlier versions. */
    figures: jsonb('figures').$type<unknown>(),
    createdAt: time('created_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.conversationId, t.messageId] }),
    foreignKey({
      name: 'retrieval_traces_message',
      columns: [t.userId, t.conversationId, t.messageId],
      foreignColumns: [messages.userId, messages.conversationId, messages.id],
    }).onDelete('cascade'),
  ],
);

export const documents = pgTable(
  'documents',
  {
    userId: owner(),
    conversationId: conversationKey(),
    id: uuid('id').notNull(),
    name: text('name').notNull(),
    mediaType: text('media_type').notNull(),
    sizeBytes: bigint('size_bytes', { mode: 'number' }).notNull(),
    sha256: text('sha256').notNull(),
    blobKey: text('blob_key').notNull(),
    status: text('status', {
      enum: ['queued', 'extracting', 'chunking', 'embedding', 'ready', 'failed', 'cancelled'],
    }).notNull(),
    progress: doublePrecision('progress').notNull().default(0),
    stageMessage: text('stage_message'),
    errorCode: text('error_code'),
    errorMessage: text('error_message'),
    warnings: text('warnings')
      .array()
      .notNull()
      .default(sql`'{}'`),
    /** Of the document itself, as its format gives it. */
    title: text('title'),
    pages: integer('pages'),
    chunkCount: integer('chunk_count').notNull().default(0),
    tokenCount: integer('token_count').notNull().default(0),
    language: text('language'),
    contextMode: text('context_mode', { enum: ['auto', 'full', 'search', 'off'] })
      .notNull()
      .default('auto'),
    embeddingModel: text('embedding_model'),
    /** Raised whenever its passages or an index segment change: what is cached of it is keyed by this number. */
    revision: integer('revision').notNull().default(1),
    /** Of the code that made its passages and its keyword index: older ones are made anew in the background. */
    passagesVersion: integer('passages_version').notNull().default(1),
    keywordVersion: integer('keyword_version').notNull().default(1),
    /** Of how its vectors are kept, once it has some. */
    vectorsVersion: integer('vectors_version').notNull().default(1),
    /** So many of its passages, from the first, are in `chunk_terms`: the others wait to be indexed for search. */
    searchableChunks: integer('searchable_chunks').notNull().default(0),
    /** Of its content: raised when another file takes its place. */
    version: integer('version').notNull().default(1),
    /** The file that is to take its place once it is read; gone when that has failed, of which `replacement` says why. */
    replacementBlobKey: text('replacement_blob_key'),
    replacement: jsonb('replacement').$type<Replacement>(),
    lastCitedAt: time('last_cited_at'),
    createdAt: time('created_at').notNull(),
    updatedAt: time('updated_at').notNull(),
  },
  (t) => [
    // With the conversation: while a document moves it stands in both, and what is below it goes over.
    primaryKey({ columns: [t.userId, t.conversationId, t.id] }),
    index('documents_by_id').on(t.userId, t.id),
    index('documents_by_hash').on(t.userId, t.sha256),
    // Which documents still wait for vectors of the configured model is asked over all users.
    index('documents_by_model')
      .on(t.embeddingModel, t.vectorsVersion)
      .where(sql`status = 'ready'`),
    index('documents_by_version')
      .on(t.passagesVersion, t.keywordVersion)
      .where(sql`status = 'ready'`),
    index('documents_to_index')
      .on(t.userId)
      .where(sql`status = 'ready' and searchable_chunks < chunk_count`),
    foreignKey({
      name: 'documents_conversation',
      columns: [t.userId, t.conversationId],
      foreignColumns: [conversations.userId, conversations.id],
    }).onDelete('cascade'),
  ],
);

const documentKey = () => uuid('document_id').notNull();
const documentColumns = () => [documents.userId, documents.conversationId, documents.id] as const;

export const documentTexts = pgTable(
  'document_texts',
  {
    userId: owner(),
    conversationId: conversationKey(),
    documentId: documentKey(),
    text: text('text').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.conversationId, t.documentId] }),
    foreignKey({
      name: 'document_texts_document',
      columns: [t.userId, t.conversationId, t.documentId],
      foreignColumns: [...documentColumns()],
    }).onDelete('cascade'),
  ],
);

export const chunks = pgTable(
  'chunks',
  {
    userId: owner(),
    conversationId: conversationKey(),
    documentId: documentKey(),
    ordinal: integer('ordinal').notNull(),
    id: uuid('id').notNull(),
    page: integer('page'),
    heading: text('heading').array().notNull(),
    charStart: integer('char_start').notNull(),
    charEnd: integer('char_end').notNull(),
    tokens: integer('tokens').notNull(),
    /** What stands before the exact slice when it is searched or shown to a model: a table's header row. */
    prefix: text('prefix'),
    /** Its text was recognised in a picture. */
    ocr: boolean('ocr').notNull().default(false),
    content: text('content').notNull(),
    /** Of the text that is embedded (`shortHash`): its owner never pays for the same vector twice. */
    contentHash: uuid('content_hash'),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.conversationId, t.documentId, t.ordinal] }),
    index('chunks_by_content')
      .on(t.userId, t.contentHash)
      .where(sql`content_hash is not null`),
    foreignKey({
      name: 'chunks_document',
      columns: [t.userId, t.conversationId, t.documentId],
      foreignColumns: [...documentColumns()],
    }).onDelete('cascade'),
  ],
);

/** Passages as search looks for them; apart from their text, which retrieval reads and which never changes. */
export const chunkTerms = pgTable(
  'chunk_terms',
  {
    userId: owner(),
    conversationId: conversationKey(),
    documentId: documentKey(),
    ordinal: integer('ordinal').notNull(),
    terms: tsvector('terms').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.conversationId, t.documentId, t.ordinal] }),
    foreignKey({
      name: 'chunk_terms_document',
      columns: [t.userId, t.conversationId, t.documentId],
      foreignColumns: [...documentColumns()],
    }).onDelete('cascade'),
  ],
);

/**
 * Vectors of documents that are being embedded, step by step: once they are complete the segment holds them, and these
 * rows go. Documents of earlier versions of the server have theirs here too until the background has looked at them.
 */
export const chunkVectors = pgTable(
  'chunk_vectors',
  {
    userId: owner(),
    conversationId: conversationKey(),
    documentId: documentKey(),
    ordinal: integer('ordinal').notNull(),
    model: text('model').notNull(),
    embedding: halfvec('embedding').notNull(),
    /** SHA-256 of the text that was embedded: its owner never pays for the same vector twice. */
    contentHash: bytes('content_hash'),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.conversationId, t.documentId, t.model, t.ordinal] }),
    index('chunk_vectors_by_content')
      .on(t.userId, t.model, t.contentHash)
      .where(sql`content_hash is not null`),
    foreignKey({
      name: 'chunk_vectors_document',
      columns: [t.userId, t.conversationId, t.documentId],
      foreignColumns: [...documentColumns()],
    }).onDelete('cascade'),
  ],
);

/**
 * What is made of a document as one piece, by kind: the index segments `keyword` and `vector:<model>`; `blocks`, what the
 * parts of its text are; `words:<page>`, where recognised words stand on a page; `questions`, which a model has suggested.
 */
export const segments = pgTable(
  'segments',
  {
    userId: owner(),
    conversationId: conversationKey(),
    documentId: documentKey(),
    kind: text('kind').notNull(),
    bytes: bytes('bytes').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.conversationId, t.documentId, t.kind] }),
    foreignKey({
      name: 'segments_document',
      columns: [t.userId, t.conversationId, t.documentId],
      foreignColumns: [...documentColumns()],
    }).onDelete('cascade'),
  ],
);

/**
 * What has to be finished although processes die: due at a time by the database's clock, while it is claimed at the end
 * of the lease. A claim leaves a fresh token; only who shows it writes.
 */
export const work = pgTable(
  'work',
  {
    userId: owner(),
    conversationId: conversationKey(),
    kind: text('kind', { enum: ['ingest', 'index', 'answer'] }).notNull(),
    /** The document or the message, again in the column that is a foreign key. */
    itemId: uuid('item_id').notNull(),
    documentId: uuid('document_id'),
    messageId: uuid('message_id'),
    /** Which index of the document; empty for other kinds. */
    target: text('target').notNull().default(''),
    // Microseconds as the clock has them: rounded up, what is due now would not be due yet.
    dueAt: timestamp('due_at', { withTimezone: true, mode: 'date' }).notNull(),
    token: uuid('token'),
    /** The process that holds the lease, for people who look. */
    owner: text('owner'),
    attempts: integer('attempts').notNull().default(0),
    stopRequested: boolean('stop_requested').notNull().default(false),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.conversationId, t.kind, t.itemId, t.target] }),
    index('work_due').on(t.kind, t.userId, t.dueAt),
    foreignKey({
      name: 'work_document',
      columns: [t.userId, t.conversationId, t.documentId],
      foreignColumns: [...documentColumns()],
    }).onDelete('cascade'),
    foreignKey({
      name: 'work_message',
      columns: [t.userId, t.conversationId, t.messageId],
      foreignColumns: [messages.userId, messages.conversationId, messages.id],
    }).onDelete('cascade'),
    check(
      'work_item',
      sql`item_id = coalesce(document_id, message_id) AND num_nonnulls(document_id, message_id) = 1`,
    ),
  ],
);
