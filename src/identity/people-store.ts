import { and, desc, eq, isNull, ne, type SQL, sql } from 'drizzle-orm';
import { advisoryLocks } from '../db/advisory-locks.ts';
import type { AlsoWrite, Database, Transaction } from '../db/database.ts';
import { sessions, setupTokens, users } from '../db/schema.ts';
import { AppError } from '../errors.ts';
import type { AdminScope } from './admin-scope.ts';
import { recordAct } from './audit-store.ts';
import { actsOf } from './account-acts.ts';
import { claimFirst, insertBelow, refusingTaken, type UserRow } from './store.ts';
import type { UserScope } from './user-scope.ts';

const uuidForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const accountColumns = {
  id: users.id,
  email: users.email,
  name: users.name,
  role: users.role,
  status: users.status,
  quotaDocuments: users.quotaDocuments,
  quotaBytes: users.quotaBytes,
  quotaMessagesPerMinute: users.quotaMessagesPerMinute,
  retentionDays: users.retentionDays,
  legalHold: users.legalHold,
  createdAt: users.createdAt,
};
/** The role may read these columns and no others, so that nothing else can be selected by mistake. */
const shownColumns = { ...accountColumns, inviteExpiresAt: setupTokens.expiresAt };

/** An account as an administrator sees it: never what is in it. */
export type AccountRow = Pick<UserRow, keyof typeof accountColumns> & { inviteExpiresAt: Date | null };

/** Null takes a quota away; what is left out stays as it is. */
export interface Quotas {
  quotaDocuments?: number | null | undefined;
  quotaBytes?: number | null | undefined;
  quotaMessagesPerMinute?: number | null | undefined;
}

export interface AccountFilter {
  /** In any case. */
  email?: string | undefined;
  status?: UserRow['status'] | undefined;
  role?: UserRow['role'] | undefined;
}

/** Newest first. */
export async function listAccounts(
  db: Database,
  admin: AdminScope,
  { email, status, role }: AccountFilter,
  limit: number,
  after: { createdAt: Date; id: string } | null,
): Promise<AccountRow[]> {
  const wanted = and(
    email === undefined ? undefined : hasEmail(email),
    status === undefined ? undefined : eq(users.status, status),
    role === undefined ? undefined : eq(users.role, role),
    after === null
      ? undefined
      : sql`(${users.createdAt}, ${users.id}) < (${after.createdAt.toISOString()}::timestamptz, ${after.id}::uuid)`,
  );
  return db.asAdmin(admin, 'everybody', (tx) =>
    selectAccounts(tx, wanted).orderBy(desc(users.createdAt), desc(users.id)).limit(limit),
  );
}

/** Accounts of this address, or the one with this id. */
export async function findAccounts(
  db: Database,
  admin: AdminScope,
  emailOrId: string,
): Promise<AccountRow[]> {
  const id = emailOrId.trim().toLowerCase();
  if (uuidForm.test(id)) return db.asAdmin(admin, 'one user', (tx) => selectAccounts(tx, eq(users.id, id)));
  return db.asAdmin(admin, 'everybody', (tx) => selectAccounts(tx, hasEmail(emailOrId)).limit(10));
}

export interface NewAccount extends Quotas {
  id: string;
  loginKey: string;
  email: string;
  name: string | null;
  /** Null for an invitation. */
  passwordHash: string | null;
  role: UserRow['role'];
  status: 'active' | 'invited';
}

/** Creates an account; the installation's first is an administrator's. @throws AppError `email_taken` */
export async function createAccount(
  db: Database,
  admin: AdminScope,
  { loginKey, ...account }: NewAccount,
  token: SetupTokenRow | null,
  now: Date,
  alsoWrite?: AlsoWrite<AccountRow>,
): Promise<AccountRow> {
  return refusingTaken(() =>
    db.asAdmin(admin, 'one user', async (tx) => {
      const role = (await claimFirst(tx, now)) ? 'admin' : account.role;
      await tx.insert(users).values({ ...account, role, createdAt: now, updatedAt: now });
      await insertBelow(tx, account.id, loginKey, now);
      if (token !== null) await putSetupToken(tx, account.id, token, now);
      const action = account.status === 'invited' ? 'account.invited' : 'account.created';
      await recordAct(tx, admin, action, account.id, now);
      const row = await readAccount(tx, account.id);
      if (row === null) throw new Error('the account was not written');
      await alsoWrite?.(tx, row);
      return row;
    }),
  );
}

export interface AccountChange extends Quotas {
  status?: 'active' | 'suspended' | undefined;
  role?: UserRow['role'] | undefined;
  name?: string | null | undefined;
  /** Null: only the server's policy counts. */
  retentionDays?: number | null | undefined;
  legalHold?: boolean | undefined;
}

/**
 * Changes an account; suspending ends its sessions and links. Null when there is none.
 * @throws AppError `conflict` for the last administrator, and for the status of an invitation
 */
