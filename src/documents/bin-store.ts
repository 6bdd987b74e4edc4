import { and, eq, isNotNull, sql } from 'drizzle-orm';
import type { ConversationScope } from '../conversations/scope.ts';
import { type DeletedCounts, deleteConversationRows } from '../conversations/store.ts';
import { lockWithDeleted } from '../conversations/trash-store.ts';
import type { Database, Transaction } from '../db/database.ts';
import { conversations, documents, userCounters } from '../db/schema.ts';
import { recordAudit } from '../identity/audit-store.ts';
import { forgetAnswersAbout } from '../identity/idempotency-store.ts';
import type { UserScope } from '../identity/user-scope.ts';
import { documentWork } from '../work/lease.ts';
import { enqueue } from '../work/store.ts';
import { vectorKind } from './segment-kinds.ts';
import { moveDocumentRows } from './move-store.ts';
import { bumpVersion, type DocumentRow } from './store.ts';
import { unfinishedDocuments } from './unfinished-store.ts';

// A deleted document that can come back waits in a bin: a deleted conversation of its own, of which nobody sees anything
// and which is erased when its time is over, as every deleted conversation.

/**
 * Puts documents of one conversation out of everybody's sight until `purgeAt`. The transaction is the user's and sees
 * deleted conversations; the documents are there.
 */
export async function binDocuments(
  tx: Transaction,
  from: ConversationScope,
  ids: readonly string[],
  purgeAt: Date,
  now: Date,
): Promise<DocumentRow[]> {
  const { userId, conversationId } = from;
  const bin = from.bin();
  await bumpVersion(tx, from);
  await tx.insert(conversations).values({
    userId,
    id: bin.conversationId,
    title: '',
    conversationType: 'rag_query',
    status: 'active',
    createdAt: now,
    updatedAt: now,
    activityAt: now,
    deletedAt: now,
    purgeAt,
    deletedFrom: conversationId,
  });
  const rows = await moveDocumentRows(tx, from, bin, ids, ids.length, now);
  const inside = sql`user_id = ${userId} AND conversation_id = ${bin.conversationId}`;
  await tx.execute(sql`DELETE FROM work WHERE ${inside}`);
  await tx.execute(sql`DELETE FROM idempotency_answers WHERE ${inside}`);
  await count(tx, userId, rows, -1);
  for (const { id } of rows) {
    await forgetAnswersAbout(tx, from.user, conversationId, id);
    await recordAudit(tx, from.user, { action: 'document.deleted', target: id }, now);
  }
  return rows;
}

/** Where a deleted document waits, and from where it was deleted; null when it waits nowhere. */
export async function findBin(
  db: Database,
  user: UserScope,
  documentId: string,
): Promise<{ bin: string; from: string } | null> {
  const [row] = await db.reading({ userId: user.userId, showsDeleted: true }, (tx) =>
    tx
      .select({ bin: conversations.id, from: conversations.deletedFrom })
      .from(documents)
      .innerJoin(
        conversations,
        and(eq(conversations.userId, documents.userId), eq(conversations.id, documents.conversationId)),
      )
      .where(
        and(
          eq(documents.userId, user.userId),
          eq(documents.id, documentId),
          isNotNull(conversations.deletedFrom),
        ),
      ),
  );
  return row === undefined || row.from === null ? null : { bin: row.bin, from: row.from };
}

/**
 * Takes a document out of its bin, back to where it was; what was under way goes on. In a transaction as `binDocuments`.
 * `model`: whose vectors it is to have. Null when it is there no more.
 * @throws AppError `quota_exceeded` where its conversation is full
 */
export async function unbinDocument(
  tx: Transaction,
  bin: ConversationScope,
  to: ConversationScope,
  id: string,
  model: string | null,
  maxDocuments: number,
  now: Date,
): Promise<DocumentRow | null> {
  const { userId } = to;
  // The conversation before its bin, as deleting it takes them.
  await bumpVersion(tx, to);
  const row = await lockWithDeleted(tx, bin);
  if (row === null || row.purgeAt === null || row.purgeAt <= now) return null;
  const { unread, unembedded } = await unfinishedDocuments(tx, bin, model);
  const [document] = await moveDocumentRows(tx, bin, to, [id], maxDocuments, now);
  if (document === undefined) return null;
  await enqueue(tx, [
    ...unread.filter((one) => one === id).map((one) => documentWork(to, 'ingest', one)),
    ...unembedded
      .filter((one) => one === id)
      .map((one) => documentWork(to, 'index', one, vectorKind(model ?? ''))),
  ]);
  await count(tx, userId, [document], 1);
  if (row.documentCount === 1)
    await tx
      .delete(conversations)
      .where(and(eq(conversations.userId, userId), eq(conversations.id, bin.conversationId)));
  await recordAudit(tx, to.user, { action: 'document.restored', target: id }, now);
  return document;
}

/**
 * Erases a conversation with everything below it, and what was deleted from it and could still come back. In a
 * transaction as `binDocuments` that has locked the conversation. @returns what was below it
 */
export async function eraseConversation(
  tx: Transaction,
  scope: ConversationScope,
  now: Date,
): Promise<DeletedCounts> {
  for (const bin of await binsOf(tx, scope)) await deleteConversationRows(tx, bin, now);
  return deleteConversationRows(tx, scope, now);
}

async function binsOf(tx: Transaction, scope: ConversationScope): Promise<ConversationScope[]> {
  const { userId, conversationId } = scope;
  const rows = await tx
    .select({ id: conversations.id })
    .from(conversations)
    .where(and(eq(conversations.userId, userId), eq(conversations.deletedFrom, conversationId)));
  return rows.map(({ id }) => scope.bin(id));
}

async function count(
  tx: Transaction,
  userId: string,
  rows: readonly DocumentRow[],
  sign: 1 | -1,
): Promise<void> {
  const chunks = rows.reduce((sum, row) => sum + row.chunkCount, 0);
  const bytes = rows.reduce((sum, row) => sum + row.sizeBytes, 0);
  await tx
    .update(userCounters)
    .set({
      documents: sql`${userCounters.documents} + ${sign * rows.length}`,
      chunks: sql`${userCounters.chunks} + ${sign * chunks}`,
      bytes: sql`${userCounters.bytes} + ${sign * bytes}`,
      deletedBytes: sql`${userCounters.deletedBytes} - ${sign * bytes}`,
    })
    .where(eq(userCounters.userId, userId));
}
