import { and, desc, eq, getTableColumns, sql } from 'drizzle-orm';
import type { AlsoWrite, Database, Statement, Transaction } from '../db/database.ts';
import { isForeignKeyViolation } from '../db/errors.ts';
import { conversations, messages } from '../db/schema.ts';
import { AppError } from '../errors.ts';
import type { ConversationScope } from './scope.ts';
import type { UserScope } from '../identity/user-scope.ts';

export type MessageRow = typeof messages.$inferSelect;

export interface NewMessage {
  id: string;
  role: MessageRow['role'];
  content: string;
  status: MessageRow['status'];
  metadata: unknown;
  metadataSource: string | null;
  /** Null: a root. Undefined: below the conversation's active leaf. */
  parentId?: string | null | undefined;
}

/**
 * Appends messages, each below the one before, and moves the active leaf to the last. They are durable when this
 * resolves; `alsoWrite` has a part in the same transaction.
 */
export async function appendMessages(
  db: Database,
  scope: ConversationScope,
  input: readonly NewMessage[],
  now: Date,
  alsoWrite?: AlsoWrite<MessageRow[]>,
): Promise<MessageRow[]> {
  const more =
    alsoWrite === undefined
      ? undefined
      : async (tx: Transaction, results: unknown[][]): Promise<[]> => {
          await alsoWrite(tx, appendedRows(results, input));
          return [];
        };
  const written = db.write(scope, appendStatements(scope, input, now), more);
  return appendedRows(await written.catch(parentMissing), input);
}

/** The statements of `appendMessages`, for a transaction that writes more; `appendedRows` reads their results. */
export function appendStatements(
  scope: ConversationScope,
  input: readonly NewMessage[],
  now: Date,
): Statement[] {
  // The conversation's row comes first: it is locked until the end, and gives place and parent to what follows.
  return [
    bumpConversation(scope, input, now),
    ...input.map((_, at) => insertMessage(scope, input, at, now)),
    bumpActivity(scope, input, now),
  ];
}

export function appendedRows(results: readonly unknown[][], input: readonly NewMessage[]): MessageRow[] {
  if (results[0]?.length === 0) throw new AppError('not_found', 'This conversation does not exist.');
  // The columns are named as the schema names them.
  const rows = results.slice(1, 1 + input.length).flat() as MessageRow[];
  // PGlite can drop an INSERT without an error: a write without its returned row has not happened.
  if (rows.length !== input.length) throw new Error('a message was not written');
  return rows;
}

/** What appending below a message that is not there is answered with. */
export function parentMissing(error: unknown): never {
  if (!isForeignKeyViolation(error, 'messages_parent')) throw error;
  throw new AppError('not_found', 'The parent message does not exist in this conversation.', {
    cause: error,
  });
}

function bumpConversation(scope: ConversationScope, input: readonly NewMessage[], now: Date): Statement {
  return {
    name: 'append_to_conversation',
    text: `UPDATE conversations SET next_seq = next_seq + $3, message_count = message_count + $3,
        previous_leaf_id = active_leaf_id, active_leaf_id = $4, last_message_at = $5, activity_at = $5, updated_at = $5,
        purge_at = to_timestamp($6::float8 + expires_in_s)
      WHERE user_id = $1 AND id = $2 RETURNING id`,
    values: [
      scope.userId,
      scope.conversationId,
      input.length,
      input.at(-1)?.id ?? null,
      now,
      // Citus takes no sum of a column and a time here; of what is not temporary it stays null.
      now.getTime() / 1000,
    ],
  };
}

function insertMessage(
  scope: ConversationScope,
  input: readonly NewMessage[],
  at: number,
  now: Date,
): Statement {
  const message = input[at];
  if (message === undefined) throw new RangeError('no such message');
  const before = input[at - 1];
  const parentId = before === undefined ? message.parentId : before.id;
  return {
    name: 'append_message',
    // Named m for Citus, which takes the table's own name out of what it returns.
    text: `INSERT INTO messages AS m (user_id, conversation_id, id, parent_id, seq, role, content, status, metadata,
        metadata_source, created_at)
      SELECT c.user_id, c.id, $3::uuid, CASE WHEN $4::boolean THEN c.previous_leaf_id ELSE $5::uuid END,
        c.next_seq - $6::int, $7::text, $8::text, $9::text, $10::jsonb, $11::text, $12::timestamptz
      FROM conversations c WHERE c.user_id = $1 AND c.id = $2
      RETURNING m.user_id AS "userId", m.conversation_id AS "conversationId", m.id, m.parent_id AS "parentId", m.seq,
        m.role, m.content, m.status, m.metadata, m.metadata_source AS "metadataSource", m.feedback,
        m.feedback_reason AS "feedbackReason", m.feedback_at AS "feedbackAt", m.created_at AS "createdAt"`,
    values: [
      scope.userId,
      scope.conversationId,
      message.id,
      parentId === undefined,
      parentId ?? null,
      input.length - at,
      message.role,
      message.content,
      message.status,
      JSON.stringify(message.metadata),
      message.metadataSource,
      now,
    ],
  };
}

