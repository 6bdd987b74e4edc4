import { and, asc, eq, getTableColumns, inArray, type SQL, sql } from 'drizzle-orm';
import type { AnyPgColumn, PgTable } from 'drizzle-orm/pg-core';
import type { ConversationScope } from '../conversations/scope.ts';
import type { Transaction } from '../db/database.ts';
import { newId } from '../db/ids.ts';
import {
  chunks,
  chunkVectors,
  documents,
  documentTexts,
  segments,
  userCounters,
  work,
} from '../db/schema.ts';
import { AppError } from '../errors.ts';
import { documentWork } from '../work/lease.ts';
import { enqueue } from '../work/store.ts';
import { bumpVersion, countWithin, type DocumentLimits, type DocumentRow, settled } from './store.ts';

export interface CopiedDocument {
  /** The document that was copied. */
  from: string;
  row: DocumentRow;
}

/**
 * Copies documents to a conversation of the same user, all of them where no ids are given: rows, text, passages, vectors
 * and index segments, in SQL; both name one original, which goes with the last of them. A document that is still being
 * read is read for its copy too, and search learns of the copy's passages as of new ones: writing their lexemes is dearer
 * than all the rest. The transaction must be the user's.
 * @throws AppError `not_found` when one is not there, `quota_exceeded`
 */
export async function copyDocumentRows(
  tx: Transaction,
  from: ConversationScope,
  to: ConversationScope,
  wanted: readonly string[] | 'all',
  limits: DocumentLimits,
  now: Date,
): Promise<CopiedDocument[]> {
  await lockBoth(tx, from, to);
  // Whoever writes below a document locks it first: all statements here see it and what is below it as of one moment.
  const rows = await lockDocuments(tx, from, wanted, 'share');
  if (rows.length === 0) return [];
  const bytes = rows.reduce((sum, row) => sum + row.sizeBytes, 0);
  await countWithin(tx, to, rows.length, bytes, limits, now);
  const ids = new Map(rows.map(({ id }) => [id, newId()]));
  const pairs = sql`unnest(${sql.param([...ids.keys()])}::uuid[], ${sql.param([...ids.values()])}::uuid[]) AS m (old, new)`;
  await copyDocuments(tx, from, to, pairs, now);
  await copyBelow(tx, from, to, pairs);
  await tx
    .update(userCounters)
    .set({ chunks: sql`${userCounters.chunks} + ${rows.reduce((sum, row) => sum + row.chunkCount, 0)}` })
    .where(eq(userCounters.userId, to.userId));
  const unread = rows.filter(({ status }) => !settled.includes(status));
  await enqueue(
    tx,
    unread.map(({ id }) => documentWork(to, 'ingest', ids.get(id) ?? '')),
  );
  const made = await tx
    .select()
    .from(documents)
    .where(
      and(
        eq(documents.userId, to.userId),
        eq(documents.conversationId, to.conversationId),
        inArray(documents.id, [...ids.values()]),
      ),
    );
  const byId = new Map(made.map((row) => [row.id, row]));
  return [...ids].map(([old, id]) => {
    const row = byId.get(id);
    if (row === undefined) throw new Error('a copy was not written');
    return { from: old, row };
  });
}

async function copyDocuments(
  tx: Transaction,
  from: ConversationScope,
  to: ConversationScope,
  pairs: SQL,
  now: Date,
): Promise<void> {
  const isSettled = sql`d.status IN ('ready', 'failed', 'cancelled')`;
  const at = sql`${now.toISOString()}::timestamptz`;
  await tx.execute(sql`
    INSERT INTO documents (${columnsOf(documents)})
    SELECT ${columnsOf(documents, 'd', {
      conversation_id: sql`${to.conversationId}::uuid`,
      id: sql`m.new`,
      status: sql`CASE WHEN ${isSettled} THEN d.status ELSE 'queued' END`,
      progress: sql`CASE WHEN ${isSettled} THEN d.progress ELSE 0 END`,
      stage_message: sql`CASE WHEN ${isSettled} THEN d.stage_message ELSE 'waiting for its turn' END`,
      // A new version that is still read becomes that of the document alone.
      replacement_blob_key: sql`NULL::text`,
      replacement: sql`NULL::jsonb`,
      searchable_chunks: sql`0`,
      created_at: at,
      updated_at: at,
    })}
    FROM ${pairs} JOIN documents d ON d.user_id = ${from.userId} AND d.conversation_id = ${from.conversationId}
      AND d.id = m.old`);
}

