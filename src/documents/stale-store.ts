import { type SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { nobody } from '../db/ids.ts';
import { keywordVersion, passagesVersion, vectorsVersion } from '../indexing/versions.ts';
import { documentWork, type WorkKey } from '../work/lease.ts';
import { after } from '../work/lease-sql.ts';
import { enqueue, hurry } from '../work/store.ts';
import { keywordKind, passagesKind, vectorKind } from './segment-kinds.ts';

const pageSize = 500;

/**
 * Enqueues every index that this version or the configured embedding model would make otherwise, over all users, in
 * pages. Running it again finds nothing new. @returns how many were found
 */
export async function enqueueStale(db: Database, model: string | null, signal: AbortSignal): Promise<number> {
  let found = 0;
  for (const [target, isStale] of staleTargets(model)) {
    for (let after: Place = start; ;) {
      const keys = signal.aborted ? [] : await staleDocuments(db, target, isStale, after);
      found += keys.length;
      for (const own of Map.groupBy(keys, (key) => key.userId).values())
        await db.scoped({ userId: own[0]?.userId ?? '' }, (tx) => enqueue(tx, own));
      const last = keys.at(-1);
      if (last === undefined || keys.length < pageSize) break;
      after = last;
    }
  }
  if (model !== null) await hurryOtherModels(db, model);
  return found;
}

/** How much is left to be embedded by the model, over all users. */
export async function countUnembedded(
  db: Database,
  model: string,
): Promise<{ documents: number; chunks: number }> {
  const { rows } = await db.asWorker('everybody', (tx) =>
    tx.execute<{ documents: number; chunks: number }>(sql`
      SELECT count(*) AS documents, coalesce(sum(d.chunk_count), 0) AS chunks FROM documents d
      WHERE d.status = 'ready' AND ${isOfAnother(model)}`),
  );
  return rows[0] ?? { documents: 0, chunks: 0 };
}

/**
 * Whether files of anybody wait for a worker, or are with one, whose lease ends within `leaseMs`. What waits longer for its
 * next try, as under a legal hold, holds up nobody.
 */
export async function isIngesting(db: Database, leaseMs: number): Promise<boolean> {
  const { rows } = await db.asWorker('everybody', (tx) =>
    tx.execute(sql`SELECT item_id FROM work WHERE kind = 'ingest' AND due_at <= ${after(leaseMs)} LIMIT 1`),
  );
  return rows.length > 0;
}

function staleTargets(model: string | null): [target: string, isStale: SQL][] {
  return [
    [passagesKind, sql`d.passages_version < ${passagesVersion}`],
    // Passages that are made anew are indexed anew with it.
    [keywordKind, sql`d.keyword_version < ${keywordVersion} AND d.passages_version >= ${passagesVersion}`],
    ...(model === null ? [] : [[vectorKind(model), isOfAnotherOrOlder(model)] satisfies [string, SQL]]),
  ];
}

/** Three ranges of one index, where IS DISTINCT FROM would read every document. */
function isOfAnother(model: string): SQL {
  return sql`(d.embedding_model IS NULL OR d.embedding_model < ${model} OR d.embedding_model > ${model})`;
}

/** What the model has embedded may be kept as an earlier version of the server has kept it. */
function isOfAnotherOrOlder(model: string): SQL {
  return sql`(${isOfAnother(model)} OR (d.embedding_model = ${model} AND d.vectors_version < ${vectorsVersion}))`;
}

/** Where a page ended: what it has found stays stale until its work is done, and must not be read again by the next. */
type Place = Pick<WorkKey, 'userId' | 'conversationId' | 'itemId'>;
const start: Place = { userId: nobody, conversationId: nobody, itemId: nobody };

async function staleDocuments(
  db: Database,
  target: string,
  isStale: SQL,
  { userId, conversationId, itemId }: Place,
): Promise<WorkKey[]> {
  const { rows } = await db.asWorker('everybody', (tx) =>
    tx.execute<{ userId: string; conversationId: string; id: string }>(sql`
      SELECT d.user_id AS "userId", d.conversation_id AS "conversationId", d.id FROM documents d
      WHERE d.status = 'ready' AND ${isStale}
        AND (d.user_id, d.conversation_id, d.id) > (${userId}::uuid, ${conversationId}::uuid, ${itemId}::uuid) AND NOT EXISTS (
        SELECT 1 FROM work w WHERE w.user_id = d.user_id AND w.conversation_id = d.conversation_id
          AND w.kind = 'index' AND w.item_id = d.id AND w.target = ${target})
      ORDER BY d.user_id, d.conversation_id, d.id LIMIT ${pageSize}`),
  );
  return rows.map((row) => documentWork(row, 'index', row.id, target));
}

/** What waits for a model that is not configured any more is cleared away now. */
async function hurryOtherModels(db: Database, model: string): Promise<void> {
  const { rows } = await db.asWorker('everybody', (tx) =>
    tx.execute<{ userId: string; conversationId: string; itemId: string; target: string }>(sql`
      SELECT user_id AS "userId", conversation_id AS "conversationId", item_id AS "itemId", target FROM work
      WHERE kind = 'index' AND target LIKE ${vectorKind('%')} AND target <> ${vectorKind(model)} AND due_at > now()
      LIMIT ${pageSize}`),
  );
  for (const row of rows)
    await db.scoped({ userId: row.userId }, (tx) => hurry(tx, { ...row, kind: 'index' }));
}
