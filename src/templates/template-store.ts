import { and, desc, eq } from 'drizzle-orm';
import type { ConversationSettings } from '@alcove/contract';
import type { Database, Transaction } from '../db/database.ts';
import { conversations, templates } from '../db/schema.ts';
import type { UserScope } from '../identity/user-scope.ts';

export type TemplateRow = typeof templates.$inferSelect & { documentCount: number };

export interface NewTemplate {
  id: string;
  name: string;
  description: string | null;
  settings: ConversationSettings;
  starterQuestions: string[];
  conversationId: string;
}

export type TemplateChange = Partial<
  Pick<TemplateRow, 'name' | 'description' | 'settings' | 'starterQuestions'>
>;

/** More of them are not listed. */
const mostTemplates = 1_000;

export async function listTemplates(db: Database, user: UserScope): Promise<TemplateRow[]> {
  return db.reading(user, (tx) => selectTemplates(tx, user));
}

/** Null when there is none. */
export async function readTemplate(db: Database, user: UserScope, id: string): Promise<TemplateRow | null> {
  const [row] = await db.reading(user, (tx) => selectTemplates(tx, user, id));
  return row ?? null;
}

/** The template whose starter documents the conversation holds; null when it is of none. */
export async function readTemplateOf(
  db: Database,
  user: UserScope,
  conversationId: string,
): Promise<typeof templates.$inferSelect | null> {
  const [row] = await db.reading(user, (tx) =>
    tx
      .select()
      .from(templates)
      .where(and(eq(templates.userId, user.userId), eq(templates.conversationId, conversationId))),
  );
  return row ?? null;
}

async function selectTemplates(tx: Transaction, user: UserScope, id?: string): Promise<TemplateRow[]> {
  const rows = await tx
    .select({ template: templates, documentCount: conversations.documentCount })
    .from(templates)
    .innerJoin(
      conversations,
      and(eq(conversations.userId, templates.userId), eq(conversations.id, templates.conversationId)),
    )
    .where(and(eq(templates.userId, user.userId), id === undefined ? undefined : eq(templates.id, id)))
    .orderBy(desc(templates.id))
    .limit(mostTemplates);
  return rows.map(({ template, documentCount }) => ({ ...template, documentCount }));
}

/** In the transaction that has begun the conversation of its documents, which leaves every list. */
export async function insertTemplate(
  tx: Transaction,
  user: UserScope,
  template: NewTemplate,
  now: Date,
): Promise<typeof templates.$inferSelect> {
  await tx
    .update(conversations)
    .set({ status: 'template' })
    .where(and(eq(conversations.userId, user.userId), eq(conversations.id, template.conversationId)));
  const [row] = await tx
    .insert(templates)
    .values({ ...template, userId: user.userId, createdAt: now, updatedAt: now })
    .returning();
  if (row === undefined) throw new Error('the template was not written');
  return row;
}

/** Null when there is none. */
export async function updateTemplate(
  db: Database,
  user: UserScope,
  id: string,
  change: TemplateChange,
  now: Date,
): Promise<TemplateRow | null> {
  await db.scoped(user, (tx) =>
    tx
      .update(templates)
      .set({ ...change, updatedAt: now })
      .where(and(eq(templates.userId, user.userId), eq(templates.id, id))),
  );
  return readTemplate(db, user, id);
}
