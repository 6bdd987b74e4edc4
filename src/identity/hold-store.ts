import { eq } from 'drizzle-orm';
import type { Transaction } from '../db/database.ts';
import { users } from '../db/schema.ts';
import { AppError } from '../errors.ts';
import type { UserScope } from './user-scope.ts';

/** Before anything is erased for good. @throws AppError `conflict` while the account is under a legal hold */
export async function refuseUnderHold(tx: Transaction, user: UserScope): Promise<void> {
  if (await isUnderHold(tx, user)) throw underHold();
}

export function underHold(): AppError {
  return new AppError(
    'conflict',
    'This account is under a legal hold: nothing of it can be erased until an administrator ends it.',
  );
}

/** Whether it is; nobody ends or begins the hold before the transaction ends. */
export async function isUnderHold(tx: Transaction, user: UserScope): Promise<boolean> {
  const [row] = await tx
    .select({ legalHold: users.legalHold })
    .from(users)
    .where(eq(users.id, user.userId))
    .for('share');
  return row?.legalHold === true;
}
