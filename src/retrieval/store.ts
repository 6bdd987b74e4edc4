import { sql } from 'drizzle-orm';
import { ConversationScope } from '../conversations/scope.ts';
import type { Database, Statement } from '../db/database.ts';
import { keywordKind } from '../documents/segment-kinds.ts';
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
  /** Raised with every change of its index: part of the keys of what is cached of it. */
  revision: number;
  /** Of its content. */
  contentVersion: number;
  embeddingModel: string | null;
  /** What its keyword segment takes; null where that was not asked for, or there is none. */
  keywordBytes: number | null;
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

/**
 * What retrieval may look at, asked anew each time: caches hold only what this has just named. With `measured` comes
 * what each keyword segment takes, so that loading them costs no round trip to find out.
 */
export async function readSearchable(
  db: Database,
  scope: SearchScope,
  { measured = false } = {},
): Promise<Searchable> {
  const authority = authorityOf(scope);
  const [rows] = await db.read(authority, [searchableStatement(authority, measured)]);
  return toSearchable(rows ?? []);
}

/** Starter documents of templates are in no conversation that is asked. */
const everywhere = "c.document_count > 0 AND c.status <> 'template'";

function searchableStatement(
  { userId, conversationId }: ReturnType<typeof authorityOf>,
  measured: boolean,
): Statement {
  const one = conversationId !== undefined;
  // Bytes are stored as they are: their length is known without reading them.
  const size = measured ? 'octet_length(s.bytes)' : 'NULL::integer';
  const sized = measured
    ? `LEFT JOIN segments s ON s.user_id = d.user_id AND s.conversation_id = d.conversation_id
        AND s.document_id = d.id AND s.kind = '${keywordKind}'`
    : '';
  return {
    name: `searchable${one ? '' : '_all'}${measured ? '_measured' : ''}`,
    // One row for each document, or one without a document: the version is there in any case. Over all conversations
    // each stands by its name: in a sum, a deleted one and a new document could cancel each other out.
    text: `SELECT c.id AS "conversationId", c.documents_version AS version, d.id, d.name, d.token_count AS tokens,
        d.chunk_count AS "chunkCount", d.language, d.context_mode AS "contextMode",
        d.embedding_model AS "embeddingModel", d.revision, d.version AS "contentVersion", d.status, ${size} AS "keywordBytes"
      FROM conversations c LEFT JOIN documents d ON d.user_id = c.user_id AND d.conversation_id = c.id
        AND d.status NOT IN ('failed', 'cancelled') ${sized}
      WHERE c.user_id = $1 AND ${one ? 'c.id = $2' : everywhere}
      ORDER BY c.id, d.id`,
    values: one ? [userId, conversationId] : [userId],
  };
}

function toSearchable(rows: readonly unknown[]): Searchable {
  type Row = SearchableDocument & VersionRow & { status: string | null };
  const all = rows as readonly Row[];
  const found = all.filter((row) => row.status !== null);
  return {
    version: versionOf(all),
    pending: found.filter((row) => row.status !== 'ready').length,
    off: found.filter((row) => row.status === 'ready' && row.contextMode === 'off').length,
    documents: found.filter((row) => row.status === 'ready' && row.contextMode !== 'off'),
  };
}

interface VersionRow {
  conversationId: string;
  version: number;
}

/** Of rows in the order of their conversations, one or more of each. */
function versionOf(rows: readonly VersionRow[]): string {
  return rows
    .filter((row, at) => row.conversationId !== rows[at - 1]?.conversationId)
    .map((row) => `${row.conversationId}:${row.version}`)
    .join(',');
}

