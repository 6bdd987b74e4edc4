import { eq, sql, type SQL } from 'drizzle-orm';
import type { Statement } from '../db/database.ts';
import { work } from '../db/schema.ts';
import type { WorkKey } from './lease.ts';
import { after, isHeld, type LeasedRow, numbered, renewRow, textOf } from './lease-sql.ts';

// Steps of the protocol as statements, for work whose holder sends them together with what they allow.

/** Work and the token that whoever is at it shows. */
export interface HeldWork extends WorkKey {
  readonly token: string;
}

/** A piece of work as a row that can be leased. What names it may be SQL, for a condition inside another statement. */
export function rowOf(key: Readonly<{ [part in keyof WorkKey]: WorkKey[part] | SQL }>): LeasedRow {
  const is = sql.join(
    [
      eq(work.userId, key.userId),
      eq(work.conversationId, key.conversationId),
      eq(work.kind, key.kind),
      eq(work.itemId, key.itemId),
      eq(work.target, key.target),
    ],
    sql` AND `,
  );
  return { table: work, until: work.dueAt, token: work.token, is };
}

/** What the work is about, again in the column that is a foreign key. */
export function aboutOf({ kind, itemId }: WorkKey): { documentId: string | null; messageId: string | null } {
  return kind === 'answer'
    ? { documentId: null, messageId: itemId }
    : { documentId: itemId, messageId: null };
}

const held = isHeld(
  rowOf({
    userId: numbered(1),
    conversationId: numbered(2),
    kind: numbered(3),
    itemId: numbered(4),
    target: numbered(5),
  }),
  numbered(6),
);

function valuesOf({ userId, conversationId, kind, itemId, target, token }: HeldWork): unknown[] {
  return [userId, conversationId, kind, itemId, target, token];
}

const takeText = textOf(
  sql`INSERT INTO work (user_id, conversation_id, kind, item_id, target, token, document_id, message_id, owner, due_at, attempts)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, ${after(numbered(10))}, 1)`,
);

/** Makes work with the lease on it, as its first claim: nobody else ever sees it due while the holder lives. */
export function takeWork(one: HeldWork, owner: string, leaseMs: number): Statement {
  const { documentId, messageId } = aboutOf(one);
  const values = [...valuesOf(one), documentId, messageId, owner, leaseMs];
  return { name: 'take_work', text: takeText, values };
}

const lockText = textOf(sql`SELECT item_id FROM work WHERE ${held} FOR UPDATE`);

/** Nobody else can take the work until the transaction ends. One row while the lease is held. */
export function lockWork(one: HeldWork): Statement {
  return { name: 'lock_work', text: lockText, values: valuesOf(one) };
}

const settleText = textOf(sql`DELETE FROM work WHERE ${held}`);

/** Ends the work, last in the transaction that has its effect. */
export function settleWork(one: HeldWork): Statement {
  return { name: 'settle_work', text: settleText, values: valuesOf(one) };
}

// Without a join: planned without its values, Citus would ask every machine.
const renewText = textOf(
  sql`${renewRow(
    rowOf({
      userId: numbered(1),
      conversationId: sql`ANY(${numbered(2)}::uuid[])`,
      kind: sql`ANY(${numbered(3)}::text[])`,
      itemId: sql`ANY(${numbered(4)}::uuid[])`,
      target: sql`ANY(${numbered(5)}::text[])`,
    }),
    sql`ANY(${numbered(6)}::uuid[])`,
    numbered(7),
  )} RETURNING item_id AS id, stop_requested AS stop`,
);

/**
 * Keeps leases of a user; returns `id` of those that are still held, and whether somebody wants them to `stop`. A token
 * is of one lease alone.
 */
export function renewWork(userId: string, all: readonly HeldWork[], leaseMs: number): Statement {
  const columns = [
    all.map(({ conversationId }) => conversationId),
    all.map(({ kind }) => kind),
    all.map(({ itemId }) => itemId),
    all.map(({ target }) => target),
    all.map(({ token }) => token),
  ];
  return { name: 'renew_work', text: renewText, values: [userId, ...columns, leaseMs] };
}
