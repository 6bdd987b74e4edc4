import { eq, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { userCounters } from '../db/schema.ts';
import type { ActiveDay } from '../identity/activity-store.ts';
import type { LocalDays } from '../identity/local-days.ts';
import type { UserScope } from '../identity/user-scope.ts';
import type { ConversationScope } from './scope.ts';
import { insideOf, newestAnswers } from './latency-store.ts';
import { citedDocuments, isUnanswered } from './summary-store.ts';

type Counts = { by: string; n: number };

/** The user's counters; messages are what deletions and earlier versions left there, and what each day has added. */
export async function readCounters(
  db: Database,
  user: UserScope,
): Promise<typeof userCounters.$inferSelect | null> {
  return db.reading(user, async (tx) => {
    const [row] = await tx.select().from(userCounters).where(eq(userCounters.userId, user.userId));
    const days = await tx.execute<Record<'user' | 'assistant' | 'system', number>>(sql`
      SELECT coalesce(sum(user_messages), 0)::bigint AS user, coalesce(sum(assistant_messages), 0)::bigint AS assistant,
        coalesce(sum(system_messages), 0)::bigint AS system
      FROM activity WHERE user_id = ${user.userId}`);
    const [added] = days.rows;
    if (row === undefined) return null;
    return {
      ...row,
      userMessages: row.userMessages + (added?.user ?? 0),
      assistantMessages: row.assistantMessages + (added?.assistant ?? 0),
      systemMessages: row.systemMessages + (added?.system ?? 0),
    };
  });
}

export interface ConversationBreakdown {
  byType: Counts[];
  byStatus: Counts[];
}

export async function readBreakdown(db: Database, user: UserScope): Promise<ConversationBreakdown> {
  const { rows } = await db.scoped(user, (tx) =>
    tx.execute<{ type: string; status: string; n: number }>(sql`
      SELECT conversation_type AS type, status, count(*) AS n FROM conversations
      WHERE user_id = ${user.userId} GROUP BY 1, 2`),
  );
  return {
    byType: rows.map((row) => ({ by: row.type, n: row.n })),
    byStatus: rows.map((row) => ({ by: row.status, n: row.n })),
  };
}

export interface ConversationCounts {
  byRole: Counts[];
  documents: number;
  chunks: number;
  bytes: number;
  inputTokens: number;
  outputTokens: number;
  cacheHits: number;
  retrievals: number;
}

export async function readConversationCounts(
  db: Database,
  scope: ConversationScope,
): Promise<ConversationCounts> {
  const { userId, conversationId } = scope;
  return db.scoped(scope, async (tx) => {
    const roles = await tx.execute<Counts>(sql`
      SELECT role AS by, count(*) AS n FROM messages
      WHERE user_id = ${userId} AND conversation_id = ${conversationId} GROUP BY role`);
    const files = await tx.execute<{ documents: number; chunks: number; bytes: number }>(sql`
      SELECT count(*) AS documents, coalesce(sum(chunk_count), 0)::bigint AS chunks,
        coalesce(sum(size_bytes), 0)::bigint AS bytes
      FROM documents WHERE user_id = ${userId} AND conversation_id = ${conversationId}`);
    const usage = await tx.execute<{ input: number; output: number; hits: number; retrievals: number }>(sql`
      SELECT coalesce(sum((trace #>> '{tokens,input}')::bigint), 0)::bigint AS input,
        coalesce(sum((trace #>> '{tokens,output}')::bigint), 0)::bigint AS output,
        count(*) FILTER (WHERE trace ->> 'cache_hit' = 'true') AS hits,
        count(*) FILTER (WHERE trace ->> 'cache_hit' IN ('true', 'false')) AS retrievals
      FROM retrieval_traces WHERE user_id = ${userId} AND conversation_id = ${conversationId}`);
    const [f] = files.rows;
    const [u] = usage.rows;
    return {
      byRole: roles.rows,
      documents: f?.documents ?? 0,
      chunks: f?.chunks ?? 0,
      bytes: f?.bytes ?? 0,
      inputTokens: u?.input ?? 0,
      outputTokens: u?.output ?? 0,
      cacheHits: u?.hits ?? 0,
      retrievals: u?.retrievals ?? 0,
    };
  });
}

/** The days (UTC) of the conversation's messages. */
export async function readConversationDays(db: Database, scope: ConversationScope): Promise<string[]> {
  const { rows } = await db.scoped(scope, (tx) =>
    tx.execute<{ day: string }>(sql`
      SELECT DISTINCT (created_at AT TIME ZONE 'UTC')::date::text AS day
      FROM messages WHERE user_id = ${scope.userId} AND conversation_id = ${scope.conversationId}`),
  );
  return rows.map(({ day }) => day);
}

/** What the conversation's messages were on each of these days that had any, oldest first. */
export async function readConversationActivity(
  db: Database,
  scope: ConversationScope,
  { days, bounds }: LocalDays,
): Promise<ActiveDay[]> {
  if (days.length === 0) return [];
  const times = bounds.map((bound) => bound.toISOString());
  const { rows } = await db.scoped(scope, (tx) =>
    tx.execute<{ n: number; messages: number; questions: number }>(sql`
      SELECT width_bucket(created_at, ${sql.param(times)}::timestamptz[]) AS n, count(*) AS messages,
        count(*) FILTER (WHERE role = 'user') AS questions
      FROM messages WHERE user_id = ${scope.userId} AND conversation_id = ${scope.conversationId}
        AND created_at >= ${times[0]}::timestamptz AND created_at < ${times.at(-1)}::timestamptz GROUP BY 1 ORDER BY 1`),
  );
  return rows.map(({ n, ...counted }) => ({ day: days[n - 1] ?? '', ...counted }));
}

/** Ready documents that no answer that is in the conversation cites. */
export async function readNeverCited(
  db: Database,
  scope: ConversationScope,
): Promise<{ id: string; name: string }[]> {
  const { userId, conversationId } = scope;
  const { rows } = await db.scoped(scope, (tx) =>
    tx.execute<{ id: string; name: string }>(sql`
      SELECT d.id::text AS id, d.name FROM documents d
      LEFT JOIN (${citedDocuments(userId, [conversationId])}) cited
        ON cited.user_id = d.user_id AND cited.conversation_id = d.conversation_id AND cited.id = d.id::text
      WHERE d.user_id = ${userId} AND d.conversation_id = ${conversationId} AND d.status = 'ready' AND cited.id IS NULL
      ORDER BY d.id LIMIT 200`),
  );
  return rows;
}

/** Questions without a complete answer, or whose answers rest on no source although there were documents. */
export async function readUnanswered(
  db: Database,
  scope: ConversationScope,
): Promise<{ message_id: string; content: string }[]> {
  const { userId, conversationId } = scope;
  const { rows } = await db.scoped(scope, (tx) =>
    tx.execute<{ message_id: string; content: string }>(sql`
      SELECT q.id::text AS message_id, left(q.content, 500) AS content FROM messages q
      LEFT JOIN messages a ON a.user_id = q.user_id AND a.conversation_id = q.conversation_id AND a.parent_id = q.id
        AND a.role = 'assistant'
      WHERE q.user_id = ${userId} AND q.conversation_id = ${conversationId} AND q.role = 'user'
      GROUP BY q.user_id, q.id
      HAVING ${isUnanswered}
      ORDER BY q.seq DESC LIMIT 100`),
  );
  return rows;
}

export interface RetrievalQuality {
  answers: number;
  cited: number;
  meanCitedScore: number | null;
}

/** Of a source `s`. What a client noted as sources may be anything: only a number counts, and none overflows. */
const scoreOf = sql`CASE jsonb_typeof(s -> 'score')
  WHEN 'number' THEN least(greatest((s -> 'score')::numeric, -1e6), 1e6)::float8 END`;

/** Of the newest answers that rest on documents. */
export async function readQuality(
  db: Database,
  scope: UserScope | ConversationScope,
): Promise<RetrievalQuality> {
  const conversationId = 'conversationId' in scope ? scope.conversationId : undefined;
  const inside = insideOf(scope.userId, conversationId);
  const { rows } = await db.scoped({ userId: scope.userId, conversationId }, (tx) =>
    tx.execute<{ answers: number; cited: number; score: number | null }>(sql`
      SELECT count(*) AS answers, count(*) FILTER (WHERE cited.passages > 0) AS cited,
        sum(cited.scores) / nullif(sum(cited.scored), 0) AS score
      FROM (SELECT metadata FROM messages
        WHERE user_id = ${scope.userId} ${inside} AND role = 'assistant' AND metadata ->> 'mode' = 'documents'
        ORDER BY id DESC LIMIT ${newestAnswers}) newest
      CROSS JOIN LATERAL (SELECT count(*) AS passages, count(${scoreOf}) AS scored, sum(${scoreOf}) AS scores
        FROM jsonb_array_elements(CASE WHEN jsonb_typeof(newest.metadata -> 'search_results') = 'array'
          THEN newest.metadata -> 'search_results' ELSE '[]'::jsonb END) s
        WHERE s ->> 'verified' = 'true') cited`),
  );
  const [row] = rows;
  return { answers: row?.answers ?? 0, cited: row?.cited ?? 0, meanCitedScore: row?.score ?? null };
}
