import { and, asc, eq, inArray } from 'drizzle-orm';
import type { ConversationScope } from '../conversations/scope.ts';
import type { Database } from '../db/database.ts';
import { chunks, documents, segments } from '../db/schema.ts';
import { countTokens, type SpentTokens } from '../identity/usage-store.ts';
import { questionsKind } from './segment-kinds.ts';
import { unpackOrRebuild } from './segment-store.ts';
import { type DocumentRow, isDocument } from './store.ts';

/** What a model has suggested to ask of a document; null when none was asked about this version of it. */
export async function readQuestions(
  db: Database,
  scope: ConversationScope,
  documentId: string,
): Promise<string[] | null> {
  const [row] = await db.reading(scope, (tx) =>
    tx
      .select({ bytes: segments.bytes })
      .from(segments)
      .where(
        and(
          eq(segments.userId, scope.userId),
          eq(segments.conversationId, scope.conversationId),
          eq(segments.documentId, documentId),
          eq(segments.kind, questionsKind),
        ),
      ),
  );
  if (row === undefined) return null;
  return unpackOrRebuild(db, scope, documentId, questionsKind, () => unpackQuestions(row.bytes));
}

/** @throws Error for bytes that are not whole */
export function unpackQuestions(bytes: Uint8Array): string[] {
  return JSON.parse(Buffer.from(bytes).toString()) as string[];
}

/** Counts what a model was asked for, and keeps what it suggested while the document is the one that it was told of. */
export async function keepQuestions(
  db: Database,
  scope: ConversationScope,
  { id, version }: Pick<DocumentRow, 'id' | 'version'>,
  questions: readonly string[] | null,
  spent: SpentTokens,
  now: Date,
): Promise<void> {
  await db.scoped(scope, async (tx) => {
    const [row] = await tx
      .select({ version: documents.version })
      .from(documents)
      .where(isDocument(scope, id))
      .for('share');
    if (questions !== null && row?.version === version) {
      const { userId, conversationId } = scope;
      const bytes = Buffer.from(JSON.stringify(questions));
      await tx
        .insert(segments)
        .values({ userId, conversationId, documentId: id, kind: questionsKind, bytes })
        .onConflictDoNothing();
    }
    await countTokens(tx, scope.user, spent, now);
  });
}

/** Passages by their places in the document, in order. */
export async function readPassagesAt(
  db: Database,
  scope: ConversationScope,
  documentId: string,
  ordinals: number[],
): Promise<{ heading: string[]; content: string }[]> {
  return db.reading(scope, (tx) =>
    tx
      .select({ heading: chunks.heading, content: chunks.content })
      .from(chunks)
      .where(
        and(
          eq(chunks.userId, scope.userId),
          eq(chunks.conversationId, scope.conversationId),
          eq(chunks.documentId, documentId),
          inArray(chunks.ordinal, ordinals),
        ),
      )
      .orderBy(asc(chunks.ordinal)),
  );
}
