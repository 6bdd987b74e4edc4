import { and, eq, getTableColumns, sql } from 'drizzle-orm';
import type { AlsoWrite, Database, Statement, Transaction } from '../db/database.ts';
import {
  conversationDirectory,
  conversations,
  documents,
  loginKeys,
  shares,
  userCounters,
} from '../db/schema.ts';
import { isForeignKeyViolation } from '../db/errors.ts';
import { AppError } from '../errors.ts';
import { keysOf, namedBlobs, queueBlobs } from '../files/store.ts';
import { linkKey } from '../identity/link-key.ts';
import type { UserScope } from '../identity/user-scope.ts';
import { ConversationScope } from './scope.ts';

export type ConversationRow = typeof conversations.$inferSelect;

export interface NewConversation {
  title: string;
  conversationType: ConversationRow['conversationType'];
  projectId?: string | null | undefined;
  settings?: ConversationRow['settings'] | undefined;
  /** Of a temporary one: so long after its last activity it is erased. */
  expiresInS?: number | null | undefined;
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
  return createdRow(await db.write(scope, statements, last).catch(projectMissing));
}

/** What the first statement of `beginConversation` returned. */
export function createdRow([rows]: unknown[][]): ConversationRow {
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
      text: `INSERT INTO conversations (user_id, id, title, conversation_type, status, created_at, updated_at, activity_at,
          project_id, settings, expires_in_s, purge_at)
        VALUES ($1, $2, $3, $4, 'active', $5, $5, $5, $6, $7::jsonb, $8, $9) RETURNING ${conversationColumns}`,
      values: [
        userId,
        conversationId,
        input.title,
        input.conversationType,
        now,
        input.projectId ?? null,
        JSON.stringify(input.settings ?? {}),
        input.expiresInS ?? null,
        purgeAtOf(input.expiresInS, now),
      ],
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

/** When a temporary conversation goes, if nothing more is said in it. */
export function purgeAtOf(expiresInS: number | null | undefined, now: Date): Date | null {
  return expiresInS === null || expiresInS === undefined ? null : new Date(now.getTime() + expiresInS * 1000);
}

/** @throws AppError `not_found` for a foreign key that names no project */
export function projectMissing(error: unknown): never {
  if (!isForeignKeyViolation(error, 'conversations_project')) throw error;
  throw new AppError('not_found', 'This project does not exist.', { cause: error });
}

const conversationColumns = Object.entries(getTableColumns(conversations))
  .map(([name, column]) => `${column.name} AS "${name}"`)
  .join(', ');

export async function readConversation(db: Database, scope: ConversationScope): Promise<ConversationRow> {
  return db.reading(scope, (tx) => readConversationWithin(tx, scope));
}

/** The same in a transaction that has written it. */
export async function readConversationWithin(
  tx: Transaction,
  scope: ConversationScope,
): Promise<ConversationRow> {
  const [row] = await tx.select().from(conversations).where(isThis(scope));
  return row ?? gone();
}

export type ConversationChange = Partial<
  Pick<
    ConversationRow,
    'title' | 'status' | 'pinned' | 'tags' | 'settings' | 'unread' | 'projectId' | 'expiresInS' | 'purgeAt'
  >
>;

/** Settings take the place of those before, but for the questions, which stay unless they are named. */
export async function updateConversation(
  db: Database,
  scope: ConversationScope,
  { settings, ...change }: ConversationChange,
  now: Date,
): Promise<ConversationRow> {
  // Nothing when there are none. A function that is not immutable is none that several machines take of a column.
  const kept = sql`coalesce(jsonb_set('{}', '{starter_questions}', ${conversations.settings} -> 'starter_questions'), '{}')`;
  const changed = settings && { settings: sql`${kept} || ${JSON.stringify(settings)}::jsonb` };
  const [row] = await db
    .scoped(scope, (tx) =>
      tx
        .update(conversations)
        .set({ ...change, ...changed, updatedAt: now })
        .where(isThis(scope))
        .returning(),
    )
    .catch(projectMissing);
  return row ?? gone();
}

/** A title in the place of `provisional`; one that somebody has given meanwhile stays. */
export async function replaceTitle(
  db: Database,
  scope: ConversationScope,
  provisional: string,
  title: string,
  now: Date,
): Promise<void> {
  const updatedAt = sql`greatest(${conversations.updatedAt}, ${now.toISOString()}::timestamptz)`;
  await db.scoped(scope, (tx) =>
    tx
      .update(conversations)
      .set({ title, updatedAt })
      .where(and(isThis(scope), eq(conversations.title, provisional))),
  );
}

export interface DeletedCounts {
  messages: number;
  byRole: Record<'user' | 'assistant' | 'system', number>;
  documents: number;
  chunks: number;
  bytes: number;
  /** Links that end with it. */
  shares: number;
}

/** Deletes the conversation with everything below it, and queues its blobs, within the transaction. */
export async function deleteConversationRows(
  tx: Transaction,
  scope: ConversationScope,
  now: Date,
): Promise<DeletedCounts> {
  // Ingestion and appends take this row first too: after the lock nothing below it can appear any more.
  const [locked] = await tx
    .select({ deletedAt: conversations.deletedAt })
    .from(conversations)
    .where(isThis(scope))
    .for('update');
  if (locked === undefined) return gone();
  const counts = await countContents(tx, scope);
  const files = await tx
    .select(namedBlobs)
    .from(documents)
    .where(and(eq(documents.userId, scope.userId), eq(documents.conversationId, scope.conversationId)));
  await queueBlobs(tx, scope.userId, files.flatMap(keysOf), now);
  const links = await tx
    .select({ tokenHash: shares.tokenHash })
    .from(shares)
    .where(and(eq(shares.userId, scope.userId), eq(shares.conversationId, scope.conversationId)));
  // One at a time: they may lie on several machines.
  for (const { tokenHash } of links)
    await tx
      .delete(loginKeys)
      .where(and(eq(loginKeys.key, linkKey(tokenHash)), eq(loginKeys.userId, scope.userId)));
  await tx.delete(conversations).where(isThis(scope));
  await tx
    .delete(conversationDirectory)
    .where(eq(conversationDirectory.conversationId, scope.conversationId));
  const mine = eq(userCounters.userId, scope.userId);
  // Of one that was deleted before, only what it still took is left to be counted.
  if (locked.deletedAt === null) await tx.update(userCounters).set(shiftedBy(counts, -1)).where(mine);
  else
    await tx
      .update(userCounters)
      .set({ deletedBytes: sql`${userCounters.deletedBytes} - ${counts.bytes}` })
      .where(mine);
  return counts;
}

/** What goes with a conversation. */
export async function countContents(tx: Transaction, scope: ConversationScope): Promise<DeletedCounts> {
  const inside = sql`user_id = ${scope.userId} AND conversation_id = ${scope.conversationId}`;
  const messages = await tx.execute<{ role: string; n: number }>(
    sql`SELECT role, count(*) AS n FROM messages WHERE ${inside} GROUP BY role`,
  );
  const files = await tx.execute<{ documents: number; chunks: number; bytes: number }>(sql`
    SELECT count(*) AS documents, coalesce(sum(chunk_count), 0)::bigint AS chunks,
      coalesce(sum(size_bytes), 0)::bigint AS bytes FROM documents WHERE ${inside}`);
  const links = await tx.$count(
    shares,
    and(eq(shares.userId, scope.userId), eq(shares.conversationId, scope.conversationId)),
  );
  const count = (role: string) => messages.rows.find((row) => row.role === role)?.n ?? 0;
  const byRole = { user: count('user'), assistant: count('assistant'), system: count('system') };
  const [{ documents: n, chunks, bytes } = { documents: 0, chunks: 0, bytes: 0 }] = files.rows;
  return {
    messages: byRole.user + byRole.assistant + byRole.system,
    byRole,
    documents: n,
    chunks,
    bytes,
    shares: links,
  };
}

/** The user's counters with a conversation more, or less. */
export function shiftedBy({ byRole, documents: n, chunks, bytes }: DeletedCounts, sign: 1 | -1) {
  return {
    conversations: sql`${userCounters.conversations} + ${sign}`,
    userMessages: sql`${userCounters.userMessages} + ${sign * byRole.user}`,
    assistantMessages: sql`${userCounters.assistantMessages} + ${sign * byRole.assistant}`,
    systemMessages: sql`${userCounters.systemMessages} + ${sign * byRole.system}`,
    documents: sql`${userCounters.documents} + ${sign * n}`,
    chunks: sql`${userCounters.chunks} + ${sign * chunks}`,
    bytes: sql`${userCounters.bytes} + ${sign * bytes}`,
  };
}

function isThis(scope: ConversationScope) {
  return and(eq(conversations.userId, scope.userId), eq(conversations.id, scope.conversationId));
}

function gone(): never {
  throw new AppError('not_found', 'This conversation does not exist.');
}
