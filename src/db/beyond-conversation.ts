import { sql } from 'drizzle-orm';
import { type Authority, setAuthority } from './authority.ts';
import type { Transaction } from './database.ts';

/**
 * Does `work` in the transaction of a conversation with sight of all that its user has. `authority`: what the transaction
 * was opened with; null where the caller does not know whether it is of one conversation.
 */
export async function beyondConversation<T>(
  tx: Transaction,
  authority: Authority | null,
  work: () => Promise<T>,
): Promise<T> {
  const within = authority ?? (await openedWith(tx));
  await tx.execute(sql`SET LOCAL app.conversation_id = ''`);
  const result = await work();
  await tx.execute(sql.raw(setAuthority(within)));
  return result;
}

async function openedWith(tx: Transaction): Promise<Authority> {
  const { rows } = await tx.execute<{ userId: string; conversationId: string | null }>(sql`
    SELECT current_setting('app.user_id') AS "userId",
      nullif(current_setting('app.conversation_id', true), '') AS "conversationId"`);
  const [row] = rows;
  if (row === undefined) throw new Error('settings have one row');
  return { userId: row.userId, conversationId: row.conversationId ?? undefined };
}
