import type { PgTable } from 'drizzle-orm/pg-core';
import type * as schema from './schema.ts';

type Schema = typeof schema;
type TableName = {
  [Name in keyof Schema]: Schema[Name] extends PgTable ? Schema[Name]['_']['name'] : never;
}[keyof Schema];

/**
 * By which column the rows of each table are spread where one database is several machines; null: they stay on the
 * coordinator. Tables by user lie together: all rows of one user on one machine. (`alcove db distribute`)
 */
export const distribution = {
  users: 'id',
  setup_tokens: 'user_id',
  sessions: 'user_id',
  refresh_tokens: 'user_id',
  api_keys: 'user_id',
  idempotency_keys: 'user_id',
  idempotency_answers: 'user_id',
  user_counters: 'user_id',
  activity: 'user_id',
  model_usage: 'user_id',
  daily_usage: 'user_id',
  projects: 'user_id',
  conversations: 'user_id',
  templates: 'user_id',
  chat_bindings: 'user_id',
  conversation_terms: 'user_id',
  shares: 'user_id',
  imported_items: 'user_id',
  messages: 'user_id',
  answer_events: 'user_id',
  retrieval_traces: 'user_id',
  documents: 'user_id',
  document_texts: 'user_id',
  chunks: 'user_id',
  chunk_terms: 'user_id',
  chunk_vectors: 'user_id',
  segments: 'user_id',
  work: 'user_id',
  audit_log: 'user_id',
  blob_deletions: 'user_id',
  // Looked up before the user is known.
  login_keys: 'key',
  conversation_directory: 'conversation_id',
  // Few rows, of the installation and of its processes.
  installation: null,
  replicas: null,
  shared_counts: null,
} as const satisfies Record<TableName, string | null>;
