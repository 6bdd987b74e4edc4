import { and, desc, eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { conversations } from '../db/schema.ts';
import type { ModelTokens } from '../identity/usage-store.ts';
import type { UserScope } from '../identity/user-scope.ts';

/** The name of the answers that quote and ask no model. */
const withoutModel = 'extractive';

export interface SummaryRow {
  id: string;
  title: string;
  status: 'active' | 'archived';
  createdAt: Date;
  lastMessageAt: Date | null;
}

/** The newest first, by when they were made: what is said meanwhile moves nothing between pages. */
export async function listSummaries(
  db: Database,
  user: UserScope,
  status: 'active' | 'archived' | 'all',
  limit: number,
  after: { createdAt: Date; id: string } | null,
): Promise<SummaryRow[]> {
  const { id, title, createdAt, lastMessageAt } = conversations;
  const rows = await db.reading(user, (tx) =>
    tx
      .select({ id, title, status: conversations.status, createdAt, lastMessageAt })
      .from(conversations)
      .where(
        and(
          eq(conversations.userId, user.userId),
          user.limitedTo === undefined ? undefined : eq(id, user.limitedTo),
          inArray(conversations.status, status === 'all' ? ['active', 'archived'] : [status]),
          after === null
            ? undefined
            : sql`(${createdAt}, ${id}) < (${after.createdAt.toISOString()}::timestamptz, ${after.id}::uuid)`,
        ),
      )
      .orderBy(desc(createdAt), desc(id))
      .limit(limit),
  );
  return rows.flatMap(({ status: state, ...row }) =>
    state === 'template' ? [] : [{ ...row, status: state }],
  );
}

export type SummaryCounts = {
  messages: number;
  questions: number;
  unanswered: number;
  documents: number;
  neverCited: number;
  chunks: number;
  bytes: number;
};

/** What each of these conversations holds. */
export async function countInside(
  db: Database,
  user: UserScope,
  ids: readonly string[],
): Promise<Map<string, SummaryCounts>> {
  const these = sql`user_id = ${user.userId} AND conversation_id = ANY(${sql.param([...ids])}::uuid[])`;
  const { rows } = await db.scoped(user, (tx) =>
    tx.execute<SummaryCounts & { id: string }>(sql`
      SELECT c.id::text AS id, coalesce(said.messages, 0) AS messages, coalesce(said.questions, 0) AS questions,
        coalesce(open.n, 0) AS unanswered, coalesce(files.documents, 0) AS documents,
        coalesce(files.never_cited, 0) AS "neverCited", coalesce(files.chunks, 0) AS chunks,
        coalesce(files.bytes, 0) AS bytes
      FROM conversations c
      LEFT JOIN (SELECT conversation_id, count(*) AS messages, count(*) FILTER (WHERE role = 'user') AS questions
        FROM messages WHERE ${these} GROUP BY 1) said ON said.conversation_id = c.id
      LEFT JOIN (SELECT conversation_id, count(*) AS n FROM (
          SELECT q.conversation_id FROM messages q
          LEFT JOIN messages a ON a.user_id = q.user_id AND a.conversation_id = q.conversation_id AND a.parent_id = q.id
            AND a.role = 'assistant'
          WHERE q.user_id = ${user.userId} AND q.conversation_id = ANY(${sql.param([...ids])}::uuid[])
            AND q.role = 'user'
          GROUP BY q.conversation_id, q.id HAVING ${isUnanswered}) unanswered GROUP BY 1) open
        ON open.conversation_id = c.id
      LEFT JOIN (SELECT d.conversation_id, count(*) AS documents, sum(d.chunk_count)::bigint AS chunks,
          sum(d.size_bytes)::bigint AS bytes,
          count(*) FILTER (WHERE d.status = 'ready' AND cited.id IS NULL) AS never_cited
        FROM documents d
        LEFT JOIN (${citedDocuments(user.userId, ids)}) cited
          ON cited.user_id = d.user_id AND cited.conversation_id = d.conversation_id AND cited.id = d.id::text
        WHERE d.user_id = ${user.userId} AND d.conversation_id = ANY(${sql.param([...ids])}::uuid[]) GROUP BY 1) files
        ON files.conversation_id = c.id
      WHERE c.user_id = ${user.userId} AND c.id = ANY(${sql.param([...ids])}::uuid[])`),
  );
  return new Map(rows.map(({ id, ...counts }) => [id, counts]));
}

/**
 * Documents that an answer in one of these conversations cites: what answers elsewhere cite, and what deleted ones
 * cited, is not among them. `last_cited_at` remembers both, so that it cannot tell this.
 */
export function citedDocuments(userId: string, ids: readonly string[]): SQL {
  return sql`SELECT DISTINCT m.user_id, m.conversation_id, s ->> 'document_id' AS id FROM messages m,
      jsonb_array_elements(CASE WHEN jsonb_typeof(m.metadata -> 'search_results') = 'array'
        THEN m.metadata -> 'search_results' ELSE '[]'::jsonb END) s
    WHERE m.user_id = ${userId} AND m.conversation_id = ANY(${sql.param([...ids])}::uuid[]) AND m.role = 'assistant'
      AND s ->> 'verified' = 'true'`;
}

/** Of a question and its answers `a`: none is complete, or none of those from documents cites any. */
export const isUnanswered = sql`bool_and(a.id IS NULL OR a.status IN ('failed', 'cancelled', 'incomplete')
  OR (a.status = 'complete' AND coalesce(a.metadata ->> 'mode' = 'documents' AND a.metadata ->> 'cited' = '0', false)))`;

/** Tokens of the answers of these conversations, by model, as far as their traces are kept. */
export async function readConversationUsage(
  db: Database,
  user: UserScope,
  ids: readonly string[],
): Promise<Map<string, ModelTokens[]>> {
  const { rows } = await db.scoped(user, (tx) =>
    tx.execute<ModelTokens & { id: string }>(sql`
      SELECT conversation_id::text AS id, trace ->> 'model' AS model, count(*) AS answers,
        coalesce(sum((trace #>> '{tokens,input}')::bigint), 0)::bigint AS input,
        coalesce(sum((trace #>> '{tokens,output}')::bigint), 0)::bigint AS output
      FROM retrieval_traces WHERE user_id = ${user.userId}
        AND conversation_id = ANY(${sql.param([...ids])}::uuid[]) AND trace ->> 'model' <> ${withoutModel}
      GROUP BY 1, 2 ORDER BY 4 DESC, 2`),
  );
  const byConversation = new Map<string, ModelTokens[]>();
  for (const { id, ...tokens } of rows) byConversation.set(id, [...(byConversation.get(id) ?? []), tokens]);
  return byConversation;
}