export async function changeAccount(
  db: Database,
  admin: AdminScope,
  id: string,
  change: AccountChange,
  now: Date,
): Promise<AccountRow | null> {
  const mayBeLast = change.status === 'suspended' || change.role === 'user';
  return db.asAdmin(admin, mayBeLast ? 'everybody' : 'one user', async (tx) => {
    if (mayBeLast) await refuseLastAdministrator(tx, id);
    const before = await readAccount(tx, id);
    if (before === null) return null;
    if (change.status !== undefined && before.status === 'invited')
      throw new AppError('conflict', 'This invitation was not accepted: invite again, or delete it.');
    await tx
      .update(users)
      .set({ ...change, updatedAt: now })
      .where(eq(users.id, id));
    if (change.status === 'suspended') await signOutEverywhere(tx, id, now);
    const after = await readAccount(tx, id);
    if (after === null) return null;
    for (const action of actsOf(before, after)) await recordAct(tx, admin, action, id, now);
    return after;
  });
}

/** Takes role, password and sessions away, so that the account can be erased from then on. False when there is none. */
export async function retireAccount(
  db: Database,
  admin: AdminScope,
  id: string,
  now: Date,
): Promise<boolean> {
  return db.asAdmin(admin, 'everybody', async (tx) => {
    await refuseLastAdministrator(tx, id);
    const retired = await tx
      .update(users)
      .set({ status: 'suspended', role: 'user', passwordHash: null, updatedAt: now })
      .where(eq(users.id, id))
      .returning({ id: users.id });
    if (retired.length === 0) return false;
    await signOutEverywhere(tx, id, now);
    await recordAct(tx, admin, 'account.deleted', id, now);
    return true;
  });
}

/** The last administrator may go only as the last account. @throws AppError `conflict` */
export async function leaveAdministration(db: Database, scope: UserScope): Promise<void> {
  await db.asAdmin(scope, 'everybody', async (tx) => {
    const others = await tx.select({ id: users.id }).from(users).where(ne(users.id, scope.userId)).limit(1);
    if (others.length > 0) await refuseLastAdministrator(tx, scope.userId);
    await tx.update(users).set({ role: 'user' }).where(eq(users.id, scope.userId));
  });
}

export interface SetupTokenRow {
  purpose: 'invite' | 'reset';
  tokenHash: string;
  expiresAt: Date;
}

/** Leaves a new link for an invitation that was not accepted. Null when it was, or is gone. */
export async function renewInvitation(
  db: Database,
  admin: AdminScope,
  id: string,
  change: AccountChange,
  token: SetupTokenRow,
  now: Date,
): Promise<AccountRow | null> {
  return db.asAdmin(admin, 'one user', async (tx) => {
    const renewed = await tx
      .update(users)
      .set({ ...change, updatedAt: now })
      .where(and(eq(users.id, id), eq(users.status, 'invited')))
      .returning({ id: users.id });
    if (renewed.length === 0) return null;
    await putSetupToken(tx, id, token, now);
    await recordAct(tx, admin, 'account.invited', id, now);
    return readAccount(tx, id);
  });
}

/** Ends password and sessions, and leaves a link by which a new password is set. Null when there is no active account. */
export async function resetAccount(
  db: Database,
  admin: AdminScope,
  id: string,
  token: SetupTokenRow,
  now: Date,
): Promise<AccountRow | null> {
  return db.asAdmin(admin, 'one user', async (tx) => {
    const reset = await tx
      .update(users)
      .set({ passwordHash: null, updatedAt: now })
      .where(and(eq(users.id, id), eq(users.status, 'active')))
      .returning({ id: users.id });
    if (reset.length === 0) return null;
    await signOutEverywhere(tx, id, now);
    await putSetupToken(tx, id, token, now);
    await recordAct(tx, admin, 'password.reset_issued', id, now);
    return readAccount(tx, id);
  });
}

/** One at a time: of two administrators who demote each other at once one stays. */
async function refuseLastAdministrator(tx: Transaction, id: string): Promise<void> {
  await tx.execute(sql`SELECT pg_advisory_xact_lock(${advisoryLocks.administrators})`);
  const active = await tx
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.role, 'admin'), eq(users.status, 'active')))
    .limit(2);
  if (active.length === 1 && active[0]?.id === id)
    throw new AppError('conflict', 'This is the last administrator: make somebody else one first.');
}

async function signOutEverywhere(tx: Transaction, id: string, now: Date): Promise<void> {
  await tx
    .update(sessions)
    .set({ revokedAt: now })
    .where(and(eq(sessions.userId, id), isNull(sessions.revokedAt)));
  await tx
    .update(users)
    .set({ tokenVersion: sql`${users.tokenVersion} + 1` })
    .where(eq(users.id, id));
  await tx.delete(setupTokens).where(eq(setupTokens.userId, id));
}

async function putSetupToken(
  tx: Transaction,
  userId: string,
  token: SetupTokenRow,
  now: Date,
): Promise<void> {
  const { tokenHash, expiresAt } = token;
  await tx
    .insert(setupTokens)
    .values({ userId, ...token, createdAt: now })
    .onConflictDoUpdate({
      target: [setupTokens.userId, setupTokens.purpose],
      set: { tokenHash, expiresAt, createdAt: now },
    });
}

async function readAccount(tx: Transaction, id: string): Promise<AccountRow | null> {
  const [row] = await selectAccounts(tx, eq(users.id, id));
  return row ?? null;
}

function selectAccounts(tx: Transaction, wanted: SQL | undefined) {
  return tx
    .select(shownColumns)
    .from(users)
    .leftJoin(setupTokens, and(eq(setupTokens.userId, users.id), eq(setupTokens.purpose, 'invite')))
    .where(wanted)
    .$dynamic();
}

function hasEmail(email: string): SQL {
  return sql`lower(${users.email}) = ${email.trim().toLowerCase()}`;
}
