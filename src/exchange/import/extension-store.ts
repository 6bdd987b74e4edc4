import { deletedBranch } from '../../conversations/branch-store.ts';
import type { MessageRow } from '../../conversations/message-store.ts';
import type { ConversationScope } from '../../conversations/scope.ts';
import { extendTreeStatements, type TreeExtension } from '../../conversations/tree-store.ts';
import type { Database } from '../../db/database.ts';
import { AppError } from '../../errors.ts';

export interface PresentMessage {
  id: string;
  parentId: string | null;
  role: MessageRow['role'];
  createdAt: Date;
}

export interface PresentTree {
  messages: PresentMessage[];
  activeLeafId: string | null;
  /** Tops of the branches that were deleted here. */
  deleted: Set<string>;
}

/** What a conversation is now, without its texts. */
export async function readPresentTree(db: Database, scope: ConversationScope): Promise<PresentTree> {
  const key = [scope.userId, scope.conversationId];
  const [rows = [], conversation = [], deleted = []] = await db.read(scope, [
    {
      name: 'present_messages',
      text: `SELECT id, parent_id AS "parentId", role, created_at AS "createdAt" FROM messages
        WHERE user_id = $1 AND conversation_id = $2 ORDER BY seq`,
      values: key,
    },
    {
      name: 'present_leaf',
      text: 'SELECT active_leaf_id AS "activeLeafId" FROM conversations WHERE user_id = $1 AND id = $2',
      values: key,
    },
    {
      name: 'deleted_of_imported',
      text: `SELECT external_id AS id FROM imported_items
        WHERE user_id = $1 AND conversation_id = $2 AND source = $3`,
      values: [...key, deletedBranch],
    },
  ]);
  return {
    messages: (rows as PresentMessage[]).map((row) => ({ ...row, createdAt: new Date(row.createdAt) })),
    activeLeafId: (conversation as Pick<PresentTree, 'activeLeafId'>[])[0]?.activeLeafId ?? null,
    deleted: new Set((deleted as { id: string }[]).map(({ id }) => id)),
  };
}

/** SHA-256 of the texts of these messages, as hex. */
export async function readWords(
  db: Database,
  scope: ConversationScope,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const [rows = []] = await db.read(scope, [
    {
      name: 'words_of_messages',
      text: `SELECT id, encode(sha256(convert_to(content, 'UTF8')), 'hex') AS words FROM messages
        WHERE user_id = $1 AND conversation_id = $2 AND id = ANY($3::uuid[])`,
      values: [scope.userId, scope.conversationId, ids],
    },
  ]);
  return new Map((rows as { id: string; words: string }[]).map(({ id, words }) => [id, words]));
}

/** All of it or nothing. @throws AppError `not_found` when the conversation is gone */
export async function writeExtension(
  db: Database,
  scope: ConversationScope,
  extension: TreeExtension,
  now: Date,
): Promise<void> {
  const [locked] = await db.write(scope, extendTreeStatements(scope, extension, now));
  if (locked?.length === 0) throw new AppError('not_found', 'This conversation does not exist.');
}
