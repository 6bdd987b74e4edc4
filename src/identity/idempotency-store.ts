import { and, eq, lt, sql, type SQL } from 'drizzle-orm';
import type { Database, Transaction } from '../db/database.ts';
import { isForeignKeyViolation } from '../db/errors.ts';
import { newId } from '../db/ids.ts';
import { idempotencyAnswers, idempotencyKeys } from '../db/schema.ts';
import { AppError } from '../errors.ts';
import {
  after,
  claimRow,
  isHeld,
  type LeasedRow,
  releaseRow,
  renewRow,
  statement,
} from '../work/lease-sql.ts';
import type { UserScope } from './user-scope.ts';

// A key that is not settled is leased like a piece of work (work/lease-sql.ts). It is none: nobody but a repeat of its
// request can go on with it, so that no loop ever looks for it (docs/decisions/0013).

/** The right to settle one key: whoever has taken it over since has another token. */
export interface KeyClaim {
  key: string;
  token: string;
}

/** What an answer speaks of: it goes with it. */
export interface About {
  conversationId?: string | null | undefined;
  messageId?: string | null | undefined;
  documentId?: string | null | undefined;
}

export interface StoredAnswer extends About {
  response: string;
}

export type ClaimedKey =
  | { outcome: 'claimed'; claim: KeyClaim }
  | { outcome: 'running' }
  | { outcome: 'mismatch' }
  /** `answer` is null when what it spoke of is gone. */
  | { outcome: 'settled'; requestHash: string; status: number; answer: StoredAnswer | null };

const keep = sql`now() + interval '24 hours'`;
/** A request that died without an answer gives its key back after this time; one that lives renews it (http/idempotency.ts). */
export const keyLeaseMs = 10_000;
/** Of one user within a day. */
const maxKeys = 10_000;
export const maxAnswerBytes = 64 * 1024 * 1024;

/**
 * Claims the key for this request, or says what became of the request that had it first. `requestHash` ends with its
 * dot while the body is not known yet: then only the part before it is compared.
 * @throws AppError `quota_exceeded`
 */
export async function claimKey(
  db: Database,
  scope: UserScope,
  key: string,
  requestHash: string,
): Promise<ClaimedKey> {
  const token = newId();
  return db.scoped(scope, async (tx) => {
    const mine = and(eq(idempotencyKeys.userId, scope.userId), eq(idempotencyKeys.key, key));
    await tx.delete(idempotencyKeys).where(and(mine, lt(idempotencyKeys.expiresAt, sql`now()`)));
    const inserted = await tx
      .insert(idempotencyKeys)
      .values({
        userId: scope.userId,
        key,
        requestHash,
        token,
        lockedUntil: after(keyLeaseMs),
        expiresAt: keep,
      })
      .onConflictDoNothing()
      .returning({ key: idempotencyKeys.key });
    // Left behind by a request that died: it is free again, for the same request. Apart, as an upsert of Citus asks no clock.
    const isClaimed = inserted.length > 0 || (await takeOver(tx, scope, { key, token }, requestHash));
    if (isClaimed) {
      await refuseTooMany(tx, scope);
      return { outcome: 'claimed', claim: { key, token } };
    }
    const [row] = await tx.select().from(idempotencyKeys).where(mine);
    if (row === undefined) return { outcome: 'running' };
    if (!isSameRequest(row.requestHash, requestHash)) return { outcome: 'mismatch' };
    if (row.status === null) return { outcome: 'running' };
    const [answer] = await tx
      .select()
      .from(idempotencyAnswers)
      .where(and(eq(idempotencyAnswers.userId, scope.userId), eq(idempotencyAnswers.key, key)));
    return {
      outcome: 'settled',
      requestHash: row.requestHash,
      status: row.status,
      answer: answer ?? null,
    };
  });
}

async function takeOver(
  tx: Transaction,
  scope: UserScope,
  { key, token }: KeyClaim,
  requestHash: string,
): Promise<boolean> {
  const path = requestHash.slice(0, requestHash.indexOf('.') + 1);
  // Equal as far as both are known.
  const isSame =
    requestHash === path
      ? sql`starts_with(${idempotencyKeys.requestHash}, ${path})`
      : sql`${idempotencyKeys.requestHash} IN (${requestHash}, ${path})`;
  const row = unsettled(scope, key);
  const same = { ...row, is: sql`${row.is} AND ${isSame}` };
  const also = sql`request_hash = ${requestHash}, expires_at = ${keep}`;
  const { rows } = await tx.execute(sql`${claimRow(same, token, keyLeaseMs, also)} RETURNING key`);
  return rows.length > 0;
}

async function refuseTooMany(tx: Transaction, scope: UserScope): Promise<void> {
  const [held] = await tx
    .select({
      keys: sql<number>`count(*)::int`,
      bytes: sql<number>`coalesce(sum(${idempotencyKeys.bytes}), 0)::float8`,
    })
    .from(idempotencyKeys)
    .where(eq(idempotencyKeys.userId, scope.userId));
  if (held === undefined || (held.keys <= maxKeys && held.bytes <= maxAnswerBytes)) return;
  throw new AppError(
    'quota_exceeded',
    `Too many Idempotency-Keys within a day: at most ${maxKeys}, with ${maxAnswerBytes / 1024 / 1024} MB of answers. Send this one without, or later.`,
    { retryAfterSeconds: 3600 },
  );
}

