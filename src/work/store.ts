import { and, isNull, type SQL, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/database.ts';
import { newId, nobody } from '../db/ids.ts';
import { work } from '../db/schema.ts';
import { aboutOf, renewWork, rowOf } from './held-store.ts';
import { Lease, type WorkKey, type WorkKind } from './lease.ts';
import { after, claimRow, isHeld, releaseRow, statement } from './lease-sql.ts';

// One protocol for everything that must be finished although processes die. A row is due at a time by the database's
// clock; a claim moves that time to the end of the lease (lease-sql.ts). Clocks of replicas play no part.

/** Makes the work due after `inMs`, with the rows that it is about. What is there already stays as it is. */
export async function enqueue(tx: Transaction, keys: readonly WorkKey[], inMs = 0): Promise<void> {
  if (keys.length === 0) return;
  const rows = keys.map((key) => ({ ...key, ...aboutOf(key), dueAt: after(inMs) }));
  await tx.insert(work).values(rows).onConflictDoNothing();
}

/** Makes the work due now and counts its attempts anew, unless somebody is at it. */
export async function hurry(tx: Transaction, key: WorkKey): Promise<void> {
  // Two statements: an upsert of Citus asks no clock.
  await enqueue(tx, [key]);
  const isFree = and(rowOf(key).is, isNull(work.token));
  await tx
    .update(work)
    .set({ dueAt: after(0), attempts: 0 })
    .where(isFree);
}

/** Takes the work until the lease runs out; null when it is not due, gone, or another's. */
export async function claim(
  db: Database,
  key: WorkKey,
  owner: string,
  leaseMs: number,
): Promise<Lease | null> {
  const token = newId();
  const taken = claimRow(rowOf(key), token, leaseMs, sql`owner = ${owner}, attempts = ${work.attempts} + 1`);
  const [rows] = await db.write(key, [statement('claim_work', sql`${taken} RETURNING attempts`)]);
  const [row] = rows as { attempts: number }[];
  return row === undefined ? null : Lease.ofClaimedRow(key, token, row.attempts);
}

/** Keeps the lease for `leaseMs` from now. `lost` when it is another's by now or the work is gone. */
export async function renew(db: Database, lease: Lease, leaseMs: number): Promise<'held' | 'stop' | 'lost'> {
  const [rows] = await db.write(lease, [renewWork(lease.userId, [lease], leaseMs)]);
  const [row] = rows as { stop: boolean }[];
  if (row === undefined) return 'lost';
  return row.stop ? 'stop' : 'held';
}

/** Whether the lease stands; nobody can take it over before the transaction ends. */
export async function holds(tx: Transaction, lease: Lease): Promise<boolean> {
  const rows = await tx
    .select({ id: work.itemId })
    .from(work)
    .where(isHeld(rowOf(lease), lease.token))
    .for('share');
  return rows.length > 0;
}

/** Ends the work, in the transaction that has its effect. False when the lease is lost: then nothing may be written. */
export async function settle(tx: Transaction, lease: Lease): Promise<boolean> {
  const rows = await tx
    .delete(work)
    .where(isHeld(rowOf(lease), lease.token))
    .returning({ id: work.itemId });
  return rows.length > 0;
}

/** Lets anybody have it after `inMs`. With `refund` the attempt does not count: a stop of the server is no failure. */
export async function release(
  tx: Transaction,
  lease: Lease,
  { inMs, refund = false }: { inMs: number; refund?: boolean },
): Promise<boolean> {
  const attempts = refund ? sql`greatest(0, ${work.attempts} - 1)` : sql`${work.attempts}`;
  const released = releaseRow(rowOf(lease), lease.token, inMs, sql`owner = NULL, attempts = ${attempts}`);
  const { rows } = await tx.execute(sql`${released} RETURNING item_id`);
  return rows.length > 0;
}

/** Takes the work away from whoever is at it, who is told at the next renewal. */
export async function withdraw(tx: Transaction, key: WorkKey): Promise<void> {
  await tx.delete(work).where(rowOf(key).is);
}

/** What may be taken of one kind. */
export interface Turn {
  kind: WorkKind;
  limit: number;
  /** Users who have enough under way. */
  busy: readonly string[];
  /** Whoever had the last turn. */
  lastUser: string;
}

/**
 * Of each kind at most `limit` pieces of due work, one for each user, those of `busy` left out, and at least one where
 * there is any. The users after `lastUser` come first, so that everybody has a turn; a page that one user fills is left
 * behind, so that nobody's turn costs what others have waiting.
 */
export async function dueWork(db: Database, turns: readonly Turn[]): Promise<WorkKey[]> {
  const due: WorkKey[] = [];
  let pages = turns.map((turn): Page => ({ turn, after: turn.lastUser, upTo: null }));
  while (pages.length > 0) {
    const rows = await readPages(db, pages);
    pages = pages.flatMap((page) => {
      const own = rows.filter(({ kind }) => kind === page.turn.kind);
      const keys = firstOfEach(own, page.turn);
      due.push(...keys);
      return keys.length > 0 ? [] : (pageAfter(page, own) ?? []);
    });
  }
  return due;
}

/** The oldest due work of one user, one of each kind that the user is not busy with: this asks one machine alone. */
export async function dueWorkOf(db: Database, userId: string, turns: readonly Turn[]): Promise<WorkKey[]> {
  const kinds = turns.filter(({ busy }) => !busy.includes(userId)).map(({ kind }) => kind);
  if (kinds.length === 0) return [];
  const { rows } = await db.asWorker('one user', (tx) =>
    tx.execute<Record<string, unknown> & WorkKey>(sql`
      SELECT DISTINCT ON (kind) ${keyColumns} FROM work
      WHERE user_id = ${userId}::uuid AND kind = ANY(${sql.param(kinds)}::text[]) AND due_at <= now()
      ORDER BY kind, due_at`),
  );
  return rows;
}

/** Due work of one kind in the order of its users, oldest first: of those behind `after`, none behind `upTo`. */
interface Page {
  turn: Turn;
  after: string;
  upTo: string | null;
}

const keyColumns = sql.raw(
  'user_id AS "userId", conversation_id AS "conversationId", kind, item_id AS "itemId", target',
);

/** Read for each piece that there is room for: some users have more than one waiting. */
const rowsForEach = 20;

async function readPages(db: Database, pages: readonly Page[]): Promise<WorkKey[]> {
  const statement = sql.join(pages.map(selectPage), sql` UNION ALL `);
  const { rows } = await db.asWorker('everybody', (tx) =>
    tx.execute<Record<string, unknown> & WorkKey>(statement),
  );
  return rows;
}

function selectPage({ turn: { kind, limit }, after, upTo }: Page): SQL {
  const end = upTo === null ? sql`` : sql`AND user_id <= ${upTo}::uuid`;
  return sql`(SELECT ${keyColumns} FROM work
    WHERE kind = ${kind} AND due_at <= now() AND user_id > ${after}::uuid ${end}
    ORDER BY user_id, due_at LIMIT ${limit * rowsForEach})`;
}

function firstOfEach(rows: readonly WorkKey[], { busy, limit }: Turn): WorkKey[] {
  const first = [...Map.groupBy(rows, ({ userId }) => userId).values()].flatMap(([one]) => one ?? []);
  return first.filter(({ userId }) => !busy.includes(userId)).slice(0, limit);
}

/** Null at the end of the round. */
function pageAfter({ turn, upTo }: Page, rows: readonly WorkKey[]): Page | null {
  const last = rows.at(-1);
  if (last !== undefined && rows.length === turn.limit * rowsForEach)
    return { turn, after: last.userId, upTo };
  return upTo === null && turn.lastUser !== nobody ? { turn, after: nobody, upTo: turn.lastUser } : null;
}

/** Each machine of several sends so many rows: looking must not cost more than the work itself. */
const mostCounted = 10_000;

/** Of each kind, how much work is due that nobody is at, and how long the oldest has been; of the first 10,000 found. */
export async function readQueue(db: Database): Promise<{ kind: string; due: number; oldestMs: number }[]> {
  const { rows } = await db.asWorker('everybody', (tx) =>
    tx.execute<{ kind: string; due: number; oldestMs: number }>(sql`
      SELECT kind, count(*)::int AS due,
        (extract(epoch FROM now() - min(due_at)) * 1000)::double precision AS "oldestMs"
      FROM (SELECT kind, due_at FROM work WHERE due_at <= now() LIMIT ${mostCounted}) due GROUP BY kind`),
  );
  return rows;
}
