import { sql } from 'drizzle-orm';
import { ConversationScope } from '../conversations/scope.ts';
import type { Database, Statement } from '../db/database.ts';
import type { UserScope } from '../identity/user-scope.ts';

/** One conversation; or, only where the caller asked for it, all of the user's own. */
export type SearchScope = ConversationScope | UserScope;

/** What a transaction may see: row-level security holds it to one conversation when there is one. */
export function authorityOf(scope: SearchScope): { userId: string; conversationId?: string } {
  return ConversationScope.isOpened(scope)
    ? { userId: scope.userId, conversationId: scope.conversationId }
    : { userId: scope.userId };
}

export interface SearchableDocument {
  id: string;
  conversationId: string;
  name: string;
  tokens: number;
  chunkCount: number;
  language: string | null;
  contextMode: 'auto' | 'full' | 'search' | 'off';
  embeddingModel: string | null;
}

export interface Searchable {
  /** Changes whenever the answer of a retrieval could, and never comes back. */
  version: string;
  /** Ready documents that are not switched off. */
  documents: SearchableDocument[];
  /** Documents that are still being read. */
  pending: number;
  /** Ready documents that are switched off. */
  off: number;
}

/** What retrieval may look at, asked anew each time: caches hold only what this has just named. */
export async function readSearchable(db: Database, scope: SearchScope): Promise<Searchable> {
  const authority = authorityOf(scope);
  const [rows] = await db.read(authority, [searchableStatement(authority)]);
  return toSearchable(rows ?? []);
}

function searchableStatement({ userId, conversationId }: ReturnType<typeof authorityOf>): Statement {
  const one = conversationId !== undefined;
  return {
    name: one ? 'searchable' : 'searchable_all',
    // One row for each document, or one without a document: the version is there in any case. Over all conversations
    // each stands by its name: in a sum, a deleted one and a new document could cancel each other out.
    text: `SELECT c.id AS "conversationId", c.documents_version AS version, d.id, d.name, d.token_count AS tokens,
        d.chunk_count AS "chunkCount", d.language, d.context_mode AS "contextMode",
        d.embedding_model AS "embeddingModel", d.status
      FROM conversations c LEFT JOIN documents d ON d.user_id = c.user_id AND d.conversation_id = c.id
        AND d.status NOT IN ('failed', 'cancelled')
      WHERE c.user_id = $1 ${one ? 'AND c.id = $2' : 'AND c.document_count > 0'}
      ORDER BY c.id, d.id`,
    values: one ? [userId, conversationId] : [userId],
  };
}

function toSearchable(rows: readonly unknown[]): Searchable {
  type Row = SearchableDocument & { version: number; status: string | null };
  const all = rows as readonly Row[];
  const found = all.filter((row) => row.status !== null);
  return {
    version: [...new Set(all.map((row) => `${row.conversationId}:${row.version}`))].join(','),
    pending: found.filter((row) => row.status !== 'ready').length,
    off: found.filter((row) => row.status === 'ready' && row.contextMode === 'off').length,
    documents: found.filter((row) => row.status === 'ready' && row.contextMode !== 'off'),
  };
}

export interface VectorHit {
  documentId: string;
  ordinal: number;
  /** Cosine similarity, -1 to 1. */
  score: number;
}

/** Exact search inside the conversation: no index that a filter could starve. */
export async function searchVectors(
  db: Database,
  scope: SearchScope,
  query: Float32Array,
  model: string,
  documentIds: readonly string[],
  limit: number,
): Promise<VectorHit[]> {
  const vector = vectorText(query);
  const { userId, conversationId } = authorityOf(scope);
  const inside = conversationId === undefined ? sql`` : sql`AND conversation_id = ${conversationId}`;
  const { rows } = await db.scoped(authorityOf(scope), (tx) =>
    tx.execute<{ document_id: string; ordinal: number; score: number }>(sql`
      SELECT document_id, ordinal, 1 - (embedding <=> ${vector}::halfvec) AS score FROM chunk_vectors
      WHERE user_id = ${userId} ${inside}
        AND document_id = ANY(${sql.param([...documentIds])}::uuid[]) AND model = ${model}
      ORDER BY embedding <=> ${vector}::halfvec, document_id, ordinal LIMIT ${limit}`),
  );
  return rows.map((row) => ({ documentId: row.document_id, ordinal: row.ordinal, score: row.score }));
}

