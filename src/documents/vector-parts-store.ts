import type { ConversationScope } from '../conversations/scope.ts';
import type { Database } from '../db/database.ts';
import type { UserScope } from '../identity/user-scope.ts';
import { restoreVector, strideOf, type VectorParts, vectorHeaderBytes } from '../indexing/vectors.ts';
import { vectorKind } from './segment-kinds.ts';
import { readParts, type SegmentName, type SegmentRow } from './segment-store.ts';

// Segments are stored as they are: their length is known, and parts of them are read, without reading the whole.

/**
 * Of segments of vectors of that dimension, what comes before the residuals (`openRows`): half of each. `take` must be done
 * with a row's bytes when it returns.
 */
export function readVectorRows(
  db: Database,
  scope: ConversationScope | UserScope,
  wanted: readonly SegmentName[],
  kind: string,
  dimension: number,
  take: (row: SegmentRow) => void,
): Promise<void> {
  const part = `substring(bytes FROM 1 FOR ${leadingBytes(dimension)})`;
  return readParts(db, scope, wanted, [kind], part, take);
}

/** The rest of them. */
export function readResiduals(
  db: Database,
  scope: ConversationScope | UserScope,
  wanted: readonly SegmentName[],
  kind: string,
  dimension: number,
  take: (row: SegmentRow) => void,
): Promise<void> {
  const part = `substring(bytes FROM ${leadingBytes(dimension)} + 1)`;
  return readParts(db, scope, wanted, [kind], part, take);
}

function leadingBytes(dimension: number): string {
  const stride = strideOf(dimension);
  const count = `(octet_length(bytes) - ${vectorHeaderBytes}) / ${4 + 2 * stride}`;
  return `greatest(0, ${vectorHeaderBytes} + ${count} * ${4 + stride})`;
}

/** Columns of SQL, named as in `VectorParts`: of the segment `s` of `count` vectors, what there is of one. */
export function vectorParts(count: string, ordinal: string): string {
  const stride = `greatest(0, ((octet_length(s.bytes) - ${vectorHeaderBytes}) / ${count} - 4) / 2)`;
  const scalesAt = `${vectorHeaderBytes} + 1`;
  const valuesAt = `${scalesAt} + 4 * ${count}`;
  return `substring(s.bytes FROM 1 FOR ${vectorHeaderBytes}) AS head,
    substring(s.bytes FROM ${scalesAt} + 4 * ${ordinal} FOR 4) AS scale,
    substring(s.bytes FROM ${valuesAt} + ${ordinal} * ${stride} FOR ${stride}) AS values,
    substring(s.bytes FROM ${valuesAt} + (${count} + ${ordinal}) * ${stride} FOR ${stride}) AS residuals`;
}

export interface VectorName extends SegmentName {
  ordinal: number;
  /** Vectors of its document. */
  count: number;
}

/** Unit vectors in the order of their names; null for what cannot be read. */
export async function readVectorsAt(
  db: Database,
  scope: ConversationScope | UserScope,
  names: readonly VectorName[],
  model: string,
): Promise<(Float32Array | null)[]> {
  const columns = vectorParts('wanted.count', 'wanted.ordinal');
  const parts = await readAt<VectorParts>(db, scope, names, vectorKind(model), 'vectors_at', columns);
  return parts.map((one) => (one === null ? null : restoreVector(one)));
}

/** Of vectors of that dimension, in the order of their names; null for what is not there. */
export async function readResidualsAt(
  db: Database,
  scope: ConversationScope | UserScope,
  names: readonly VectorName[],
  kind: string,
  dimension: number,
): Promise<(Uint8Array | null)[]> {
  const stride = strideOf(dimension);
  const at = `${vectorHeaderBytes + 1} + (4 + ${stride}) * wanted.count + ${stride} * wanted.ordinal`;
  const column = `substring(s.bytes FROM ${at} FOR ${stride}) AS residuals`;
  const name = `residuals_at_${stride}`;
  const rows = await readAt<Pick<VectorParts, 'residuals'>>(db, scope, names, kind, name, column);
  return rows.map((row) => row?.residuals ?? null);
}

async function readAt<Row>(
  db: Database,
  scope: ConversationScope | UserScope,
  names: readonly VectorName[],
  kind: string,
  name: string,
  columns: string,
): Promise<(Row | null)[]> {
  if (names.length === 0) return [];
  const [rows = []] = await db.read(scope, [
    {
      name,
      text: `SELECT found.* FROM unnest($2::uuid[], $3::uuid[], $4::int[], $5::int[])
          WITH ORDINALITY AS wanted (conversation_id, document_id, ordinal, count, place)
        CROSS JOIN LATERAL (SELECT wanted.place, ${columns} FROM segments s
          WHERE s.user_id = $1 AND s.conversation_id = wanted.conversation_id
            AND s.document_id = wanted.document_id AND s.kind = $6 LIMIT 1) found`,
      values: [
        scope.userId,
        names.map((one) => one.conversationId),
        names.map((one) => one.documentId),
        names.map((one) => one.ordinal),
        names.map((one) => one.count),
        kind,
      ],
    },
  ]);
  // The columns are named as the caller says.
  const found = rows as ({ place: string | number } & Row)[];
  const byPlace = new Map(found.map((row) => [Number(row.place), row]));
  return names.map((_, at) => byPlace.get(at + 1) ?? null);
}
