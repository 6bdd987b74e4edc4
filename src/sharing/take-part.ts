import type { Author } from '../answers/ask.ts';
import { readDown } from '../conversations/branch-store.ts';
import { type MessageRow, readMessage } from '../conversations/message-store.ts';
import type { ConversationScope } from '../conversations/scope.ts';
import { readConversation } from '../conversations/store.ts';
import type { Database } from '../db/database.ts';
import { AppError } from '../errors.ts';
import type { UserScope } from '../identity/user-scope.ts';
import { recipientOf } from './describe-share.ts';
import { enterLink, type LinkDeps, type Visitor } from './open-link.ts';
import { isOpenShare } from './share-store.ts';

/** What the recipient of a link may do in its conversation, as long as it is open. */
export interface TakingPart {
  /** Of the owner's, limited to the conversation. */
  scope: ConversationScope;
  author: Author;
  tokenHash: string;
  sharedAt: Date;
}

/**
 * @throws AppError as `enterLink` does; `forbidden` for a link that is to be read, and for its owner, who has the
 * conversation itself
 */
export async function openToTakePart(
  token: string,
  caller: UserScope,
  visitor: Visitor,
  deps: LinkDeps,
): Promise<TakingPart> {
  const { row, scope } = await enterLink(token, visitor, deps);
  if (row.access !== 'take_part')
    throw new AppError('forbidden', 'This link is to read: continue it as a copy of your own.');
  if (caller.userId === scope.userId)
    throw new AppError('forbidden', 'This is your own conversation: write in it directly.');
  const author = { id: caller.userId, email: recipientOf(row) };
  return { scope, author, tokenHash: row.tokenHash, sharedAt: row.createdAt };
}

/**
 * A message of the active branch: no other is shown to who takes part.
 * @throws AppError `not_found` for one of another branch, too
 */
export async function readShown({ scope }: TakingPart, id: string, db: Database): Promise<MessageRow> {
  const message = await readMessage(db, scope, id);
  if (message !== null) {
    const { activeLeafId } = await readConversation(db, scope);
    const down = await readDown(db, scope, id, activeLeafId);
    if (down.at(-1) === activeLeafId) return message;
  }
  throw new AppError('not_found', 'This message does not exist.');
}

/** Whether the link has neither been revoked nor ended by itself. */
export async function isStillOpen({ scope, tokenHash }: TakingPart, db: Database): Promise<boolean> {
  return isOpenShare(db, scope.user, tokenHash);
}