/** From the conversation's row, so that nothing is counted where nothing is appended. */
function bumpActivity(scope: ConversationScope, input: readonly NewMessage[], now: Date): Statement {
  const count = (role: MessageRow['role']): number => input.filter((message) => message.role === role).length;
  return {
    name: 'append_activity_by_quarter',
    text: `INSERT INTO activity (user_id, day, messages, questions, user_messages, assistant_messages, system_messages,
        quarter_messages, quarter_questions)
      SELECT c.user_id, $3::date, $4::int + $5::int + $6::int, $4::int, $4::int, $5::int, $6::int,
        array_fill($4::int + $5::int + $6::int, ARRAY[1], ARRAY[$7::int]), array_fill($4::int, ARRAY[1], ARRAY[$7::int])
      FROM conversations c WHERE c.user_id = $1 AND c.id = $2
      ON CONFLICT (user_id, day) DO UPDATE SET messages = activity.messages + excluded.messages,
        questions = activity.questions + excluded.questions,
        user_messages = activity.user_messages + excluded.user_messages,
        assistant_messages = activity.assistant_messages + excluded.assistant_messages,
        system_messages = activity.system_messages + excluded.system_messages,
        quarter_messages[${addedQuarter}] = coalesce(activity.quarter_messages[${addedQuarter}], 0) + excluded.messages,
        quarter_questions[${addedQuarter}] = coalesce(activity.quarter_questions[${addedQuarter}], 0) + excluded.questions`,
    values: [
      scope.userId,
      scope.conversationId,
      now.toISOString().slice(0, 10),
      count('user'),
      count('assistant'),
      count('system'),
      quarterOf(now),
    ],
  };
}

/** The arrays that are added begin, and end, at their quarter. Citus hands no parameter on to where rows conflict. */
const addedQuarter = 'array_lower(excluded.quarter_messages, 1)';

/** Of the day (UTC), 1 to 96. */
function quarterOf(time: Date): number {
  return 1 + time.getUTCHours() * 4 + Math.floor(time.getUTCMinutes() / 15);
}

/** More than asked for, so that a few rows of other branches between do not cost another query. */
const surplusRows = 20;

/** The branch that ends at `leafId`, oldest first, its last `limit` messages at most; any depth costs the same. */
export async function readBranch(
  db: Database,
  scope: ConversationScope,
  leafId: string,
  limit: number,
): Promise<MessageRow[]> {
  // Walk in pages of recent rows instead of a recursive query: a branch is nearly always neighbouring rows.
  return db.reading(scope, async (tx) => {
    const found: MessageRow[] = [];
    let wanted: string | null = leafId;
    while (wanted !== null && found.length < limit) {
      const page: MessageRow[] = await tx
        .select()
        .from(messages)
        .where(
          and(
            eq(messages.userId, scope.userId),
            eq(messages.conversationId, scope.conversationId),
            sql`${messages.seq} <= (SELECT seq FROM messages WHERE user_id = ${scope.userId} AND conversation_id = ${scope.conversationId} AND id = ${wanted}::uuid)`,
          ),
        )
        .orderBy(desc(messages.seq))
        .limit(limit - found.length + surplusRows);
      // The first row is the wanted one itself, so that every page comes closer to the root.
      if (page[0]?.id !== wanted) break;
      for (const row of page) {
        if (row.id !== wanted) continue;
        found.push(row);
        wanted = row.parentId;
        if (found.length >= limit) break;
      }
    }
    return found.toReversed();
  });
}

export async function readMessage(
  db: Database,
  scope: ConversationScope,
  id: string,
): Promise<MessageRow | null> {
  const [row] = await db.reading(scope, (tx) =>
    tx
      .select()
      .from(messages)
      .where(
        and(
          eq(messages.userId, scope.userId),
          eq(messages.conversationId, scope.conversationId),
          eq(messages.id, id),
        ),
      ),
  );
  return row ?? null;
}

/** A message of the user's by its id alone; which conversation it is in comes with it. */
export async function findMessage(db: Database, user: UserScope, id: string): Promise<MessageRow | null> {
  const [row] = await db.reading(user, (tx) =>
    tx
      .select(getTableColumns(messages))
      .from(messages)
      // A deleted conversation is not seen, and nothing of it.
      .innerJoin(
        conversations,
        and(eq(conversations.userId, messages.userId), eq(conversations.id, messages.conversationId)),
      )
      .where(and(eq(messages.userId, user.userId), eq(messages.id, id))),
  );
  return row ?? null;
}

/** What its reader thinks of an answer; null takes it back. Null is returned when the answer is gone. */
export async function writeFeedback(
  db: Database,
  scope: ConversationScope,
  id: string,
  feedback: { rating: 'up' | 'down' | null; reason: string | null },
  now: Date,
): Promise<MessageRow | null> {
  const [row] = await db.scoped(scope, (tx) =>
    tx
      .update(messages)
      .set({
        feedback: feedback.rating,
        feedbackReason: feedback.rating === null ? null : feedback.reason,
        feedbackAt: feedback.rating === null ? null : now,
      })
      .where(
        and(
          eq(messages.userId, scope.userId),
          eq(messages.conversationId, scope.conversationId),
          eq(messages.id, id),
        ),
      )
      .returning(),
  );
  return row ?? null;
}

/** What the branch up to this message comes to; stored with it, so that every branch through it may use it. */
export async function storeSummary(
  db: Database,
  scope: ConversationScope,
  id: string,
  summary: string,
): Promise<void> {
  await db.scoped(scope, (tx) =>
    tx
      .update(messages)
      .set({ summary })
      .where(
        and(
          eq(messages.userId, scope.userId),
          eq(messages.conversationId, scope.conversationId),
          eq(messages.id, id),
        ),
      ),
  );
}
