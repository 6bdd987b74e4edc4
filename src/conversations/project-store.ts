import { and, desc, eq } from 'drizzle-orm';
import type { AlsoWrite, Database } from '../db/database.ts';
import { newId } from '../db/ids.ts';
import { conversations, projects } from '../db/schema.ts';
import type { UserScope } from '../identity/user-scope.ts';
import type { ConversationScope } from './scope.ts';
import type { ConversationRow } from './store.ts';

export type ProjectRow = typeof projects.$inferSelect;
export type ProjectChange = Partial<Pick<ProjectRow, 'name' | 'prompt'>>;

/** More of them are not listed. */
const mostProjects = 1_000;

export async function listProjects(db: Database, user: UserScope): Promise<ProjectRow[]> {
  return db.reading(user, (tx) =>
    tx
      .select()
      .from(projects)
      .where(eq(projects.userId, user.userId))
      .orderBy(desc(projects.id))
      .limit(mostProjects),
  );
}

/** Null when there is none. */
export async function findProject(db: Database, user: UserScope, id: string): Promise<ProjectRow | null> {
  const [row] = await db.reading(user, (tx) => tx.select().from(projects).where(isProject(user, id)));
  return row ?? null;
}

export async function insertProject(
  db: Database,
  user: UserScope,
  { name, prompt = null }: ProjectChange & { name: string },
  now: Date,
  alsoWrite?: AlsoWrite<ProjectRow>,
): Promise<ProjectRow> {
  return db.scoped(user, async (tx) => {
    const [row] = await tx
      .insert(projects)
      .values({ userId: user.userId, id: newId(), name, prompt, createdAt: now, updatedAt: now })
      .returning();
    if (row === undefined) throw new Error('the project was not written');
    await alsoWrite?.(tx, row);
    return row;
  });
}

/** Null when there is none. */
export async function updateProject(
  db: Database,
  user: UserScope,
  id: string,
  change: ProjectChange,
  now: Date,
): Promise<ProjectRow | null> {
  const [row] = await db.scoped(user, (tx) =>
    tx
      .update(projects)
      .set({ ...change, updatedAt: now })
      .where(isProject(user, id))
      .returning(),
  );
  return row ?? null;
}

/** Its conversations stay, in no project. False when there is none. */
export async function deleteProject(db: Database, user: UserScope, id: string, now: Date): Promise<boolean> {
  // Deleted conversations that can still come back name it too.
  const gone = await db.scoped({ userId: user.userId, showsDeleted: true }, async (tx) => {
    await tx
      .update(conversations)
      .set({ projectId: null, updatedAt: now })
      .where(and(eq(conversations.userId, user.userId), eq(conversations.projectId, id)));
    return tx.delete(projects).where(isProject(user, id)).returning({ id: projects.id });
  });
  return gone.length > 0;
}

/** What the project of a conversation tells the model; null without one. */
export async function readPromptOfProject(
  db: Database,
  scope: ConversationScope,
  { projectId }: Pick<ConversationRow, 'projectId'>,
): Promise<string | null> {
  if (projectId === null) return null;
  const [row] = await db.reading({ userId: scope.userId }, (tx) =>
    tx
      .select({ prompt: projects.prompt })
      .from(projects)
      .where(and(eq(projects.userId, scope.userId), eq(projects.id, projectId))),
  );
  return row?.prompt ?? null;
}

function isProject(user: UserScope, id: string) {
  return and(eq(projects.userId, user.userId), eq(projects.id, id));
}
