import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import type { ConversationScope } from '../conversations/scope.ts';
import type { Database, Transaction } from '../db/database.ts';
import { literal } from '../db/copy-out.ts';
import { newId } from '../db/ids.ts';
import {
  chunks,
  chunkTerms,
  chunkVectors,
  documents,
  documentTexts,
  segments,
  userCounters,
} from '../db/schema.ts';
import { isUnderHold, underHold } from '../identity/hold-store.ts';
import type { UserScope } from '../identity/user-scope.ts';
import { hashOf, shortHash, textToEmbed } from './embedded-text.ts';
import type { PageWords } from '../formats/ocr/page-words.ts';
import { openVectors } from '../indexing/vectors.ts';
import { keywordVersion, passagesVersion, vectorsVersion } from '../indexing/versions.ts';
import { documentWork, type Lease } from '../work/lease.ts';
import { enqueue, hurry, settle } from '../work/store.ts';
import { takePlace } from './replace-store.ts';
import { bumpVersion, isDocument, nextChange } from './store.ts';
import { writeWords } from './words-store.ts';
import { scopeOf } from './work-scope.ts';

export type ChunkRow = typeof chunks.$inferSelect;
export const keywordKind = 'keyword';
/** Not a segment: the passages themselves, with every index over them. */
export const passagesKind = 'passages';
/** What the parts of the text are; made with the passages, and gone with them. */
export const blocksKind = 'blocks';
export const vectorKind = (model: string): string => `vector:${model}`;

/** Rows of one INSERT: 14 columns times this stays far below PostgreSQL's 65,535 parameters. */
const rowsAtOnce = 1000;

export interface IndexedDocument {
  title: string | null;
  text: string;
  chunks: {
    page: number | null;
    heading: string[];
    charStart: number;
    charEnd: number;
    tokens: number;
    prefix: string | null;
    /** Its text was recognised in a picture. */
    ocr?: boolean;
    content: string;
  }[];
  keywordSegment: Uint8Array;
  /** What the parts of the text are, packed. */
  blocks?: Uint8Array | null;
  /** Of pages that text recognition has read, by page. */
  words?: ReadonlyMap<number, PageWords>;
  pages: number | null;
  language: string;
  warnings: string[];
  /** Of all chunks, when they are made before the passages are replaced; null: they follow in the background. */
  vectors: { model: string; segment: Uint8Array } | null;
}

/**
 * Writes passages and keyword index and marks the document ready, in one transaction that settles the lease: chunks
 * exist exactly when their document is ready. Passages of an earlier version are replaced. `vectorsOf`: the model whose
 * vectors are to follow. A new version that was read takes the document's place with it. False when the lease is lost; nothing is written then.
 * @throws AppError `conflict` when a new version would erase what is under a legal hold
 */
export async function completeDocument(
  db: Database,
  lease: Lease,
  made: IndexedDocument,
  vectorsOf: string | null,
  now: Date,
): Promise<boolean> {
  const scope = scopeOf(lease);
  const id = lease.itemId;
  return db.scoped(scope, async (tx) => {
    // Before any other row, as whoever asks for a new version does.
    const isHeld = lease.kind === 'ingest' && (await isUnderHold(tx, scope.user));
    // A deletion takes the conversation's row first too, so that nothing is written below what is going away.
    await bumpVersion(tx, scope);
    const [before] = await tx.select().from(documents).where(isDocument(scope, id)).for('update');
    if (before === undefined || !(await settle(tx, lease))) return false;
    if (isHeld && before.replacementBlobKey !== null) throw underHold();
    if (lease.kind === 'ingest') await takePlace(tx, scope, before, now);
    await tx
      .update(documents)
      .set({
        status: 'ready',
        progress: 1,
        stageMessage: null,
        errorCode: null,
        errorMessage: null,
        title: made.title,
        pages: made.pages,
        chunkCount: made.chunks.length,
        tokenCount: made.chunks.reduce((sum, chunk) => sum + chunk.tokens, 0),
        language: made.language,
        warnings: made.warnings,
        embeddingModel: made.vectors?.model ?? null,
        revision: sql`${documents.revision} + 1`,
        passagesVersion,
        keywordVersion,
        vectorsVersion,
        searchableChunks: 0,
        updatedAt: nextChange,
      })
      .where(isDocument(scope, id));
    await writeText(tx, scope, id, made.text);
    await writeChunks(tx, scope, id, made);
    await tx.delete(segments).where(segmentsOf(scope, id));
    await writeSegment(tx, scope, id, keywordKind, made.keywordSegment);
    if (made.blocks) await writeSegment(tx, scope, id, blocksKind, made.blocks);
    await writeWords(tx, scope, id, made.words);
    if (made.vectors !== null) {
      const { count } = openVectors(made.vectors.segment);
      if (count !== made.chunks.length) throw new Error(`${count} vectors of ${made.chunks.length} chunks`);
      await writeSegment(tx, scope, id, vectorKind(made.vectors.model), made.vectors.segment);
    }
    if (vectorsOf !== null && made.vectors === null)
      await enqueue(tx, [documentWork(scope, 'index', id, vectorKind(vectorsOf))]);
    await tx
      .update(userCounters)
      .set({ chunks: sql`${userCounters.chunks} + ${made.chunks.length - before.chunkCount}` })
      .where(eq(userCounters.userId, scope.userId));
    return true;
  });
}