/** A passage's id is made of the old one and the copy's: version 8 of RFC 9562, the same whichever node makes it. */
const passageId = sql`overlay(overlay(md5(m.new::text || s.id::text) placing '8' from 13) placing 'a' from 17)::uuid`;

async function copyBelow(
  tx: Transaction,
  from: ConversationScope,
  to: ConversationScope,
  pairs: SQL,
): Promise<void> {
  const there = { conversation_id: sql`${to.conversationId}::uuid`, document_id: sql`m.new` };
  const copied: [PgTable, Record<string, SQL>, SQL][] = [
    [documentTexts, there, sql``],
    [chunks, { ...there, id: passageId }, sql``],
    [chunkVectors, there, sql``],
    [segments, there, sql``],
    // What is due for the document's index is due for the copy's; reading it again begins at the beginning.
    [
      work,
      { ...there, item_id: sql`m.new`, token: sql`NULL::uuid`, owner: sql`NULL::text` },
      sql`AND s.kind = 'index'`,
    ],
  ];
  for (const [table, changed, condition] of copied)
    await tx.execute(sql`
      INSERT INTO ${table} (${columnsOf(table)}) SELECT ${columnsOf(table, 's', changed)}
      FROM ${pairs} JOIN ${table} s ON s.user_id = ${from.userId} AND s.conversation_id = ${from.conversationId}
        AND s.document_id = m.old ${condition}`);
}

/** Both conversations, always in one order: two that go in opposite directions would wait for each other. */
export async function lockBoth(
  tx: Transaction,
  from: ConversationScope,
  to: ConversationScope,
): Promise<void> {
  if (from.userId !== to.userId) throw new Error('documents stay with their user');
  for (const scope of [from, to].toSorted((a, b) => (a.conversationId < b.conversationId ? -1 : 1)))
    await bumpVersion(tx, scope);
}

/** @throws AppError `not_found` when one of them is not there */
export async function lockDocuments(
  tx: Transaction,
  scope: ConversationScope,
  wanted: readonly string[] | 'all',
  strength: 'update' | 'share',
): Promise<DocumentRow[]> {
  const rows = await tx
    .select()
    .from(documents)
    .where(
      and(
        eq(documents.userId, scope.userId),
        eq(documents.conversationId, scope.conversationId),
        wanted === 'all' ? undefined : isAmong(documents.id, wanted),
      ),
    )
    .orderBy(asc(documents.id))
    .for(strength);
  if (wanted === 'all' || rows.length === new Set(wanted).size) return rows;
  throw new AppError('not_found', 'One of these documents is not in this conversation.');
}

/** One parameter however many there are. */
export function isAmong(column: AnyPgColumn | SQL, ids: readonly string[]): SQL {
  return sql`${column} = ANY(${sql.param([...ids])}::uuid[])`;
}

/** All columns of a table in one order, or their values from `alias` with some of them replaced. */
export function columnsOf(table: PgTable, alias?: string, replaced: Record<string, SQL> = {}): SQL {
  const names = Object.values(getTableColumns(table)).map(({ name }) => name);
  return sql.join(
    names.map((name) => {
      const column = sql.identifier(name);
      return alias === undefined
        ? sql`${column}`
        : (replaced[name] ?? sql`${sql.identifier(alias)}.${column}`);
    }),
    sql`, `,
  );
}
