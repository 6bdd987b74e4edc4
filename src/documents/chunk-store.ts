import { and, eq, sql } from 'drizzle-orm';
import type { ConversationScope } from '../conversations/scope.ts';
import { binaryArray } from '../db/binary-array.ts';
import type { Transaction } from '../db/database.ts';
import { newId } from '../db/ids.ts';
import { chunks, chunkTerms, chunkVectors } from '../db/schema.ts';
import { hashOf, shortHash, textToEmbed } from './embedded-text.ts';

/** A passage as it is stored. */
export interface PassageToWrite {
  page: number | null;
  heading: string[];
  charStart: number;
  charEnd: number;
  tokens: number;
  prefix: string | null;
  /** Its text was recognised in a picture. */
  ocr?: boolean;
  content: string;
}

/** Rows of one INSERT: some 2 MB. */
const rowsAtOnce = 2000;

/** Puts these passages in the place of all that the document has, with their words and vectors. */
export async function replaceChunks(
  tx: Transaction,
  scope: ConversationScope,
  documentId: string,
  made: readonly PassageToWrite[],
): Promise<void> {
  for (const table of [chunks, chunkTerms, chunkVectors])
    await tx.delete(table).where(below(table, scope, documentId));
  for (let at = 0; at < made.length; at += rowsAtOnce) {
    const rows = made.slice(at, at + rowsAtOnce);
    const { rowCount } = await tx.execute(insertChunks(scope, documentId, rows, at));
    if (rowCount !== rows.length) throw new Error('chunks were not written');
  }
}

/** Beside the document's own row: where tables are distributed, that says on which machine they go. */
function insertChunks(
  { userId, conversationId }: ConversationScope,
  documentId: string,
  rows: readonly PassageToWrite[],
  firstOrdinal: number,
) {
  return sql`INSERT INTO chunks (user_id, conversation_id, document_id,
      ordinal, id, page, heading, char_start, char_end, tokens, prefix, ocr, content, content_hash)
    SELECT d.user_id, d.conversation_id, d.id,
      m.ordinal, m.id, m.page, m.heading::text[], m.char_start, m.char_end, m.tokens, m.prefix, m.ocr, m.content, m.content_hash
    FROM documents d, unnest(
      ${binaryArray.int4(rows.map((_row, at) => firstOrdinal + at))}::int[],
      ${binaryArray.uuid(rows.map(() => newId()))}::uuid[],
      ${binaryArray.int4(rows.map((row) => row.page))}::int[],
      ${binaryArray.text(rows.map((row) => arrayLiteral(row.heading)))}::text[],
      ${binaryArray.int4(rows.map((row) => row.charStart))}::int[],
      ${binaryArray.int4(rows.map((row) => row.charEnd))}::int[],
      ${binaryArray.int4(rows.map((row) => row.tokens))}::int[],
      ${binaryArray.text(rows.map((row) => row.prefix))}::text[],
      ${binaryArray.bool(rows.map((row) => row.ocr ?? false))}::bool[],
      ${binaryArray.text(rows.map((row) => row.content))}::text[],
      ${binaryArray.uuid(rows.map((row) => shortHash(hashOf(textToEmbed(row)))))}::uuid[]
    ) AS m (ordinal, id, page, heading, char_start, char_end, tokens, prefix, ocr, content, content_hash)
    WHERE d.user_id = ${userId} AND d.conversation_id = ${conversationId} AND d.id = ${documentId}`;
}

/** A list inside a list, which PostgreSQL's arrays do not have but as text. */
function arrayLiteral(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}

export function below(
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