/** What the answers take that are kept for repeats of the user's requests: part of their storage. */
export async function readAnswerBytes(tx: Transaction, { userId }: UserScope): Promise<number> {
  const [held] = await tx
    .select({ bytes: sql<number>`coalesce(sum(${idempotencyKeys.bytes}), 0)::float8` })
    .from(idempotencyKeys)
    .where(eq(idempotencyKeys.userId, userId));
  return held?.bytes ?? 0;
}

/** Equal as far as both are known. */
function isSameRequest(a: string, b: string): boolean {
  const isPartial = a.endsWith('.') || b.endsWith('.');
  return isPartial ? a.slice(0, a.indexOf('.')) === b.slice(0, b.indexOf('.')) : a === b;
}

/** Keeps the key while its request runs. False when there is nothing to keep: it is settled, or another's. */
export async function renewKey(db: Database, scope: UserScope, claim: KeyClaim): Promise<boolean> {
  const renewed = renewRow(unsettled(scope, claim.key), claim.token, keyLeaseMs);
  const [rows] = await db.write(scope, [statement('renew_key', sql`${renewed} RETURNING key`)]);
  return rows?.length === 1;
}

export interface Settlement extends StoredAnswer {
  requestHash: string;
  status: number;
}

/** Keeps the answer for repeats; what it speaks of may be gone already, then only that it was given. */
export async function settleKey(
  db: Database,
  scope: UserScope,
  claim: KeyClaim,
  settlement: Settlement,
): Promise<void> {
  try {
    await db.scoped(scope, (tx) => settleKeyWithin(tx, scope, claim, settlement));
  } catch (error) {
    if (!isForeignKeyViolation(error)) throw error;
    const { requestHash, status } = settlement;
    await db.scoped(scope, (tx) =>
      tx.update(idempotencyKeys).set({ requestHash, status }).where(isOurs(scope, claim)),
    );
  }
}

/**
 * In the transaction that has the effect: a crash cannot come between the two, so that a repeat has one effect.
 * @throws AppError `conflict` when another request has taken the key over, so that nothing is written
 */
export async function settleKeyWithin(
  tx: Transaction,
  scope: UserScope,
  claim: KeyClaim,
  { requestHash, status, response, conversationId, messageId, documentId }: Settlement,
): Promise<void> {
  const bytes = Buffer.byteLength(response);
  const settled = await tx
    .update(idempotencyKeys)
    .set({ requestHash, status, bytes })
    .where(isOurs(scope, claim))
    .returning({ key: idempotencyKeys.key });
  if (settled.length === 0)
    throw new AppError('conflict', 'Another request with this Idempotency-Key has taken over.', {
      retryAfterSeconds: 1,
    });
  const about = { conversationId, messageId, documentId };
  await tx.insert(idempotencyAnswers).values({ userId: scope.userId, key: claim.key, response, ...about });
}

/** A request that changed nothing gives its key back. */
export async function releaseKey(db: Database, scope: UserScope, claim: KeyClaim): Promise<void> {
  await db.scoped(scope, (tx) => tx.delete(idempotencyKeys).where(isOurs(scope, claim)));
}

/** One that failed half-way leaves its key to a repeat of it, and to no other request. */
export async function unlockKey(db: Database, scope: UserScope, claim: KeyClaim): Promise<void> {
  const released = releaseRow(unsettled(scope, claim.key), claim.token, 0);
  await db.write(scope, [statement('release_key', released)]);
}

/** The key as a row that can be leased: once it is settled nobody can have it. */
function unsettled(scope: UserScope, key: string): LeasedRow {
  const { userId, key: name, status, lockedUntil, token } = idempotencyKeys;
  const is = sql`${eq(userId, scope.userId)} AND ${eq(name, key)} AND ${status} IS NULL`;
  return { table: idempotencyKeys, until: lockedUntil, token, is };
}

function isOurs(scope: UserScope, { key, token }: KeyClaim): SQL {
  return isHeld(unsettled(scope, key), token);
}

/** An upload's answer speaks of several documents: it goes with the first of them that goes. */
export async function forgetAnswersAbout(
  tx: Transaction,
  scope: UserScope,
  conversationId: string,
  documentId: string,
): Promise<void> {
  await tx
    .delete(idempotencyAnswers)
    .where(
      and(
        eq(idempotencyAnswers.userId, scope.userId),
        eq(idempotencyAnswers.conversationId, conversationId),
        sql`position(${documentId} in ${idempotencyAnswers.response}) > 0`,
      ),
    );
}

/** Keys that have expired: of the users of the first `limit` that are found. @returns how many were found */
export async function deleteExpiredKeys(db: Database, limit: number): Promise<number> {
  return db.asWorker('everybody', async (tx) => {
    const expired = lt(idempotencyKeys.expiresAt, sql`now()`);
    const found = await tx
      .select({ userId: idempotencyKeys.userId })
      .from(idempotencyKeys)
      .where(expired)
      .limit(limit);
    for (const userId of new Set(found.map((key) => key.userId)))
      await tx.delete(idempotencyKeys).where(and(eq(idempotencyKeys.userId, userId), expired));
    return found.length;
  });
}