/** What a retrieval sends for one conversation or for all of the user's, for whoever looks at how it is carried out. */
export function statementsOfRetrieval(authority: { userId: string; conversationId?: string }): Statement[] {
  const { userId, conversationId = userId } = authority;
  const wanted = [{ conversationId, documentId: userId, ordinal: 0 }];
  return [
    searchableStatement(authority, true),
    versionStatement(authority),
    contentStatement(authority, wanted),
  ];
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
        -- Those of another model that had the same name are not to be compared.
        AND vector_dims(embedding) = ${query.length}
        -- A vector of zeros has no direction, and no distance.
        AND l2_norm(embedding) > 0
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
  /** Its text was recognised in a picture. */
  ocr: boolean;
  content: string;
}

export interface ChunkName {
  conversationId: string;
  documentId: string;
  ordinal: number;
}

/** What a document is indexed by, in the order of its chunks. */
export async function readIndexedChunks(
  db: Database,
  scope: SearchScope,
  { id, conversationId }: Pick<SearchableDocument, 'id' | 'conversationId'>,
): Promise<{ text: string; heading: string[]; prefix: string | null; page: number | null }[]> {
  const [rows] = await db.read(authorityOf(scope), [
    {
      name: 'indexed_chunks',
      text: `SELECT content AS text, heading, prefix, page FROM chunks
        WHERE user_id = $1 AND conversation_id = $2 AND document_id = $3 ORDER BY ordinal`,
      values: [scope.userId, conversationId, id],
    },
  ]);
  // The columns are named as the result says.
  return (rows ?? []) as Awaited<ReturnType<typeof readIndexedChunks>>;
}

/** In one round trip: the text of the wanted chunks, in no particular order, and the version of what is searchable now. */
export async function readContents(
  db: Database,
  scope: SearchScope,
  wanted: readonly ChunkName[],
): Promise<{ version: string; contents: ChunkContent[] }> {
  const authority = authorityOf(scope);
  const [versions, contents] = await db.read(authority, [
    versionStatement(authority),
    contentStatement(authority, wanted),
  ]);
  // The columns are named as the interfaces name them.
  return {
    version: versionOf((versions ?? []) as VersionRow[]),
    contents: (contents ?? []) as ChunkContent[],
  };
}

function versionStatement({ userId, conversationId }: ReturnType<typeof authorityOf>): Statement {
  const columns = 'SELECT id AS "conversationId", documents_version AS version FROM conversations c';
  return conversationId === undefined
    ? {
        name: 'version_all',
        text: `${columns} WHERE user_id = $1 AND ${everywhere} ORDER BY id`,
        values: [userId],
      }
    : {
        name: 'version',
        text: `${columns} WHERE user_id = $1 AND id = $2`,
        values: [userId, conversationId],
      };
}

/** Row by row along the primary key, whatever the planner thinks of a table that it has no statistics of. */
function contentStatement(
  { userId, conversationId }: ReturnType<typeof authorityOf>,
  wanted: readonly ChunkName[],
): Statement {
  const one = conversationId !== undefined;
  return {
    name: one ? 'contents' : 'contents_all',
    text: `SELECT found.* FROM unnest($2::uuid[], $3::int[]${one ? '' : ', $4::uuid[]'})
        AS wanted (document_id, ordinal${one ? '' : ', conversation_id'})
      CROSS JOIN LATERAL (SELECT c.id, c.conversation_id AS "conversationId", c.document_id AS "documentId", c.ordinal,
          c.page, c.heading, c.char_start AS "charStart", c.char_end AS "charEnd", c.tokens, c.prefix, c.ocr, c.content
        FROM chunks c WHERE c.user_id = $1 AND c.conversation_id = ${one ? '$4' : 'wanted.conversation_id'}
          AND c.document_id = wanted.document_id AND c.ordinal = wanted.ordinal LIMIT 1) found`,
    values: [
      userId,
      wanted.map((name) => name.documentId),
      wanted.map((name) => name.ordinal),
      one ? conversationId : wanted.map((name) => name.conversationId),
    ],
  };
}

function vectorText(vector: Float32Array): string {
  return `[${vector.join(',')}]`;
}
