import { ConversationScope } from '../conversations/scope.ts';
import { idleConversations } from '../conversations/trash-store.ts';
import { AppError } from '../errors.ts';
import { EveryUser } from '../identity/forget-old-people.ts';
import { readUser } from '../identity/store.ts';
import { deleteConversation } from './delete-conversation.ts';
import type { DocumentDeps } from './deps.ts';

const usersAtOnce = 1_000;
const conversationsAtOnce = 200;
const dayMs = 24 * 3_600_000;

export interface Retirement {
  /** Deletes conversations that have had no activity for long enough, a bounded part at each call. */
  sweep(signal: AbortSignal): Promise<void>;
}

/**
 * The server's policy (`serverDays`, null: none) and the account's own: the shorter one counts. What it deletes can be
 * restored as after any deletion; an account under a legal hold keeps everything.
 */
export function createRetirement(
  deps: Pick<DocumentDeps, 'db' | 'limits' | 'now'>,
  serverDays: number | null,
): Retirement {
  const users = new EveryUser();
  return {
    async sweep(signal) {
      for await (const user of users.some(deps.db, usersAtOnce)) {
        if (signal.aborted) return;
        const account = await readUser(deps.db, user);
        const days = Math.min(serverDays ?? Infinity, account?.retentionDays ?? Infinity);
        if (account === null || account.legalHold || days === Infinity) continue;
        const before = new Date(deps.now().getTime() - days * dayMs);
        for (const conversationId of await idleConversations(deps.db, user, before, conversationsAtOnce)) {
          const scope = ConversationScope.ofOwnRow(user, { userId: user.userId, conversationId });
          await deleteConversation(scope, {}, deps).catch((error: unknown) => {
            // Deleted by its owner meanwhile.
            if (!(error instanceof AppError && error.code === 'not_found')) throw error;
          });
        }
      }
    },
  };
}