export interface ChunkContent {
  id: string;
  conversationId: string;
  documentId: string;
  ordinal: number;
  page: number | null;
  heading: string[];
  charStart: number;
  charEnd: number;
  tokens: number;
  prefix: string | null;
  content: string;
}

export interface ChunkName {
  conversationId: string;
  documentId: string;
  ordinal: number;
}

export interface ExactScores {
  query: Float32Array;
  model: string;
  candidates: readonly ChunkName[];
}

/**
 * In one round trip: what is searchable now; full-precision similarities of the candidates of each query, in their
 * order (null when a vector has gone meanwhile); and the text of the wanted chunks, in no particular order.
 */
export async function readExactAndContents(
  db: Database,
  scope: SearchScope,
  exact: readonly ExactScores[],
  wanted: readonly ChunkName[],
): Promise<{ searchable: Searchable; scores: (number | null)[][]; contents: ChunkContent[] }> {
  const authority = authorityOf(scope);
  const [searchable, contents, ...results] = await db.read(authority, [
    searchableStatement(authority),
    contentStatement(scope.userId, wanted),
    ...exact.map(({ query, model, candidates }) => exactStatement(scope.userId, query, model, candidates)),
  ]);
  const scores = results.map((rows, at) => {
    const list: (number | null)[] = Array.from({ length: exact[at]?.candidates.length ?? 0 }, () => null);
    for (const row of rows as { at: number; score: number }[]) list[row.at - 1] = row.score;
    return list;
  });
  // The columns are named as the interface names them.
  return { searchable: toSearchable(searchable ?? []), scores, contents: (contents ?? []) as ChunkContent[] };
}

function exactStatement(
  userId: string,
  query: Float32Array,
  model: string,
  candidates: readonly ChunkName[],
): Statement {
  return {
    name: 'exact_scores',
    text: `SELECT w.at::int AS at, 1 - (v.embedding <=> $5::halfvec) AS score
      FROM unnest($2::uuid[], $3::uuid[], $4::int[]) WITH ORDINALITY AS w (conversation_id, document_id, ordinal, at)
      JOIN chunk_vectors v ON v.user_id = $1 AND v.conversation_id = w.conversation_id
        AND v.document_id = w.document_id AND v.model = $6 AND v.ordinal = w.ordinal`,
    values: [userId, ...columnsOf(candidates), vectorText(query), model],
  };
}

function contentStatement(userId: string, wanted: readonly ChunkName[]): Statement {
  return {
    name: 'contents',
    text: `SELECT c.id, c.conversation_id AS "conversationId", c.document_id AS "documentId", c.ordinal, c.page, c.heading,
        c.char_start AS "charStart", c.char_end AS "charEnd", c.tokens, c.prefix, c.content
      FROM unnest($2::uuid[], $3::uuid[], $4::int[]) AS w (conversation_id, document_id, ordinal)
      JOIN chunks c ON c.user_id = $1 AND c.conversation_id = w.conversation_id
        AND c.document_id = w.document_id AND c.ordinal = w.ordinal`,
    values: [userId, ...columnsOf(wanted)],
  };
}

function columnsOf(names: readonly ChunkName[]): [string[], string[], number[]] {
  return [
    names.map((name) => name.conversationId),
    names.map((name) => name.documentId),
    names.map((name) => name.ordinal),
  ];
}

function vectorText(vector: Float32Array): string {
  return `[${vector.join(',')}]`;
}
