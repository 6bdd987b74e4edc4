import { and, desc, eq, lt, sql } from 'drizzle-orm';
import { type Database, together, type Transaction } from '../db/database.ts';
import { activity, conversations, messages, userCounters } from '../db/schema.ts';
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

const counterOf = {
  user: userCounters.userMessages,
  assistant: userCounters.assistantMessages,
  system: userCounters.systemMessages,
} as const;

/** Appends messages, each below the one before, and moves the active leaf to the last. */
export async function appendMessages(
  db: Database,
  scope: ConversationScope,
  input: readonly NewMessage[],
  now: Date,
  alsoWrite?: (tx: Transaction, rows: MessageRow[]) => Promise<void>,
): Promise<MessageRow[]> {
  return db.scoped(scope, async (tx) => {
    const rows = await appendWithin(tx, scope, input, now);
    await alsoWrite?.(tx, rows);
    return rows;
  });
}

async function appendWithin(
  tx: Transaction,
  scope: ConversationScope,
  input: readonly NewMessage[],
  now: Date,
): Promise<MessageRow[]> {
  const last = input.at(-1);
  if (last === undefined) return [];
  const [conversation] = await tx
    .update(conversations)
    .set({
      nextSeq: sql`${conversations.nextSeq} + ${input.length}`,
      messageCount: sql`${conversations.messageCount} + ${input.length}`,
      lastMessageAt: now,
      activityAt: now,
      updatedAt: now,
    })
    .where(and(eq(conversations.userId, scope.userId), eq(conversations.id, scope.conversationId)))
    .returning({ nextSeq: conversations.nextSeq, activeLeafId: conversations.activeLeafId });
  if (conversation === undefined) throw new AppError('not_found', 'This conversation does not exist.');
  let parentId = input[0]?.parentId === undefined ? conversation.activeLeafId : input[0].parentId;
  if (typeof input[0]?.parentId === 'string') await requireMessage(tx, scope, input[0].parentId);
  const values = input.map((message, at) => {
    const { parentId: _, ...rest } = message;
    const row = {
      ...rest,
      userId: scope.userId,
      conversationId: scope.conversationId,
      parentId,
      seq: conversation.nextSeq - input.length + at,
      createdAt: now,
    };
    parentId = message.id;
    return row;
  });
  const [rows] = await together(
    tx,
    () => tx.insert(messages).values(values).returning(),
    () =>
      tx
        .update(conversations)
        .set({ activeLeafId: last.id })
        .where(and(eq(conversations.userId, scope.userId), eq(conversations.id, scope.conversationId))),
    () => raiseCounters(tx, scope, input),
    () => raiseActivity(tx, scope, input, now),
  );
  // PGlite can drop an INSERT without an error: a write without its returned row has not happened.
  if (rows.length !== input.length) throw new Error('a message was not written');
  return rows;
}

async function requireMessage(tx: Transaction, scope: ConversationScope, id: string): Promise<void> {
  const [row] = await tx
    .select({ id: messages.id })
    .from(messages)
    .where(
      and(
        eq(messages.userId, scope.userId),
        eq(messages.conversationId, scope.conversationId),
        eq(messages.id, id),
      ),
    );
  if (row !== undefined) return;
  throw new AppError('not_found', 'The parent message does not exist in this conversation.');
}

function raiseCounters(tx: Transaction, scope: ConversationScope, input: readonly NewMessage[]) {
  const added = Object.fromEntries(
    (['user', 'assistant', 'system'] as const).flatMap((role) => {
      const n = input.filter((message) => message.role === role).length;
      return n === 0 ? [] : [[`${role}Messages`, sql`${counterOf[role]} + ${n}`]];
    }),
  );
  return tx.update(userCounters).set(added).where(eq(userCounters.userId, scope.userId));
}

function raiseActivity(tx: Transaction, scope: ConversationScope, input: readonly NewMessage[], now: Date) {
  const questions = input.filter((message) => message.role === 'user').length;
  return tx
    .insert(activity)
    .values({ userId: scope.userId, day: now.toISOString().slice(0, 10), messages: input.length, questions })
    .onConflictDoUpdate({
      target: [activity.userId, activity.day],
      set: {
        messages: sql`${activity.messages} + ${input.length}`,
        questions: sql`${activity.questions} + ${questions}`,
      },
    });
}

/** The branch that ends at `leafId`, oldest first, at most `limit` messages, those before `beforeSeq` only. */
export async function readBranch(
  db: Database,
  scope: ConversationScope,
  leafId: string,
  limit: number,
  beforeSeq?: number,
): Promise<MessageRow[]> {
  // Walk in pages of recent rows instead of a recursive query: a branch is nearly always the newest rows.
  return db.reading(scope, async (tx) => {
    const found: MessageRow[] = [];
    let wanted: string | null = leafId;
    let below: number | undefined;
    const pageSize = Math.min(200, limit + 20);
    while (wanted !== null && found.length < limit) {
      const page: MessageRow[] = await tx
        .select()
        .from(messages)
        .where(
          and(
            eq(messages.userId, scope.userId),
            eq(messages.conversationId, scope.conversationId),
            below === undefined
              ? sql`${messages.seq} <= (SELECT seq FROM messages WHERE user_id = ${scope.userId} AND conversation_id = ${scope.conversationId} AND id = ${wanted}::uuid)`
              : lt(messages.seq, below),
          ),
        )
        .orderBy(desc(messages.seq))
        .limit(pageSize);
      if (page.length === 0) break;
      for (const row of page) {
        if (row.id !== wanted) continue;
        if (beforeSeq === undefined || row.seq < beforeSeq) found.push(row);
        wanted = row.parentId;
        if (found.length >= limit) break;
      }
      below = page.at(-1)?.seq;
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
      .select()
      .from(messages)
      .where(and(eq(messages.userId, user.userId), eq(messages.id, id))),
  );
  return row ?? null;
}
