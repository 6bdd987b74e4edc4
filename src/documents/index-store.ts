import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { ConversationScope } from '../conversations/scope.ts';
import { compressFast } from '../db/compress-fast.ts';
import type { Database, Transaction } from '../db/database.ts';
import { chunks, documents, documentTexts, segments, userCounters } from '../db/schema.ts';
import { isUnderHold, underHold } from '../identity/hold-store.ts';
import { blocksKind, keywordKind, vectorKind } from './segment-kinds.ts';
import { below, type PassageToWrite, replaceChunks } from './chunk-store.ts';
import type { PageWords } from '../formats/ocr/page-words.ts';
import { openVectors } from '../indexing/vectors.ts';
import { keywordVersion, passagesVersion, vectorsVersion } from '../indexing/versions.ts';
import { documentWork, type Lease } from '../work/lease.ts';
import { enqueue, settle } from '../work/store.ts';
import { takePlace, withdrawIndexes } from './replace-store.ts';
import { bumpVersion, isDocument, nextChange } from './store.ts';
import { writeWords } from './words-store.ts';
import { scopeOf } from './work-scope.ts';

export type ChunkRow = typeof chunks.$inferSelect;

export interface IndexedDocument {
  title: string | null;
  text: string;
  chunks: PassageToWrite[];
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
    await withdrawIndexes(tx, scope, id);
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
    await replaceChunks(tx, scope, id, made.chunks);
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
  if (text.length > longText) await compressFast(tx);
  await tx
    .insert(documentTexts)
    .values({ ...keyOf(scope, documentId), text })
    .onConflictDoUpdate({
      target: [documentTexts.userId, documentTexts.conversationId, documentTexts.documentId],
      set: { text },
    });
}

/** Below it a text is compressed in less time than it takes to ask for more. */
const longText = 100_000;

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
