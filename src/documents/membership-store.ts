import type { ConversationScope } from '../conversations/scope.ts';
import type { Database } from '../db/database.ts';
import { AppError } from '../errors.ts';

/**
 * Whether all of these are documents of the conversation. One of another conversation, or of somebody else, does not
 * exist in this one.
 * @throws AppError `not_found`
 */
export async function refuseUnknownDocuments(
  db: Database,
  scope: ConversationScope,
  ids: readonly string[],
): Promise<void> {
  const wanted = [...new Set(ids)];
  if (wanted.length === 0) return;
  const [rows] = await db.read(scope, [
    {
      name: 'documents_among',
      text: 'SELECT id FROM documents WHERE user_id = $1 AND conversation_id = $2 AND id = ANY($3::uuid[])',
      values: [scope.userId, scope.conversationId, wanted],
    },
  ]);
  if (rows?.length === wanted.length) return;
  throw new AppError('not_found', 'One of document_ids is no document of this conversation.', {
    issues: [{ path: 'document_ids', message: 'names a document that is not in this conversation' }],
  });
}

/** Documents of the conversation that are still being read, only those of `ids` when given. `progress`: 0..1. */
export async function readUnread(
  db: Database,
  scope: ConversationScope,
  ids: readonly string[] | undefined,
): Promise<{ id: string; name: string; progress: number }[]> {
  const [rows] = await db.read(scope, [
    {
      name: 'unread_documents',
      text: `SELECT id, name, progress FROM documents WHERE user_id = $1 AND conversation_id = $2
        AND status NOT IN ('ready', 'failed', 'cancelled') AND ($3::uuid[] IS NULL OR id = ANY($3::uuid[])) ORDER BY id`,
      values: [scope.userId, scope.conversationId, ids ?? null],
    },
  ]);
  return (rows ?? []) as { id: string; name: string; progress: number }[];
}

/** Which of these contents the conversation holds already, by their SHA-256. */
export async function readKnownHashes(
  db: Database,
  scope: ConversationScope,
  hashes: readonly string[],
): Promise<Set<string>> {
  const [rows] = await db.read(scope, [
    {
      name: 'known_hashes',
      text: `SELECT sha256 FROM documents WHERE user_id = $1 AND conversation_id = $2
        AND status NOT IN ('failed', 'cancelled') AND sha256 = ANY($3::text[])`,
      values: [scope.userId, scope.conversationId, hashes],
    },
  ]);
  return new Set(((rows ?? []) as { sha256: string }[]).map(({ sha256 }) => sha256));
}
