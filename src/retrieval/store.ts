import { and, eq, notInArray, sql } from 'drizzle-orm';
import { ConversationScope } from '../conversations/scope.ts';
import type { Database } from '../db/database.ts';
import { conversations, documents } from '../db/schema.ts';
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
  language: string | null;
  contextMode: 'auto' | 'full' | 'search' | 'off';
  embeddingModel: string | null;
}

export interface Searchable {
  /** Changes whenever the answer of a retrieval could. */
  version: number;
  /** Ready documents that are not switched off. */
  documents: SearchableDocument[];
  /** Documents that are still being read. */
  pending: number;
  /** Ready documents that are switched off. */
  off: number;
}

/** What retrieval may look at, asked anew each time: caches hold only what this has just named. */
export async function readSearchable(db: Database, scope: SearchScope): Promise<Searchable> {
  const { userId, conversationId } = authorityOf(scope);
  return db.scoped(authorityOf(scope), async (tx) => {
    const [versions, rows] = await Promise.all([
      tx
        .select({ version: sql<number>`sum(${conversations.documentsVersion})::bigint` })
        .from(conversations)
        .where(
          and(
            eq(conversations.userId, userId),
            conversationId === undefined ? undefined : eq(conversations.id, conversationId),
          ),
        ),
      tx
        .select({
          id: documents.id,
          conversationId: documents.conversationId,
          name: documents.name,
          tokens: documents.tokenCount,
          language: documents.language,
          contextMode: documents.contextMode,
          embeddingModel: documents.embeddingModel,
          status: documents.status,
        })
        .from(documents)
        .where(
          and(
            eq(documents.userId, userId),
            conversationId === undefined ? undefined : eq(documents.conversationId, conversationId),
            notInArray(documents.status, ['failed', 'cancelled']),
          ),
        )
        .orderBy(documents.id),
    ]);
    return {
      version: versions[0]?.version ?? 0,
      pending: rows.filter((row) => row.status !== 'ready').length,
      off: rows.filter((row) => row.status === 'ready' && row.contextMode === 'off').length,
      documents: rows.filter((row) => row.status === 'ready' && row.contextMode !== 'off'),
    };
  });
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
  const vector = `[${query.join(',')}]`;
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

/** The text of the winners, in no particular order; what has gone meanwhile is missing. */
export async function readContents(
  db: Database,
  scope: SearchScope,
  wanted: readonly { conversationId: string; documentId: string; ordinal: number }[],
): Promise<ChunkContent[]> {
  if (wanted.length === 0) return [];
  const inside = wanted.map((one) => one.conversationId);
  const ids = wanted.map((one) => one.documentId);
  const ordinals = wanted.map((one) => one.ordinal);
  const { rows } = await db.scoped(authorityOf(scope), (tx) =>
    tx.execute<{
      id: string;
      conversation_id: string;
      document_id: string;
      ordinal: number;
      page: number | null;
      heading: string[];
      char_start: number;
      char_end: number;
      tokens: number;
      prefix: string | null;
      content: string;
    }>(sql`
      SELECT c.id, c.conversation_id, c.document_id, c.ordinal, c.page, c.heading, c.char_start, c.char_end, c.tokens, c.prefix, c.content
      FROM unnest(${sql.param(inside)}::uuid[], ${sql.param(ids)}::uuid[], ${sql.param(ordinals)}::int[])
        AS w (conversation_id, document_id, ordinal)
      JOIN chunks c ON c.user_id = ${scope.userId} AND c.conversation_id = w.conversation_id
        AND c.document_id = w.document_id AND c.ordinal = w.ordinal`),
  );
  return rows.map((row) => ({
    id: row.id,
    conversationId: row.conversation_id,
    documentId: row.document_id,
    ordinal: row.ordinal,
    page: row.page,
    heading: row.heading,
    charStart: row.char_start,
    charEnd: row.char_end,
    tokens: row.tokens,
    prefix: row.prefix,
    content: row.content,
  }));
}
