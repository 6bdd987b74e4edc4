import type { ConversationScope } from '../conversations/scope.ts';
import {
  beginConversation,
  type ConversationRow,
  createdRow,
  type NewConversation,
  projectMissing,
} from '../conversations/store.ts';
import type { Transaction } from '../db/database.ts';
import { workTopic } from '../work/loop.ts';
import { type CopiedDocument, copyDocumentRows } from './copy-store.ts';
import type { DocumentDeps } from './deps.ts';

export interface Begun {
  row: ConversationRow;
  copies: CopiedDocument[];
}

/**
 * Makes the conversation of a scope that is of none yet with copies of all documents of `from` (none when that is null),
 * in one transaction with what `alsoWrite` writes, and returns what that returns. No bytes are copied.
 * @throws AppError `quota_exceeded`, `not_found` for a project that is not there
 */
export async function beginWithCopies<T>(
  to: ConversationScope,
  input: NewConversation,
  from: ConversationScope | null,
  { db, limits, notifier }: Pick<DocumentDeps, 'db' | 'limits' | 'notifier'>,
  now: Date,
  alsoWrite: (tx: Transaction, begun: Begun) => Promise<T>,
): Promise<T> {
  let made: { is: T } | undefined;
  // With two conversations in play the transaction is the user's; each statement names its conversation.
  await db
    .write({ userId: to.userId }, beginConversation(to, input, now), async (tx, results) => {
      const row = createdRow(results);
      const copies = from === null ? [] : await copyDocumentRows(tx, from, to, 'all', limits, now);
      made = { is: await alsoWrite(tx, { row: { ...row, documentCount: copies.length }, copies }) };
      return [];
    })
    .catch(projectMissing);
  notifier.notify(workTopic, to.userId);
  if (made === undefined) throw new Error('the conversation was not written');
  return made.is;
}
