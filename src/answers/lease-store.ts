import { sql } from 'drizzle-orm';
import { ConversationScope } from '../conversations/scope.ts';
import { beyondConversation } from '../db/beyond-conversation.ts';
import type { AlsoWrite, Database, Statement, Transaction } from '../db/database.ts';
import { UserScope } from '../identity/user-scope.ts';
import { type HeldWork, lockWork, renewWork, rowOf, settleWork, takeWork } from '../work/held-store.ts';
import type { Lease } from '../work/lease.ts';
import { isHeld as isHeldRow, numbered, textOf } from '../work/lease-sql.ts';

// An answer is work that begins in the hands of the process that was asked: its row of `work` is made with the lease on
// it. The protocol's steps travel with what they allow; whoever is left is found by the loop.

/** An answer and the token that whoever writes it shows; the next claim replaces it. */
export interface Held {
  scope: ConversationScope;
  messageId: string;
  token: string;
}

/** Safe: the loop claims only rows that the database says are due, and makes a lease of nothing else. */
export function heldBy(lease: Lease): Held {
  const scope = ConversationScope.ofOwnRow(UserScope.grant(lease.userId), lease);
  return { scope, messageId: lease.itemId, token: lease.token };
}

/**
 * Makes an answer the holder's for `leaseMs` by the database's clock, in the transaction that makes the answer; a writer
 * that is silent longer leaves an orphan. `owner` is for people who look.
 */
export function takeLease(held: Held, owner: string, leaseMs: number): Statement {
  return takeWork(workOf(held), owner, leaseMs);
}

/** Nobody else can take the answer until the transaction ends. One row while the lease is held. */
export function lockLease(held: Held): Statement {
  return lockWork(workOf(held));
}

/** Gives the lease up, last in the transaction that ends the answer. */
export function endLease(held: Held): Statement {
  return settleWork(workOf(held));
}

/** Answers of one user. */
export function renewLeases(userId: string, answers: readonly Held[], leaseMs: number): Statement {
  return renewWork(userId, answers.map(workOf), leaseMs);
}

function workOf({ scope, messageId, token }: Held): HeldWork {
  const { userId, conversationId } = scope;
  return { userId, conversationId, kind: 'answer', itemId: messageId, target: '', token };
}

/** The condition that the parameters 1 to 4 hold the lease of the answer that they name. */
export const isHeld = `WHERE ${fence({ conversationId: '$2', messageId: '$3', token: '$4' })}`;

export function heldValues({ scope, messageId, token }: Held): unknown[] {
  return [scope.userId, scope.conversationId, messageId, token];
}

/** Joins answers of the user `$1`, `w (conversation_id, message_id, token, …)`, with the rows of those that are held. */
export const joinHeld = `JOIN work ON ${fence({
  conversationId: 'w.conversation_id',
  messageId: 'w.message_id',
  token: 'w.token',
})}`;

function fence(of: { conversationId: string; messageId: string; token: string }): string {
  const row = rowOf({
    userId: numbered(1),
    conversationId: sql.raw(of.conversationId),
    kind: sql.raw("'answer'"),
    itemId: sql.raw(of.messageId),
    target: sql.raw("''"),
  });
  return textOf(isHeldRow(row, sql.raw(of.token)));
}

/** Of these answers those that are still held, and whether somebody wants them to stop. */
export function lookAtLeases(userId: string, answers: readonly Held[]): Statement {
  return {
    name: 'look_at_answer_leases',
    text: `SELECT work.item_id AS id, work.stop_requested AS stop
      FROM unnest($2::uuid[], $3::uuid[], $4::uuid[]) AS w (conversation_id, message_id, token) ${joinHeld}`,
    values: [userId, ...columnsOf(answers)],
  };
}

function columnsOf(answers: readonly Held[]): unknown[] {
  return [
    answers.map(({ scope }) => scope.conversationId),
    answers.map(({ messageId }) => messageId),
    answers.map(({ token }) => token),
  ];
}

/** Asks whoever writes the answer to stop. False when nobody does. */
export async function requestStop(
  db: Database,
  scope: ConversationScope,
  messageId: string,
  alsoWrite?: AlsoWrite<boolean>,
): Promise<boolean> {
  const request = {
    name: 'request_stop',
    text: `UPDATE work SET stop_requested = true WHERE user_id = $1 AND conversation_id = $2
      AND kind = 'answer' AND item_id = $3 AND target = '' RETURNING item_id`,
    values: [scope.userId, scope.conversationId, messageId],
  };
  const last = async (tx: Transaction, [rows]: unknown[][]): Promise<[]> => {
    await alsoWrite?.(tx, rows?.length === 1);
    return [];
  };
  const [rows] = await db.write(scope, [request], alsoWrite && last);
  return rows?.length === 1;
}

/**
 * Resolves when no event of an earlier holder is under way any more: each of them holds its message until its
 * transaction ends, and those that begin now see that the token is another.
 */
export async function waitForEarlierWriter(db: Database, { scope, messageId }: Held): Promise<void> {
  await db.write(scope, [
    {
      name: 'wait_for_earlier_writer',
      text: 'SELECT id FROM messages WHERE user_id = $1 AND conversation_id = $2 AND id = $3 FOR UPDATE',
      values: [scope.userId, scope.conversationId, messageId],
    },
  ]);
}

/** How many answers of the user, in all conversations, are being written, in whatever process. */
export async function countHeld(
  tx: Transaction,
  { userId, conversationId }: ConversationScope,
): Promise<number> {
  const { rows } = await beyondConversation(tx, { userId, conversationId }, () =>
    tx.execute<{ count: number }>(
      sql`SELECT count(*)::int AS count FROM work
        WHERE user_id = ${userId} AND kind = 'answer' AND token IS NOT NULL AND due_at > now()`,
    ),
  );
  return rows[0]?.count ?? 0;
}
