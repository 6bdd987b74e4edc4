import type { ConversationScope } from '../conversations/scope.ts';
import type { DocumentDeps } from './deps.ts';
import { moveRows } from './move-store.ts';

/** Moves documents to another conversation of the same user; nothing is read or embedded again. */
export async function moveDocuments(
  from: ConversationScope,
  to: ConversationScope,
  deps: Pick<DocumentDeps, 'db' | 'limits' | 'now'>,
  documentIds?: readonly string[],
): Promise<number> {
  if (from.userId !== to.userId) throw new Error('documents cannot move between users');
  if (from.conversationId === to.conversationId) return 0;
  return moveRows(deps.db, from, to, documentIds, deps.limits.documentsPerConversation, deps.now());
}
