import type { Database } from '../db/database.ts';
import type { UserScope } from '../identity/user-scope.ts';

export async function ownsConversation(db: Database, user: UserScope, id: string): Promise<boolean> {
  const [rows] = await db.read({ userId: user.userId }, [
    {
      name: 'owns_conversation',
      text: 'SELECT 1 FROM conversations WHERE user_id = $1 AND id = $2',
      values: [user.userId, id],
    },
  ]);
  return (rows?.length ?? 0) > 0;
}

/** Whether the user has deleted it, and it is not erased yet. */
export async function ownsDeleted(db: Database, user: UserScope, id: string): Promise<boolean> {
  const [rows] = await db.read({ userId: user.userId, showsDeleted: true }, [
    {
      name: 'owns_deleted',
      text: `SELECT 1 FROM conversations WHERE user_id = $1 AND id = $2 AND deleted_at IS NOT NULL
        AND deleted_from IS NULL`,
      values: [user.userId, id],
    },
  ]);
  return (rows?.length ?? 0) > 0;
}

/** Whether the id is anybody's: the one fact that 403 needs. */
export async function conversationExists(db: Database, user: UserScope, id: string): Promise<boolean> {
  const [rows] = await db.read({ userId: user.userId, askedConversation: id }, [
    {
      name: 'conversation_exists',
      text: 'SELECT 1 FROM conversation_directory WHERE conversation_id = $1',
      values: [id],
    },
  ]);
  return (rows?.length ?? 0) > 0;
}
