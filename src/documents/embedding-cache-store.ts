import { and, eq, sql } from 'drizzle-orm';
import type { ConversationScope } from '../conversations/scope.ts';
import type { Database, Transaction } from '../db/database.ts';
import { chunkVectors } from '../db/schema.ts';
import type { UserScope } from '../identity/user-scope.ts';
import { restoreVector, type VectorParts } from '../indexing/vectors.ts';
import { vectorKind } from './segment-kinds.ts';
import { shortHash } from './embedded-text.ts';
import { vectorParts } from './vector-parts-store.ts';

export interface VectorRow {
  ordinal: number;
  embedding: Float32Array;
  /** SHA-256 of the text that was embedded; null: never found again by its content. */
  contentHash: Uint8Array | null;
}

/** Rows of one INSERT: 7 columns times this stays far below PostgreSQL's 65,535 parameters. */
const rowsAtOnce = 1000;

/** Vectors that this user already has of these contents, in any of the user's conversations, by the hash in hex. */
export async function findVectors(
  db: Database,
  user: UserScope,
  model: string,
  hashes: readonly Uint8Array[],
): Promise<Map<string, Float32Array>> {
  return db.scoped({ userId: user.userId }, async (tx) => {
    const found = await findInSegments(tx, user, model, hashes);
    const others = hashes.filter((hash) => !found.has(hexOf(hash)));
    if (others.length === 0) return found;
    return new Map([...found, ...(await findInRows(tx, user, model, others))]);
  });
}

/** Of documents whose vectors are complete: only the parts that are wanted are read of each segment. */
async function findInSegments(
  tx: Transaction,
  { userId }: UserScope,
  model: string,
  hashes: readonly Uint8Array[],
): Promise<Map<string, Float32Array>> {
  const names = new Map(hashes.map((hash) => [shortHash(hash), hexOf(hash)]));
  const kind = vectorKind(model);
  const { rows } = await tx.execute<{ hash: string } & Record<keyof VectorParts, Buffer>>(sql`
    SELECT replace(p.hash::text, '-', '') AS hash, ${sql.raw(vectorParts('p.count', 'p.ordinal'))}
    FROM (SELECT DISTINCT ON (c.content_hash) c.content_hash AS hash, c.conversation_id, c.document_id, c.ordinal,
        d.chunk_count AS count
      FROM chunks c
      JOIN documents d ON d.user_id = c.user_id AND d.conversation_id = c.conversation_id AND d.id = c.document_id
      JOIN segments k ON k.user_id = c.user_id AND k.conversation_id = c.conversation_id AND k.document_id = c.document_id
        AND k.kind = ${kind}
      WHERE c.user_id = ${userId} AND c.content_hash IS NOT NULL AND d.chunk_count > c.ordinal
        AND c.content_hash = ANY(${sql.param([...names.keys()])}::uuid[])) p
    JOIN segments s ON s.user_id = ${userId} AND s.conversation_id = p.conversation_id AND s.document_id = p.document_id
      AND s.kind = ${kind}`);
  return new Map(
    rows.flatMap((row) => {
      const vector = restoreVector(row);
      const name = names.get(row.hash);
      return vector === null || name === undefined ? [] : [[name, vector] as const];
    }),
  );
}

/** Of documents that are being embedded, and of those that an earlier version of the server has embedded. */
async function findInRows(
  tx: Transaction,
  { userId }: UserScope,
  model: string,
  hashes: readonly Uint8Array[],
): Promise<Map<string, Float32Array>> {
  const { rows } = await tx.execute<{ hash: string; embedding: string }>(sql`
    SELECT DISTINCT ON (content_hash) encode(content_hash, 'hex') AS hash, embedding::text AS embedding
    FROM chunk_vectors
    WHERE user_id = ${userId} AND model = ${model} AND content_hash IS NOT NULL
      AND content_hash = ANY(${sql.param([...hashes])}::bytea[])`);
  return new Map(rows.map((row) => [row.hash, readVector(row.embedding)]));
}

/** What is embedded of a document before all of it is. */
export async function writeVectors(
  tx: Transaction,
  scope: ConversationScope,
  documentId: string,
  model: string,
  rows: readonly VectorRow[],
): Promise<void> {
  const { userId, conversationId } = scope;
  for (let at = 0; at < rows.length; at += rowsAtOnce) {
    const values = rows.slice(at, at + rowsAtOnce).map(({ ordinal, embedding, contentHash }) => ({
      userId,
      conversationId,
      documentId,
      ordinal,
      model,
      contentHash,
      embedding: `[${embedding.join(',')}]`,
    }));
    await tx
      .insert(chunkVectors)
      .values(values)
      .onConflictDoUpdate({
        target: [
          chunkVectors.userId,
          chunkVectors.conversationId,
          chunkVectors.documentId,
          chunkVectors.model,
          chunkVectors.ordinal,
        ],
        set: { embedding: sql`excluded.embedding`, contentHash: sql`excluded.content_hash` },
      });
  }
}

/** Those that wait for the rest of their document. */
export async function deleteVectors(
  tx: Transaction,
  scope: ConversationScope,
  documentId: string,
): Promise<void> {
  await tx
    .delete(chunkVectors)
    .where(
      and(
        eq(chunkVectors.userId, scope.userId),
        eq(chunkVectors.conversationId, scope.conversationId),
        eq(chunkVectors.documentId, documentId),
      ),
    );
}

/** PostgreSQL's text form of a vector is a JSON array. */
export function readVector(text: string): Float32Array {
  return Float32Array.from(JSON.parse(text) as number[]);
}

function hexOf(hash: Uint8Array): string {
  return Buffer.from(hash).toString('hex');
}
