import { and, eq, isNull, sql } from 'drizzle-orm';
import { insertProject } from '../../conversations/project-store.ts';
import type { ConversationScope } from '../../conversations/scope.ts';
import { createConversation, type NewConversation } from '../../conversations/store.ts';
import { type KeptTree, treeStatements } from '../../conversations/tree-store.ts';
import type { Database } from '../../db/database.ts';
import { isUniqueViolation } from '../../db/errors.ts';
import { newId } from '../../db/ids.ts';
import { conversations, documents, importedItems, projects } from '../../db/schema.ts';
import type { UserScope } from '../../identity/user-scope.ts';
import { insertTemplate } from '../../templates/template-store.ts';
import type { ImportedProject, OwnFields } from './imported.ts';

export interface ImportKey {
  source: string;
  externalId: string;
}

/** The conversation that an item has become; null when it was not imported yet, or its conversation is gone. */
export async function findImported(db: Database, user: UserScope, key: ImportKey): Promise<string | null> {
  const [row] = await db.reading(user, (tx) =>
    tx
      .select({ id: importedItems.conversationId })
      .from(importedItems)
      .innerJoin(
        conversations,
        and(
          eq(conversations.userId, importedItems.userId),
          eq(conversations.id, importedItems.conversationId),
        ),
      )
      .where(
        and(
          eq(importedItems.userId, user.userId),
          eq(importedItems.source, key.source),
          eq(importedItems.externalId, key.externalId),
        ),
      ),
  );
  return row?.id ?? null;
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

/** Documents that a conversation has already: ids by name. */
export async function documentNames(db: Database, scope: ConversationScope): Promise<Map<string, string>> {
  const rows = await db.reading(scope, (tx) =>
    tx
      .select({ id: documents.id, name: documents.name })
      .from(documents)
      .where(and(eq(documents.userId, scope.userId), eq(documents.conversationId, scope.conversationId))),
  );
  return new Map(rows.map(({ id, name }) => [name, id]));
}

/** Citations name the document by the id that it had: that of the copy takes its place. */
export async function renameCited(
  db: Database,
  scope: ConversationScope,
  before: string,
  after: string,
): Promise<void> {
  await db.scoped(scope, (tx) =>
    tx.execute(sql`
      UPDATE messages SET metadata = replace(metadata::text, ${JSON.stringify(before)}, ${JSON.stringify(after)})::jsonb
      WHERE user_id = ${scope.userId} AND conversation_id = ${scope.conversationId} AND role = 'assistant'
        AND position(${JSON.stringify(before)} in metadata::text) > 0`),
  );
}
