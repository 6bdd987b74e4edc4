import { and, eq, gte, ne, or, sql } from 'drizzle-orm';
import type { ConversationScope } from '../conversations/scope.ts';
import type { Database, Transaction } from '../db/database.ts';
import { chunkVectors } from '../db/schema.ts';
import type { UserScope } from '../identity/user-scope.ts';

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
  const { rows } = await db.scoped({ userId: user.userId }, (tx) =>
    tx.execute<{ hash: string; embedding: string }>(sql`
      SELECT DISTINCT ON (content_hash) encode(content_hash, 'hex') AS hash, embedding::text AS embedding
      FROM chunk_vectors
      WHERE user_id = ${user.userId} AND model = ${model} AND content_hash IS NOT NULL
        AND content_hash = ANY(${sql.param([...hashes])}::bytea[])`),
  );
  return new Map(rows.map((row) => [row.hash, readVector(row.embedding)]));
}

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

/** Leaves exactly one vector of this model for each chunk. @throws when one is missing */
export async function settleVectors(
  tx: Transaction,
  scope: ConversationScope,
  documentId: string,
  model: string | null,
  count: number,
): Promise<void> {
  const ofDocument = and(
    eq(chunkVectors.userId, scope.userId),
    eq(chunkVectors.conversationId, scope.conversationId),
    eq(chunkVectors.documentId, documentId),
  );
  await tx
    .delete(chunkVectors)
    .where(
      and(
        ofDocument,
        model === null ? undefined : or(ne(chunkVectors.model, model), gte(chunkVectors.ordinal, count)),
      ),
    );
  if (model === null) return;
  const kept = await tx.$count(chunkVectors, ofDocument);
  if (kept !== count) throw new Error(`${kept} vectors of ${count} chunks`);
}

/** PostgreSQL's text form of a vector is a JSON array. */
export function readVector(text: string): Float32Array {
  return Float32Array.from(JSON.parse(text) as number[]);
}
