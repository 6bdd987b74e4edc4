import { and, arrayContains, desc, eq, getTableColumns, sql } from 'drizzle-orm';
import type { AlsoWrite, Database, Statement, Transaction } from '../db/database.ts';
import {
  chunks as chunkTable,
  conversationDirectory,
  conversations,
  documents,
  userCounters,
} from '../db/schema.ts';
import { AppError } from '../errors.ts';
import { queueBlobs } from '../files/store.ts';
import type { UserScope } from '../identity/user-scope.ts';
import { ConversationScope } from './scope.ts';

export type ConversationRow = typeof conversations.$inferSelect;

export interface NewConversation {
  title: string;
  conversationType: ConversationRow['conversationType'];
}

export async function insertConversation(
  db: Database,
  user: UserScope,
  input: NewConversation,
  now: Date,
  alsoWrite?: AlsoWrite<ConversationRow>,
): Promise<ConversationRow> {
  return createConversation(db, ConversationScope.ofNew(user), input, [], now, alsoWrite);
}

/** Makes the conversation of a scope that is of none yet, with what else belongs into its transaction. */
export async function createConversation(
  db: Database,
  scope: ConversationScope,
  input: NewConversation,
  more: readonly Statement[],
  now: Date,
  alsoWrite?: AlsoWrite<ConversationRow>,
): Promise<ConversationRow> {
  const statements = [...beginConversation(scope, input, now), ...more];
  const last =
    alsoWrite === undefined
      ? undefined
      : async (tx: Transaction, results: unknown[][]): Promise<[]> => {
          await alsoWrite(tx, createdRow(results));
          return [];
        };
  return createdRow(await db.write(scope, statements, last));
}

function createdRow([rows]: unknown[][]): ConversationRow {
  // The columns are named as the schema names them.
  const [row] = (rows ?? []) as ConversationRow[];
  if (row === undefined) throw new Error('the conversation was not written');
  return row;
}

/** The statements that make a conversation, for a transaction that may write more; the first returns its row. */
export function beginConversation(scope: ConversationScope, input: NewConversation, now: Date): Statement[] {
  const { userId, conversationId } = scope;
  return [
    {
      name: 'insert_conversation',
      text: `INSERT INTO conversations (user_id, id, title, conversation_type, status, created_at, updated_at, activity_at)
        VALUES ($1, $2, $3, $4, 'active', $5, $5, $5) RETURNING ${conversationColumns}`,
      values: [userId, conversationId, input.title, input.conversationType, now],
    },
    {
      name: 'insert_directory_entry',
      text: 'INSERT INTO conversation_directory (conversation_id, user_id) VALUES ($2, $1)',
      values: [userId, conversationId],
    },
    {
      name: 'count_conversation',
      text: 'UPDATE user_counters SET conversations = conversations + 1 WHERE user_id = $1',
      values: [userId],
    },
  ];
}

const conversationColumns = Object.entries(getTableColumns(conversations))
  .map(([name, column]) => `${column.name} AS "${name}"`)
  .join(', ');

export interface ConversationFilter {
  conversationType?: ConversationRow['conversationType'] | undefined;
  status: ConversationRow['status'] | 'all';
  tag?: string | undefined;
  pinned?: boolean | undefined;
}

/** Where a page of conversations begins, in the order of the list. */
export interface ConversationPosition {
  pinned: boolean;
  activityAt: Date;
  id: string;
}

/** Pinned ones first, then newest activity, by keyset: the same cost at any depth. */
export async function listConversations(
  db: Database,
  user: UserScope,
  filter: ConversationFilter,
  limit: number,
  after: ConversationPosition | null,
): Promise<ConversationRow[]> {
  const { conversationType, status, tag, pinned } = filter;
  return db.reading(user, (tx) =>
    tx
      .select()
      .from(conversations)
      .where(
        and(
          eq(conversations.userId, user.userId),
          user.limitedTo === undefined ? undefined : eq(conversations.id, user.limitedTo),
          conversationType === undefined ? undefined : eq(conversations.conversationType, conversationType),
          status === 'all' ? undefined : eq(conversations.status, status),
          pinned === undefined ? undefined : eq(conversations.pinned, pinned),
          tag === undefined ? undefined : arrayContains(conversations.tags, [tag]),
          after === null
            ? undefined
            : sql`(${conversations.pinned}, ${conversations.activityAt}, ${conversations.id}) < (${after.pinned}::boolean, ${after.activityAt.toISOString()}::timestamptz, ${after.id}::uuid)`,
        ),
      )
      .orderBy(desc(conversations.pinned), desc(conversations.activityAt), desc(conversations.id))
      .limit(limit),
  );
}