async function writeText(
  tx: Transaction,
  scope: ConversationScope,
  documentId: string,
  text: string,
): Promise<void> {
  await tx
    .insert(documentTexts)
    .values({ ...keyOf(scope, documentId), text })
    .onConflictDoUpdate({
      target: [documentTexts.userId, documentTexts.conversationId, documentTexts.documentId],
      set: { text },
    });
}

async function writeChunks(
  tx: Transaction,
  scope: ConversationScope,
  documentId: string,
  made: IndexedDocument,
): Promise<void> {
  for (const table of [chunks, chunkTerms, chunkVectors])
    await tx.delete(table).where(below(table, scope, documentId));
  const rows = made.chunks.map((chunk, ordinal) => ({
    ...keyOf(scope, documentId),
    ...chunk,
    ordinal,
    id: newId(),
    contentHash: shortHash(hashOf(textToEmbed(chunk))),
  }));
  for (let at = 0; at < rows.length; at += rowsAtOnce) {
    const result = await tx.insert(chunks).values(rows.slice(at, at + rowsAtOnce));
    if (result.rowCount !== Math.min(rowsAtOnce, rows.length - at))
      throw new Error('chunks were not written');
  }
}

export async function writeSegment(
  tx: Transaction,
  scope: ConversationScope,
  documentId: string,
  kind: string,
  bytes: Uint8Array,
): Promise<void> {
  await tx
    .insert(segments)
    .values({ ...keyOf(scope, documentId), kind, bytes })
    .onConflictDoUpdate({
      target: [segments.userId, segments.conversationId, segments.documentId, segments.kind],
      set: { bytes },
    });
}

export async function listChunks(
  db: Database,
  scope: ConversationScope,
  documentId: string,
  limit: number,
  afterOrdinal: number,
): Promise<ChunkRow[]> {
  return db.scoped(scope, (tx) =>
    tx
      .select()
      .from(chunks)
      .where(and(below(chunks, scope, documentId), gt(chunks.ordinal, afterOrdinal)))
      .orderBy(asc(chunks.ordinal))
      .limit(limit),
  );
}

export interface SegmentName {
  conversationId: string;
  documentId: string;
}

export interface SegmentRow {
  documentId: string;
  bytes: Uint8Array;
}

/** How many bytes the segments of these documents have, by document; who has none is left out. */
export async function readSegmentSizes(
  db: Database,
  scope: ConversationScope | UserScope,
  wanted: readonly SegmentName[],
  kind: string,
): Promise<Map<string, number>> {
  if (wanted.length === 0) return new Map();
  // Bytes are stored as they are: their length is known without reading them.
  const rows = await db.reading(scope, (tx) =>
    tx
      .select({ documentId: segments.documentId, size: sql<number>`octet_length(${segments.bytes})` })
      .from(segments)
      .where(isOneOf(scope, wanted, kind)),
  );
  return new Map(rows.map((row) => [row.documentId, row.size]));
}

/** The segments of these documents, as they are named: immutable for a document's id. */
export async function readSegments(
  db: Database,
  scope: ConversationScope | UserScope,
  wanted: readonly SegmentName[],
  kind: string,
): Promise<SegmentRow[]> {
  if (wanted.length === 0) return [];
  const ids = (of: (one: SegmentName) => string): string =>
    `ANY(${literal(`{${[...new Set(wanted.map(of))].join(',')}}`)}::uuid[])`;
  const rows = await db.copy(
    scope,
    `SELECT document_id::text, bytes FROM segments WHERE user_id = ${literal(scope.userId)}
      AND conversation_id = ${ids((one) => one.conversationId)}
      AND document_id = ${ids((one) => one.documentId)} AND kind = ${literal(kind)}`,
  );
  return rows.map(([documentId, bytes]) => ({
    documentId: String(documentId),
    bytes: bytes ?? new Uint8Array(),
  }));
}

/** Has a segment that cannot be read made anew in the background. */
export async function rebuildSegment(
  db: Database,
  scope: ConversationScope | UserScope,
  name: SegmentName,
  kind: string,
): Promise<void> {
  const place = { userId: scope.userId, conversationId: name.conversationId };
  await db.scoped(scope, async (tx) => {
    // Vectors count as complete while they have a segment, and are embedded again without one.
    if (kind !== keywordKind) await tx.delete(segments).where(isOneOf(scope, [name], kind));
    await hurry(tx, documentWork(place, 'index', name.documentId, kind));
  });
}

function isOneOf(scope: ConversationScope | UserScope, wanted: readonly SegmentName[], kind: string) {
  return and(
    eq(segments.userId, scope.userId),
    isIn(segments.conversationId, new Set(wanted.map((one) => one.conversationId))),
    isIn(segments.documentId, new Set(wanted.map((one) => one.documentId))),
    eq(segments.kind, kind),
  );
}

/** One parameter however many there are: a user's documents may be more than a statement takes. */
function isIn(column: AnyPgColumn, ids: ReadonlySet<string>) {
  return sql`${column} = ANY(${sql.param([...ids])}::uuid[])`;
}

function segmentsOf(scope: ConversationScope, documentId: string) {
  return and(
    eq(segments.userId, scope.userId),
    eq(segments.conversationId, scope.conversationId),
    eq(segments.documentId, documentId),
  );
}

function keyOf(scope: ConversationScope, documentId: string) {
  return { userId: scope.userId, conversationId: scope.conversationId, documentId };
}

function below(
  table: typeof chunks | typeof chunkTerms | typeof chunkVectors,
  scope: ConversationScope,
  documentId: string,
) {
  return and(
    eq(table.userId, scope.userId),
    eq(table.conversationId, scope.conversationId),
    eq(table.documentId, documentId),
  );
}
