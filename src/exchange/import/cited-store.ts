import { and, eq, inArray, sql } from 'drizzle-orm';
import type { ConversationScope } from '../../conversations/scope.ts';
import type { Database } from '../../db/database.ts';
import { documents } from '../../db/schema.ts';
import type { UserScope } from '../../identity/user-scope.ts';

export interface PresentDocument {
  id: string;
  name: string;
  sha256: string;
}

/** Documents that each of the conversations has already, in the order in which they came. */
export async function readPresentDocuments(
  db: Database,
  { userId }: UserScope,
  conversationIds: readonly string[],
): Promise<Map<string, PresentDocument[]>> {
  if (conversationIds.length === 0) return new Map();
  const rows = await db.reading({ userId }, (tx) =>
    tx
      .select({
        conversationId: documents.conversationId,
        id: documents.id,
        name: documents.name,
        sha256: documents.sha256,
      })
      .from(documents)
      .where(and(eq(documents.userId, userId), inArray(documents.conversationId, [...conversationIds])))
      .orderBy(documents.id),
  );
  return Map.groupBy(rows, ({ conversationId }) => conversationId);
}

/** Those of the ids that a document of the user's has, wherever it was moved to, and deleted or not. */
export async function readTakenIds(
  db: Database,
  { userId }: UserScope,
  ids: readonly string[],
): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await db.reading({ userId, showsDeleted: true }, (tx) =>
    tx
      .select({ id: documents.id })
      .from(documents)
      .where(and(eq(documents.userId, userId), inArray(documents.id, [...ids]))),
  );
  return new Set(rows.map(({ id }) => id));
}

/** What an answer was given; anything may stand in metadata that came from elsewhere. */
const sources = `jsonb_array_elements(CASE WHEN jsonb_typeof(m.metadata -> 'search_results') = 'array'
  THEN m.metadata -> 'search_results' ELSE '[]'::jsonb END) WITH ORDINALITY AS s (value, place)`;
const cited = `(s.value ->> 'document_id')`;

/** Which of the conversations cite a document by the id that it had elsewhere: one look at each source. */
export async function citeByFormerId(
  db: Database,
  { userId }: UserScope,
  former: readonly { conversationId: string; documentId: string }[],
): Promise<Set<string>> {
  if (former.length === 0) return new Set();
  const names = former.map(({ conversationId, documentId }) => [`${conversationId} ${documentId}`, 1]);
  const [rows = []] = await db.read({ userId }, [
    {
      name: 'cite_by_former_id',
      text: `SELECT DISTINCT m.conversation_id AS id FROM messages m, ${sources}
        WHERE m.user_id = $1 AND m.conversation_id = ANY($2::uuid[]) AND m.role = 'assistant'
          AND $3::jsonb ? (m.conversation_id::text || ' ' || ${cited})`,
      values: [
        userId,
        [...new Set(former.map(({ conversationId }) => conversationId))],
        JSON.stringify(Object.fromEntries(names)),
      ],
    },
  ]);
  return new Set((rows as { id: string }[]).map(({ id }) => id));
}

/** Citations name documents by the ids that they had: those of the copies take their places, all at once. */
export async function renameCited(
  db: Database,
  scope: ConversationScope,
  copies: ReadonlyMap<string, string>,
): Promise<void> {
  if (copies.size === 0) return;
  const ids = sql`${JSON.stringify(Object.fromEntries(copies))}::jsonb`;
  const [all, one] = [sql.raw(sources), sql.raw(cited)];
  await db.scoped(scope, (tx) =>
    tx.execute(sql`
      UPDATE messages m SET metadata = jsonb_set(m.metadata, '{search_results}', (
        SELECT jsonb_agg(CASE WHEN ${ids} ? ${one}
          THEN jsonb_set(s.value, '{document_id}', ${ids} -> ${one}) ELSE s.value END ORDER BY s.place)
        FROM ${all}))
      WHERE m.user_id = ${scope.userId} AND m.conversation_id = ${scope.conversationId} AND m.role = 'assistant'
        AND EXISTS (SELECT 1 FROM ${all} WHERE ${ids} ? ${one})`),
  );
}
