import { sql } from 'drizzle-orm';
import { ConversationScope } from '../conversations/scope.ts';
import type { Database, Statement } from '../db/database.ts';
import { UserScope } from '../identity/user-scope.ts';

/** How long a writer may be silent before its answer is an orphan, by the database's clock. */
export const leaseMs = 15_000;

/** An answer and the name by which a process holds it. */
export interface Held {
  scope: ConversationScope;
  messageId: string;
  owner: string;
}

/** Makes an answer this process's, in the transaction that makes the answer. */
export function takeLease({ scope, messageId, owner }: Held): Statement {
  return {
    name: 'take_answer_lease',
    text: `INSERT INTO generations (user_id, conversation_id, message_id, lease_owner, lease_until)
      VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5::float8 / 1000))`,
    values: [scope.userId, scope.conversationId, messageId, owner, leaseMs],
  };
}

/** Nobody else can take the answer until the transaction ends. One row while the lease is held. */
export function lockLease(held: Held): Statement {
  return {
    name: 'lock_answer_lease',
    text: `SELECT message_id FROM generations ${isHeld} FOR UPDATE`,
    values: heldValues(held),
  };
}

/** Gives the lease up, last in the transaction that ends the answer. */
export function endLease(held: Held): Statement {
  return {
    name: 'end_answer_lease',
    text: `DELETE FROM generations ${isHeld}`,
    values: heldValues(held),
  };
}

/** The condition that the parameters 1 to 4 hold the lease of the answer that they name. */
export const isHeld = 'WHERE user_id = $1 AND conversation_id = $2 AND message_id = $3 AND lease_owner = $4';

export function heldValues({ scope, messageId, owner }: Held): unknown[] {
  return [scope.userId, scope.conversationId, messageId, owner];
}

export function renewLeases(
  userId: string,
  owner: string,
  answers: readonly Pick<Held, 'scope' | 'messageId'>[],
): Statement {
  return {
    name: 'renew_answer_leases',
    text: `UPDATE generations g SET lease_until = now() + make_interval(secs => $5::float8 / 1000)
      FROM unnest($3::uuid[], $4::uuid[]) AS w (conversation_id, message_id)
      WHERE g.user_id = $1 AND g.lease_owner = $2 AND g.conversation_id = w.conversation_id AND g.message_id = w.message_id`,
    values: [
      userId,
      owner,
      answers.map(({ scope }) => scope.conversationId),
      answers.map(({ messageId }) => messageId),
      leaseMs,
    ],
  };
}

/** Of these answers those that are still held, and whether somebody wants them to stop. */
export function lookAtLeases(
  userId: string,
  owner: string,
  answers: readonly Pick<Held, 'scope' | 'messageId'>[],
): Statement {
  return {
    name: 'look_at_answer_leases',
    text: `SELECT message_id AS id, stop_requested AS stop FROM generations
      WHERE user_id = $1 AND lease_owner = $2 AND conversation_id = ANY($3::uuid[]) AND message_id = ANY($4::uuid[])`,
    values: [
      userId,
      owner,
      answers.map(({ scope }) => scope.conversationId),
      answers.map(({ messageId }) => messageId),
    ],
  };
}

/** Asks whoever writes the answer to stop. False when nobody does. */
export async function requestStop(
  db: Database,
  scope: ConversationScope,
  messageId: string,
): Promise<boolean> {
  const [rows] = await db.write(scope, [
    {
      name: 'request_stop',
      text: `UPDATE generations SET stop_requested = true
        WHERE user_id = $1 AND conversation_id = $2 AND message_id = $3 RETURNING message_id`,
      values: [scope.userId, scope.conversationId, messageId],
    },
  ]);
  return rows?.length === 1;
}

export interface OrphanedAnswer {
  scope: ConversationScope;
  messageId: string;
}

/** Answers whose writer has let its lease run out, over all users. */
export async function orphanedAnswers(db: Database, limit: number): Promise<OrphanedAnswer[]> {
  const { rows } = await db.asWorker((tx) =>
    tx.execute<{ userId: string; conversationId: string; messageId: string }>(sql`
      SELECT user_id AS "userId", conversation_id AS "conversationId", message_id AS "messageId"
      FROM generations WHERE lease_until < now() LIMIT ${limit}`),
  );
  return rows.map((row) => ({
    scope: ConversationScope.ofOwnRow(UserScope.grant(row.userId), row),
    messageId: row.messageId,
  }));
}

/** Takes an orphan over, so that exactly one reaper ends it. */
export async function takeOver(db: Database, { scope, messageId, owner }: Held): Promise<boolean> {
  const [rows] = await db.write(scope, [
    {
      name: 'take_answer_over',
      text: `UPDATE generations SET lease_owner = $4, lease_until = now() + make_interval(secs => $5::float8 / 1000)
        WHERE user_id = $1 AND conversation_id = $2 AND message_id = $3 AND lease_until < now() RETURNING message_id`,
      values: [scope.userId, scope.conversationId, messageId, owner, leaseMs],
    },
  ]);
  return rows?.length === 1;
}
