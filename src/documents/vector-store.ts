import { and, asc, eq, inArray, isNull, like, ne, sql } from 'drizzle-orm';
import type { ConversationScope } from '../conversations/scope.ts';
import type { Database, Transaction } from '../db/database.ts';
import { chunks, chunkVectors, conversations, documents, segments, work } from '../db/schema.ts';
import type { Lease } from '../work/lease.ts';
import { holds, release, settle } from '../work/store.ts';
import { vectorKind } from './segment-kinds.ts';
import { readVector, type VectorRow, writeVectors } from './embedding-cache-store.ts';
import { UnreadableSegment } from '../indexing/segment.ts';
import { openVectors } from '../indexing/vectors.ts';
import { vectorsVersion } from '../indexing/versions.ts';
import { writeSegment } from './index-store.ts';
import { readSegments } from './segment-store.ts';
import { bumpVersion, isDocument } from './store.ts';
import { scopeOf } from './work-scope.ts';
import { lockClaimed } from './work-store.ts';

export type UnembeddedChunk = Pick<typeof chunks.$inferSelect, 'ordinal' | 'heading' | 'prefix' | 'content'>;

/** The next chunks of the document that have no vector of the model. */
export async function unembeddedChunks(
  db: Database,
  lease: Lease,
  model: string,
  limit: number,
): Promise<UnembeddedChunk[]> {
  return db.reading(lease, (tx) =>
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
          eq(chunks.userId, lease.userId),
          eq(chunks.conversationId, lease.conversationId),
          eq(chunks.documentId, lease.itemId),
          isNull(chunkVectors.model),
        ),
      )
      .orderBy(asc(chunks.ordinal))
      .limit(limit),
  );
}

/** Writes vectors beside those of other models. False when the lease is lost. */
export async function storeVectors(
  db: Database,
  lease: Lease,
  model: string,
  rows: readonly VectorRow[],
  stageMessage: string,
): Promise<boolean> {
  const scope = scopeOf(lease);
  return db.scoped(scope, async (tx) => {
    if (!(await lockClaimed(tx, lease))) return false;
    await tx.update(documents).set({ stageMessage }).where(isDocument(scope, lease.itemId));
    await writeVectors(tx, scope, lease.itemId, model, rows);
    return true;
  });
}

/** All vectors of the document that are not in a segment yet, in the order of its chunks. */
export async function readVectors(db: Database, lease: Lease, model: string): Promise<Float32Array[]> {
  const rows = await db.reading(lease, (tx) =>
    tx
      .select({ embedding: chunkVectors.embedding })
      .from(chunkVectors)
      .where(vectorsOf(lease, model))
      .orderBy(asc(chunkVectors.ordinal)),
  );
  return rows.map((row) => readVector(row.embedding));
}

/** Deletes those of another length, before there is a segment. False when the lease is lost. */
export async function dropOtherLengths(
  db: Database,
  lease: Lease,
  model: string,
  length: number,
): Promise<boolean> {
  return db.scoped(scopeOf(lease), async (tx) => {
    if (!(await lockClaimed(tx, lease))) return false;
    const isOther = sql`vector_dims(${chunkVectors.embedding}) <> ${length}`;
    await tx.delete(chunkVectors).where(and(vectorsOf(lease, model), isOther));
    return true;
  });
}

/**
 * Whether the document's vectors of the model are complete: their segment is written last, and is all that is kept of
 * them. One that cannot be read, or is of other passages, is none.
 */
export async function hasVectorSegment(
  db: Database,
  lease: Lease,
  model: string,
  chunkCount: number,
): Promise<boolean> {
  const [row] = await readSegments(db, scopeOf(lease), [nameOf(lease)], vectorKind(model));
  try {
    return row !== undefined && openVectors(row.bytes).count === chunkCount;
  } catch (error) {
    if (error instanceof UnreadableSegment) return false;
    throw error;
  }
}

/** How long a document with new vectors waits before it looks whether the others of its conversation have theirs. */
const waitingMs = 600_000;

/**
 * Says that the document's vectors are complete. One without vectors before is served by them at once. One that is
 * served by another model waits until every ready document of its conversation has new ones: a conversation is never
 * searched by two models. False when the lease is lost.
 */
