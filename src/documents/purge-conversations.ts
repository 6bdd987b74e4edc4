import { ConversationScope } from '../conversations/scope.ts';
import {
  duePurges,
  hideConversation,
  isAnswering,
  lockWithDeleted,
  postponePurge,
} from '../conversations/trash-store.ts';
import { recordAudit } from '../identity/audit-store.ts';
import { isUnderHold } from '../identity/hold-store.ts';
import { UserScope } from '../identity/user-scope.ts';
import { eraseConversation } from './bin-store.ts';
import type { DocumentDeps } from './deps.ts';

const atOnce = 50;
/** Under a legal hold it is looked again so often whether it has ended. */
const heldMs = 24 * 3_600_000;
/** An answer in a temporary conversation ends within its own time. */
const answeringMs = 60_000;

/** Erases what nobody can restore any more, and temporary conversations whose time is over. @returns how many */
export async function purgeConversations(
  { db, now }: Pick<DocumentDeps, 'db' | 'now'>,
  signal: AbortSignal,
): Promise<number> {
  let erased = 0;
  for (;;) {
    const due = signal.aborted ? [] : await duePurges(db, now(), atOnce);
    for (const row of due) {
      const scope = ConversationScope.ofOwnRow(UserScope.grant(row.userId), row);
      if (await purge(scope, db, now())) erased += 1;
    }
    if (due.length < atOnce) return erased;
  }
}

async function purge(scope: ConversationScope, db: DocumentDeps['db'], at: Date): Promise<boolean> {
  // With what was deleted from it, which lies in conversations of its own.
  return db.scoped({ userId: scope.userId, showsDeleted: true }, async (tx) => {
    const row = await lockWithDeleted(tx, scope);
    // Restored, or gone on, meanwhile.
    if (row === null || row.purgeAt === null || row.purgeAt > at) return false;
    if (await isUnderHold(tx, scope.user)) {
      const until = new Date(at.getTime() + heldMs);
      if (row.deletedAt === null) await hideConversation(tx, scope, until, at);
      else await postponePurge(tx, scope, until);
      return false;
    }
    if (row.deletedAt === null && (await isAnswering(tx, scope))) {
      await postponePurge(tx, scope, new Date(at.getTime() + answeringMs));
      return false;
    }
    const isBin = row.deletedFrom !== null;
    await eraseConversation(tx, scope, at);
    await recordAudit(
      tx,
      scope.user,
      {
        action:
          row.deletedAt === null ? 'conversation.deleted' : isBin ? 'document.erased' : 'conversation.erased',
        target: row.deletedFrom ?? scope.conversationId,
      },
      at,
    );
    return true;
  });
}
