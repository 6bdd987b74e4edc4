import { type MessageRow, readBranch, readMessage } from '../conversations/message-store.ts';
import type { ConversationScope } from '../conversations/scope.ts';
import { readConversation } from '../conversations/store.ts';
import type { Database } from '../db/database.ts';
import { AppError } from '../errors.ts';

/** What a chat client says of a turn. It knows our ids of answers; questions have ids of its own. */
export interface ChatTurn {
  /** Oldest first; the last of the user's is the question. */
  messages: readonly { id?: string | undefined; role: string }[];
  /** The answer to replace, or the question that this one is an edit of. */
  messageId: string | undefined;
}

/** Messages of a branch in which a question is looked for. */
const branchLength = 200;
const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The stored question that is to be answered once more. @throws AppError `not_found` */
export async function findQuestion(
  db: Database,
  scope: ConversationScope,
  turn: ChatTurn,
): Promise<MessageRow> {
  const named = await readNamed(db, scope, turn.messageId);
  if (named?.role === 'user') return named;
  const answered = await readNamed(db, scope, named?.parentId ?? undefined);
  if (answered?.role === 'user') return answered;
  const { activeLeafId } = await readConversation(db, scope);
  const branch = activeLeafId === null ? [] : await readBranch(db, scope, activeLeafId, branchLength);
  const above = await answerBefore(db, scope, turn);
  const question =
    branch.find(({ role, parentId }) => role === 'user' && parentId === (above?.id ?? null)) ??
    branch.findLast(({ role }) => role === 'user');
  if (question !== undefined) return question;
  throw new AppError('not_found', 'There is no question here that could be answered again.');
}

/** Where an edited question goes: beside the one that it replaces. Null: a new root. */
export async function parentOfEdit(
  db: Database,
  scope: ConversationScope,
  turn: ChatTurn,
): Promise<string | null> {
  const named = await readNamed(db, scope, turn.messageId);
  if (named !== null) return named.parentId;
  return (await answerBefore(db, scope, turn))?.id ?? null;
}

/** The newest answer above the question of which the client has our id. */
async function answerBefore(
  db: Database,
  scope: ConversationScope,
  { messages }: ChatTurn,
): Promise<MessageRow | null> {
  const at = messages.findLastIndex(({ role }) => role === 'user');
  const above = messages.slice(0, Math.max(0, at)).toReversed();
  const answer = above.find(({ role, id }) => role === 'assistant' && uuidForm.test(id ?? ''));
  return readNamed(db, scope, answer?.id);
}

async function readNamed(
  db: Database,
  scope: ConversationScope,
  id: string | undefined,
): Promise<MessageRow | null> {
  return id !== undefined && uuidForm.test(id) ? readMessage(db, scope, id) : null;
}
