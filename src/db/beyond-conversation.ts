import { sql } from 'drizzle-orm';
import { type Authority, setAuthority } from './authority.ts';
import type { Transaction } from './database.ts';

/** Does `work` in the transaction of a conversation with sight of all that its user has. */
export async function beyondConversation<T>(
  tx: Transaction,
  authority: Authority,
  work: () => Promise<T>,
): Promise<T> {
  await tx.execute(sql`SET LOCAL app.conversation_id = ''`);
  const result = await work();
  await tx.execute(sql.raw(setAuthority(authority)));
  return result;
}