export async function finishVectors(
  db: Database,
  lease: Lease,
  model: string,
  /** Null when it is stored already. */
  segment: Uint8Array | null,
): Promise<boolean> {
  const scope = scopeOf(lease);
  return db.scoped(scope, async (tx) => {
    // Ingestion and deletion take the conversation's row first too: no document becomes ready between check and change.
    await tx.select({ id: conversations.id }).from(conversations).where(isConversation(scope)).for('update');
    const [document] = await tx
      .select({ model: documents.embeddingModel })
      .from(documents)
      .where(and(isDocument(scope, lease.itemId), eq(documents.status, 'ready')))
      .for('update');
    if (document === undefined || !(await holds(tx, lease))) return false;
    if (segment !== null) await writeSegment(tx, scope, lease.itemId, vectorKind(model), segment);
    await tx.delete(chunkVectors).where(vectorsOf(lease, model));
    if (document.model === null || document.model === model) {
      await tx
        .update(documents)
        .set({
          embeddingModel: model,
          vectorsVersion,
          stageMessage: null,
          revision: sql`${documents.revision} + 1`,
        })
        .where(isDocument(scope, lease.itemId));
      await settle(tx, lease);
    } else {
      await tx.update(documents).set({ stageMessage: null }).where(isDocument(scope, lease.itemId));
      await release(tx, lease, { inMs: waitingMs, refund: true });
    }
    await switchModel(tx, scope, model);
    await bumpVersion(tx, scope);
    return true;
  });
}

/**
 * Passages that an earlier version of the server has written have no hash of their text yet: the rows with their vectors
 * do. Apart from `finishVectors`, which locks the conversation: every passage is written.
 */
export async function keepHashes(db: Database, lease: Lease, model: string): Promise<void> {
  const update = sql`
    UPDATE chunks c SET content_hash = encode(substring(v.content_hash FROM 1 FOR 16), 'hex')::uuid
    FROM chunk_vectors v
    WHERE c.user_id = ${lease.userId} AND c.conversation_id = ${lease.conversationId} AND c.document_id = ${lease.itemId}
      AND c.content_hash IS NULL AND v.user_id = ${lease.userId} AND v.conversation_id = ${lease.conversationId}
      AND v.document_id = ${lease.itemId} AND v.model = ${model} AND v.ordinal = c.ordinal AND v.content_hash IS NOT NULL`;
  await db.scoped(scopeOf(lease), (tx) => tx.execute(update));
}

/** Once every ready document has its new segment the conversation is served by the new model, and the old ones go. */
async function switchModel(tx: Transaction, scope: ConversationScope, model: string): Promise<void> {
  const [unfinished] = await tx
    .select({ id: documents.id })
    .from(documents)
    .leftJoin(
      segments,
      and(
        eq(segments.userId, documents.userId),
        eq(segments.conversationId, documents.conversationId),
        eq(segments.documentId, documents.id),
        eq(segments.kind, vectorKind(model)),
      ),
    )
    .where(and(isReady(scope), isNull(segments.kind)))
    .limit(1);
  if (unfinished !== undefined) return;
  const switched = await tx
    .update(documents)
    .set({ embeddingModel: model, stageMessage: null, revision: sql`${documents.revision} + 1` })
    .where(and(isReady(scope), ne(documents.embeddingModel, model)))
    .returning({ id: documents.id });
  const ids = switched.map(({ id }) => id);
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
  await tx
    .delete(work)
    .where(
      and(
        eq(work.userId, scope.userId),
        eq(work.conversationId, scope.conversationId),
        eq(work.kind, 'index'),
        eq(work.target, vectorKind(model)),
      ),
    );
}

/** Removes what was made for a model that is not configured any more, unless the document is served by it. */
export async function dropVectors(db: Database, lease: Lease, model: string): Promise<void> {
  const scope = scopeOf(lease);
  await db.scoped(scope, async (tx) => {
    if (!(await lockClaimed(tx, lease))) return;
    const [document] = await tx
      .update(documents)
      .set({ stageMessage: null })
      .where(isDocument(scope, lease.itemId))
      .returning({ model: documents.embeddingModel });
    await settle(tx, lease);
    if (document?.model === model) return;
    await tx.delete(chunkVectors).where(vectorsOf(lease, model));
    await tx.delete(segments).where(segmentOf(lease, model));
  });
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

function vectorsOf(lease: Lease, model: string) {
  return and(
    eq(chunkVectors.userId, lease.userId),
    eq(chunkVectors.conversationId, lease.conversationId),
    eq(chunkVectors.documentId, lease.itemId),
    eq(chunkVectors.model, model),
  );
}

function nameOf({ conversationId, itemId }: Lease): { conversationId: string; documentId: string } {
  return { conversationId, documentId: itemId };
}

function segmentOf(lease: Lease, model: string) {
  return and(
    eq(segments.userId, lease.userId),
    eq(segments.conversationId, lease.conversationId),
    eq(segments.documentId, lease.itemId),
    eq(segments.kind, vectorKind(model)),
  );
}