export async function readConversation(db: Database, scope: ConversationScope): Promise<ConversationRow> {
  const [row] = await db.reading(scope, (tx) => tx.select().from(conversations).where(isThis(scope)));
  return row ?? gone();
}

export type ConversationChange = Partial<
  Pick<ConversationRow, 'title' | 'status' | 'pinned' | 'tags' | 'settings'>
>;

export async function updateConversation(
  db: Database,
  scope: ConversationScope,
  change: ConversationChange,
  now: Date,
): Promise<ConversationRow> {
  const [row] = await db.scoped(scope, (tx) =>
    tx
      .update(conversations)
      .set({ ...change, updatedAt: now })
      .where(isThis(scope))
      .returning(),
  );
  return row ?? gone();
}

/** A title in the place of `provisional`; one that somebody has given meanwhile stays. */
export async function replaceTitle(
  db: Database,
  scope: ConversationScope,
  provisional: string,
  title: string,
): Promise<void> {
  await db.scoped(scope, (tx) =>
    tx
      .update(conversations)
      .set({ title })
      .where(and(isThis(scope), eq(conversations.title, provisional))),
  );
}

export interface DeletedCounts {
  messages: number;
  documents: number;
  chunks: number;
  bytes: number;
}

/** Deletes the conversation with everything below it, and queues its blobs, within the transaction. */
export async function deleteConversationRows(
  tx: Transaction,
  scope: ConversationScope,
  now: Date,
): Promise<DeletedCounts> {
  // Ingestion and appends take this row first too: after the lock nothing below it can appear any more.
  const [locked] = await tx
    .select({ id: conversations.id })
    .from(conversations)
    .where(isThis(scope))
    .for('update');
  if (locked === undefined) return gone();
  const inside = and(eq(documents.userId, scope.userId), eq(documents.conversationId, scope.conversationId));
  const files = await tx
    .select({ blobKey: documents.blobKey, bytes: documents.sizeBytes })
    .from(documents)
    .where(inside);
  await queueBlobs(
    tx,
    scope.userId,
    files.map((file) => file.blobKey),
    now,
  );
  const byRole = await tx.execute<{ role: string; n: number }>(sql`
      SELECT role, count(*) AS n FROM messages
      WHERE user_id = ${scope.userId} AND conversation_id = ${scope.conversationId} GROUP BY role`);
  const count = (role: string) => byRole.rows.find((row) => row.role === role)?.n ?? 0;
  const chunks = await tx.$count(
    chunkTable,
    and(eq(chunkTable.userId, scope.userId), eq(chunkTable.conversationId, scope.conversationId)),
  );
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  await tx.delete(conversations).where(isThis(scope));
  await tx
    .delete(conversationDirectory)
    .where(eq(conversationDirectory.conversationId, scope.conversationId));
  await tx
    .update(userCounters)
    .set({
      conversations: sql`${userCounters.conversations} - 1`,
      userMessages: sql`${userCounters.userMessages} - ${count('user')}`,
      assistantMessages: sql`${userCounters.assistantMessages} - ${count('assistant')}`,
      systemMessages: sql`${userCounters.systemMessages} - ${count('system')}`,
      documents: sql`${userCounters.documents} - ${files.length}`,
      chunks: sql`${userCounters.chunks} - ${chunks}`,
      bytes: sql`${userCounters.bytes} - ${bytes}`,
    })
    .where(eq(userCounters.userId, scope.userId));
  const messages = byRole.rows.reduce((sum, row) => sum + row.n, 0);
  return { messages, documents: files.length, chunks, bytes };
}

function isThis(scope: ConversationScope) {
  return and(eq(conversations.userId, scope.userId), eq(conversations.id, scope.conversationId));
}

function gone(): never {
  throw new AppError('not_found', 'This conversation does not exist.');
}
