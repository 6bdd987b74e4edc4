import { and, asc, eq, inArray, isNull, like, ne, sql } from 'drizzle-orm';
import type { ConversationScope } from '../conversations/scope.ts';
import type { Database, Transaction } from '../db/database.ts';
import { chunks, chunkVectors, conversations, documents, reEmbeddings, segments } from '../db/schema.ts';
import { readVector, type VectorRow, writeVectors } from './embedding-cache-store.ts';
import { vectorKind, writeSegment } from './index-store.ts';
import { extend, isMine, type Lease } from './re-embed-work-store.ts';
import { isDocument, bumpVersion } from './store.ts';

export interface UnfinishedDocument {
  id: string;
  chunkCount: number;
  /** Chunks that have a vector of the new model already. */
  stored: number;
}

/** Ready documents of the conversation without a vector segment of the model. */
export async function unfinishedDocuments(
  db: Database,
  scope: ConversationScope,
  model: string,
): Promise<UnfinishedDocument[]> {
  return db.scoped(scope, (tx) =>
    tx
      .select({
        id: documents.id,
        chunkCount: documents.chunkCount,
        stored: sql<number>`(SELECT count(*) FROM chunk_vectors v WHERE v.user_id = ${documents.userId}
          AND v.conversation_id = ${documents.conversationId} AND v.document_id = ${documents.id} AND v.model = ${model})`,
      })
      .from(documents)
      .leftJoin(segments, segmentOf(model))
      .where(and(isReady(scope), isNull(segments.kind)))
      .orderBy(asc(documents.id)),
  );
}

export type UnembeddedChunk = Pick<typeof chunks.$inferSelect, 'ordinal' | 'heading' | 'prefix' | 'content'>;

/** The next chunks that have no vector of the model. */
export async function unembeddedChunks(
  db: Database,
  scope: ConversationScope,
  documentId: string,
  model: string,
  limit: number,
): Promise<UnembeddedChunk[]> {
  return db.scoped(scope, (tx) =>
    tx
      .select({
        ordinal: chunks.ordinal,
        heading: chunks.heading,
        prefix: chunks.prefix,
        content: chunks.content,
      })
      .from(chunks)
      .leftJoin(
        chunkVectors,
        and(
          eq(chunkVectors.userId, chunks.userId),
          eq(chunkVectors.conversationId, chunks.conversationId),
          eq(chunkVectors.documentId, chunks.documentId),
          eq(chunkVectors.ordinal, chunks.ordinal),
          eq(chunkVectors.model, model),
        ),
      )
      .where(
        and(
          eq(chunks.userId, scope.userId),
          eq(chunks.conversationId, scope.conversationId),
          eq(chunks.documentId, documentId),
          isNull(chunkVectors.model),
        ),
      )
      .orderBy(asc(chunks.ordinal))
      .limit(limit),
  );
}

/** Writes new vectors beside the old ones and extends the lease. False when lease or document is gone. */
export async function storeReEmbedded(
  db: Database,
  scope: ConversationScope,
  documentId: string,
  lease: Lease,
  rows: readonly VectorRow[],
  stageMessage: string,
): Promise<boolean> {
  return db.scoped(scope, async (tx) => {
    if (!(await extend(tx, scope, lease))) return false;
    const [document] = await tx
      .update(documents)
      .set({ stageMessage })
      .where(and(isDocument(scope, documentId), eq(documents.status, 'ready')))
      .returning({ id: documents.id });
    if (document !== undefined) await writeVectors(tx, scope, documentId, lease.model, rows);
    return document !== undefined;
  });
}

/** All vectors of the document, in the order of its chunks. */
export async function readVectors(
  db: Database,
  scope: ConversationScope,
  documentId: string,
  model: string,
): Promise<Float32Array[]> {
  const rows = await db.scoped(scope, (tx) =>
    tx
      .select({ embedding: chunkVectors.embedding })
      .from(chunkVectors)
      .where(
        and(
          eq(chunkVectors.userId, scope.userId),
          eq(chunkVectors.conversationId, scope.conversationId),
          eq(chunkVectors.documentId, documentId),
          eq(chunkVectors.model, model),
        ),
      )
      .orderBy(asc(chunkVectors.ordinal)),
  );
  return rows.map((row) => readVector(row.embedding));
}

/** The document's new segment says that its vectors are complete. False when lease or document is gone. */
export async function storeReEmbeddedSegment(
  db: Database,
  scope: ConversationScope,
  documentId: string,
  lease: Lease,
  bytes: Uint8Array,
): Promise<boolean> {
  return db.scoped(scope, async (tx) => {
    if (!(await extend(tx, scope, lease))) return false;
    const [document] = await tx
      .select({ id: documents.id })
      .from(documents)
      .where(isDocument(scope, documentId))
      .for('share');
    if (document !== undefined) await writeSegment(tx, scope, documentId, vectorKind(lease.model), bytes);
    return document !== undefined;
  });
}

/**
 * Once every ready document has its new segment: the conversation is served by the new model from here on, and what
 * was made by any other one is gone. False, and nothing changed, while a document is unfinished or the lease is lost.
 */
export async function switchModel(db: Database, scope: ConversationScope, lease: Lease): Promise<boolean> {
  const { model } = lease;
  return db.scoped(scope, async (tx) => {
    // Ingestion and deletion take the conversation's row first too: no document becomes ready between check and change.
    await tx.select({ id: conversations.id }).from(conversations).where(isConversation(scope)).for('update');
    const [unfinished] = await tx
      .select({ id: documents.id })
      .from(documents)
      .leftJoin(segments, segmentOf(model))
      .where(and(isReady(scope), isNull(segments.kind)))
      .limit(1);
    if (unfinished !== undefined) return false;
    const [mine] = await tx
      .delete(reEmbeddings)
      .where(isMine(scope, lease.owner))
      .returning({ model: reEmbeddings.model });
    if (mine === undefined) return false;
    const ready = await tx
      .update(documents)
      .set({ embeddingModel: model, stageMessage: null })
      .where(isReady(scope))
      .returning({ id: documents.id });
    await removeOthers(
      tx,
      scope,
      ready.map(({ id }) => id),
      model,
    );
    await bumpVersion(tx, scope);
    return true;
  });
}

async function removeOthers(
  tx: Transaction,
  scope: ConversationScope,
  ids: string[],
  model: string,
): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .delete(chunkVectors)
    .where(
      and(
        eq(chunkVectors.userId, scope.userId),
        eq(chunkVectors.conversationId, scope.conversationId),
        inArray(chunkVectors.documentId, ids),
        ne(chunkVectors.model, model),
      ),
    );
  await tx
    .delete(segments)
    .where(
      and(
        eq(segments.userId, scope.userId),
        eq(segments.conversationId, scope.conversationId),
        inArray(segments.documentId, ids),
        like(segments.kind, vectorKind('%')),
        ne(segments.kind, vectorKind(model)),
      ),
    );
}

function isConversation(scope: ConversationScope) {
  return and(eq(conversations.userId, scope.userId), eq(conversations.id, scope.conversationId));
}

function isReady(scope: ConversationScope) {
  return and(
    eq(documents.userId, scope.userId),
    eq(documents.conversationId, scope.conversationId),
    eq(documents.status, 'ready'),
  );
}

function segmentOf(model: string) {
  return and(
    eq(segments.userId, documents.userId),
    eq(segments.conversationId, documents.conversationId),
    eq(segments.documentId, documents.id),
    eq(segments.kind, vectorKind(model)),
  );
}
