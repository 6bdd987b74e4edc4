import { deletedBranch } from '../../conversations/branch-store.ts';
import type { MessageRow } from '../../conversations/message-store.ts';
import type { ConversationScope } from '../../conversations/scope.ts';
import { extendTreeStatements, type TreeExtension } from '../../conversations/tree-store.ts';
import type { Database } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import type { UserScope } from '../../identity/user-scope.ts';

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

/** What those of these conversations that are there are now, without their texts. */
export async function readPresentTrees(
  db: Database,
  { userId }: UserScope,
  conversationIds: readonly string[],
): Promise<Map<string, PresentTree>> {
  if (conversationIds.length === 0) return new Map();
  const which = [userId, conversationIds];
  const [rows = [], leaves = [], deleted = []] = await db.read({ userId }, [
    {
      name: 'present_messages',
      text: `SELECT conversation_id AS "conversationId", id, parent_id AS "parentId", role, created_at AS "createdAt"
        FROM messages WHERE user_id = $1 AND conversation_id = ANY($2::uuid[]) ORDER BY conversation_id, seq`,
      values: which,
    },
    {
      name: 'present_leaves',
      text: `SELECT id AS "conversationId", active_leaf_id AS "activeLeafId" FROM conversations
        WHERE user_id = $1 AND id = ANY($2::uuid[])`,
      values: which,
    },
    {
      name: 'deleted_of_imported',
      text: `SELECT conversation_id AS "conversationId", external_id AS id FROM imported_items
        WHERE user_id = $1 AND conversation_id = ANY($2::uuid[]) AND source = $3`,
      values: [...which, deletedBranch],
    },
  ]);
  const trees = new Map<string, PresentTree>();
  for (const { conversationId, activeLeafId } of leaves as (Pick<PresentTree, 'activeLeafId'> & Below)[])
    trees.set(conversationId, { ...emptyTree(), activeLeafId });
  for (const { conversationId, ...row } of rows as (PresentMessage & Below)[])
    trees.get(conversationId)?.messages.push({ ...row, createdAt: new Date(row.createdAt) });
  for (const { conversationId, id } of deleted as ({ id: string } & Below)[])
    trees.get(conversationId)?.deleted.add(id);
  return trees;
}

type Below = { conversationId: string };

/** Of a conversation that is gone. */
export function emptyTree(): PresentTree {
  return { messages: [], activeLeafId: null, deleted: new Set() };
}

/** SHA-256 of the texts of these messages, as hex. */
export async function readWords(
  db: Database,
  { userId }: UserScope,
  conversationIds: readonly string[],
  ids: readonly string[],
): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const [rows = []] = await db.read({ userId }, [
    {
      name: 'words_of_messages',
      text: `SELECT id, encode(sha256(convert_to(content, 'UTF8')), 'hex') AS words FROM messages
        WHERE user_id = $1 AND conversation_id = ANY($2::uuid[]) AND id = ANY($3::uuid[])`,
      values: [userId, conversationIds, ids],
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
