import { and, eq, sql } from 'drizzle-orm';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import type { ConversationScope } from '../conversations/scope.ts';
import { literal } from '../db/copy-out.ts';
import type { Database } from '../db/database.ts';
import { isForeignKeyViolation } from '../db/errors.ts';
import { segments } from '../db/schema.ts';
import type { UserScope } from '../identity/user-scope.ts';
import { documentWork } from '../work/lease.ts';
import { enqueue, hurry } from '../work/store.ts';
import { keywordKind, makerOf } from './segment-kinds.ts';

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
  const rows: SegmentRow[] = [];
  await readParts(db, scope, wanted, [kind], 'bytes', ({ documentId, bytes }) =>
    rows.push({ documentId, bytes: Buffer.from(bytes) }),
  );
  return rows;
}

export interface StoredSegment extends SegmentRow {
  kind: string;
}

/** A part of each, which is an expression of SQL. `take` must be done with a row's bytes when it returns. */
export async function readParts(
  db: Database,
  scope: ConversationScope | UserScope,
  wanted: readonly SegmentName[],
  kinds: readonly string[],
  part: string,
  take: (row: StoredSegment) => void,
): Promise<void> {
  if (wanted.length === 0) return;
  const ids = (of: (one: SegmentName) => string): string =>
    `ANY(${literal(`{${[...new Set(wanted.map(of))].join(',')}}`)}::uuid[])`;
  await db.copy(
    scope,
    `SELECT document_id::text, kind, ${part} FROM segments WHERE user_id = ${literal(scope.userId)}
      AND conversation_id = ${ids((one) => one.conversationId)}
      AND document_id = ${ids((one) => one.documentId)} AND kind IN (${kinds.map(literal).join(', ')})`,
    ([documentId, kind, bytes]) =>
      take({ documentId: String(documentId), kind: String(kind), bytes: bytes ?? new Uint8Array() }),
  );
}

/**
 * Has a segment that cannot be read, or is not stored, made anew in the background. A document that has gone meanwhile
 * needs none.
 */
export async function rebuildSegment(
  db: Database,
  scope: ConversationScope | UserScope,
  name: SegmentName,
  kind: string,
  isStored = true,
): Promise<void> {
  const place = { userId: scope.userId, conversationId: name.conversationId };
  const maker = makerOf(kind);
  const rebuilding = db.scoped(scope, async (tx) => {
    // Vectors count as complete while they have a segment, and are embedded again without one.
    if (isStored && kind !== keywordKind) await tx.delete(segments).where(isOneOf(scope, [name], kind));
    if (maker === null) return;
    const key = documentWork(place, 'index', name.documentId, maker);
    // One that is missing may be in the making, at the pace of its failures.
    await (isStored ? hurry(tx, key) : enqueue(tx, [key]));
  });
  await rebuilding.catch((error: unknown) => {
    if (!isForeignKeyViolation(error)) throw error;
  });
}

/** What `unpack` makes of a stored segment; null where it cannot be read, and then it is made anew. */
export async function unpackOrRebuild<T>(
  db: Database,
  scope: ConversationScope,
  documentId: string,
  kind: string,
  unpack: () => T,
): Promise<T | null> {
  try {
    return unpack();
  } catch {
    await rebuildSegment(db, scope, { conversationId: scope.conversationId, documentId }, kind);
    return null;
  }
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
