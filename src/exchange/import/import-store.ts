import { and, eq, isNull } from 'drizzle-orm';
import { insertProject } from '../../conversations/project-store.ts';
import { ConversationScope } from '../../conversations/scope.ts';
import { createConversation, type NewConversation } from '../../conversations/store.ts';
import { type KeptTree, treeStatements } from '../../conversations/tree-store.ts';
import type { Database } from '../../db/database.ts';
import { isUniqueViolation } from '../../db/errors.ts';
import { newId } from '../../db/ids.ts';
import { importedItems, projects } from '../../db/schema.ts';
import type { UserScope } from '../../identity/user-scope.ts';
import { insertTemplate } from '../../templates/template-store.ts';
import type { ImportedProject, OwnFields } from './imported.ts';

export interface ImportKey {
  source: string;
  externalId: string;
}

/** A conversation that an item has become. */
export interface FoundImport extends ImportKey {
  scope: ConversationScope;
  messageCount: number;
}

/** What of these items was imported before and is still there. */
export async function findImported(
  db: Database,
  user: UserScope,
  keys: readonly ImportKey[],
): Promise<FoundImport[]> {
  if (keys.length === 0) return [];
  const { userId } = user;
  const [rows = []] = await db.read({ userId }, [
    {
      name: 'find_imported',
      text: `SELECT i.user_id AS "userId", i.source, i.external_id AS "externalId",
          i.conversation_id AS "conversationId", c.message_count AS "messageCount"
        FROM imported_items i JOIN conversations c ON c.user_id = i.user_id AND c.id = i.conversation_id
        WHERE i.user_id = $1 AND i.source = ANY($2::text[]) AND i.external_id = ANY($3::text[])`,
      values: [
        userId,
        [...new Set(keys.map(({ source }) => source))],
        keys.map(({ externalId }) => externalId),
      ],
    },
  ]);
  type Row = ImportKey & { userId: string; conversationId: string; messageCount: number };
  return (rows as Row[]).map(({ source, externalId, messageCount, ...own }) => ({
    source,
    externalId,
    messageCount,
    scope: ConversationScope.ofOwnRow(user, own),
  }));
}

/**
 * The conversation with all its messages, and that the item has become it: both or neither. False when somebody else has
 * imported it at the same moment.
 */
export async function insertImported(
  db: Database,
  scope: ConversationScope,
  key: ImportKey,
  input: NewConversation & { pinned: boolean; archived: boolean; tags: string[] },
  tree: KeptTree,
  template: OwnFields['template'],
  now: Date,
): Promise<boolean> {
  const { userId, conversationId } = scope;
  const { pinned, archived, tags, ...conversation } = input;
  const statements = [
    ...treeStatements(scope, tree),
    {
      name: 'mark_imported_conversation',
      text: `UPDATE conversations SET pinned = $3, status = $4, tags = $5::text[] WHERE user_id = $1 AND id = $2`,
      values: [userId, conversationId, pinned, archived ? 'archived' : 'active', tags],
    },
  ];
  // Of the conversation that is deleted, which the transaction of the new one does not see.
  await db.write({ userId }, [
    {
      name: 'forget_import_of_deleted',
      text: `DELETE FROM imported_items i WHERE i.user_id = $1 AND i.source = $2 AND i.external_id = $3
        AND NOT EXISTS (SELECT 1 FROM conversations c WHERE c.user_id = i.user_id AND c.id = i.conversation_id)`,
      values: [userId, key.source, key.externalId],
    },
  ]);
  try {
    await createConversation(db, scope, conversation, statements, now, async (tx) => {
      await tx
        .insert(importedItems)
        .values({ userId, source: key.source, externalId: key.externalId, conversationId, createdAt: now });
      if (template !== null)
        await insertTemplate(tx, scope.user, { ...template, id: newId(), conversationId }, now);
    });
    return true;
  } catch (error) {
    if (isUniqueViolation(error)) return false;
    throw error;
  }
}

/** Id of the project of this name and prompt, which is made where it is not there. */
export async function keepProject(
  db: Database,
  user: UserScope,
  { name, prompt }: ImportedProject,
  now: Date,
): Promise<string> {
  const [known] = await db.reading(user, (tx) =>
    tx
      .select({ id: projects.id })
      .from(projects)
      .where(
        and(
          eq(projects.userId, user.userId),
          eq(projects.name, name),
          prompt === null ? isNull(projects.prompt) : eq(projects.prompt, prompt),
        ),
      )
      .limit(1),
  );
  return known?.id ?? (await insertProject(db, user, { name, prompt }, now)).id;
}
