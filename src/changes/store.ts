import { getTableColumns } from 'drizzle-orm';
import type { MessageRow } from '../conversations/message-store.ts';
import type { ConversationRow } from '../conversations/store.ts';
import type { Database } from '../db/database.ts';
import { conversations, documents } from '../db/schema.ts';
import type { DocumentRow } from '../documents/store.ts';
import type { UserScope } from '../identity/user-scope.ts';

export type ChangedMessage = Pick<MessageRow, 'id' | 'conversationId' | 'parentId' | 'role' | 'status'>;

export interface ChangedShare {
  id: string;
  conversationId: string;
  access: 'read' | 'take_part';
  revision: number;
  recipient: string | null;
  expiresAt: Date | null;
}

/** What of a user's has changed since a time, as it is now; each list oldest first. */
export interface Changes {
  /** When this was looked at, by the database's clock. */
  at: Date;
  conversations: ConversationRow[];
  documents: DocumentRow[];
  /** Added since, and the answers that were asked for. */
  messages: ChangedMessage[];
  shares: ChangedShare[];
  deleted: { kind: 'conversation' | 'document' | 'message' | 'share'; id: string }[];
  /** Answers that are being written now. */
  writing: string[];
}

/** More than any page shows; who missed more is told to read anew. */
export const mostChanges = 500;

/** `answers` are looked at again although they are older. Times of rows come from clocks of several machines. */
export async function readChanges(
  db: Database,
  user: UserScope,
  since: Date,
  answers: readonly string[],
): Promise<Changes> {
  const mine = [user.userId, since];
  const mineById = [user.userId, firstIdAt(since)];
  const [clock, conversationRows, documentRows, messageRows, shareRows, deleted, writing] = await db.read(
    user,
    [
      { name: 'changes_clock', text: 'SELECT clock_timestamp() AS at', values: [] },
      {
        name: 'changed_conversations',
        text: `SELECT ${columnsOf(conversations)} FROM conversations
        WHERE user_id = $1 AND updated_at > $2 ORDER BY updated_at LIMIT ${mostChanges}`,
        values: mine,
      },
      {
        name: 'changed_documents',
        text: `SELECT ${columnsOf(documents)} FROM documents
        WHERE user_id = $1 AND updated_at > $2 AND ${isSeen} ORDER BY updated_at LIMIT ${mostChanges}`,
        values: mine,
      },
      {
        name: 'changed_messages',
        text: `SELECT id, conversation_id AS "conversationId", parent_id AS "parentId", role, status FROM messages
        WHERE user_id = $1 AND (id > $2 OR id = ANY($3::uuid[])) AND ${isSeen} ORDER BY id LIMIT ${mostChanges}`,
        values: [...mineById, [...answers]],
      },
      {
        name: 'changed_shares',
        text: `SELECT id, conversation_id AS "conversationId", access, revision, recipient, expires_at AS "expiresAt"
        FROM shares WHERE user_id = $1 AND updated_at > $2 AND ${isSeen} ORDER BY updated_at LIMIT ${mostChanges}`,
        values: mine,
      },
      {
        name: 'recent_deletions',
        // Not of what has been restored since: it is told as it is now.
        text: `SELECT split_part(a.action, '.', 1) AS kind, a.target AS id FROM audit_log a
        WHERE a.user_id = $1 AND a.id > $2 AND a.action IN ('conversation.deleted', 'document.deleted', 'message.deleted',
            'share.revoked')
          AND NOT EXISTS (SELECT 1 FROM conversations c WHERE c.user_id = a.user_id AND c.id::text = a.target)
          AND NOT EXISTS (SELECT 1 FROM documents WHERE user_id = $1 AND ${isSeen}
            AND id = CASE WHEN a.action = 'document.deleted' THEN a.target::uuid END)
        ORDER BY a.id LIMIT ${mostChanges}`,
        values: mineById,
      },
      {
        name: 'answers_being_written',
        text: `SELECT item_id AS id FROM work WHERE kind = 'answer' AND user_id = $1`,
        values: [user.userId],
      },
    ],
  );
  const [{ at } = { at: since }] = clock as { at: Date }[];
  // The columns are named as the rows' types name them.
  return {
    at,
    conversations: conversationRows as ConversationRow[],
    documents: documentRows as DocumentRow[],
    messages: messageRows as ChangedMessage[],
    shares: shareRows as ChangedShare[],
    deleted: deleted as Changes['deleted'],
    writing: (writing as { id: string }[]).map(({ id }) => id),
  };
}

/** A deleted conversation is not seen, and nothing of it. */
const isSeen = `conversation_id IN (SELECT c.id FROM conversations c WHERE c.user_id = $1)`;

function columnsOf(table: typeof conversations | typeof documents): string {
  return Object.entries(getTableColumns(table))
    .map(([name, column]) => `${column.name} AS "${name}"`)
    .join(', ');
}

/** Below every UUIDv7 that was made at this time or later. */
function firstIdAt(time: Date): string {
  const hex = Math.max(0, time.getTime()).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}
