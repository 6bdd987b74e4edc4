import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfig } from '../../src/config.ts';
import { connectDatabase } from '../../src/db/client.ts';
import { mustEqual } from './claims.ts';

/** A deleted conversation that can still come back is out of all counts and work. */
const isThere = (row: string): string =>
  `EXISTS (SELECT 1 FROM conversations t WHERE t.user_id = ${row}.user_id AND t.id = ${row}.conversation_id AND t.deleted_at IS NULL)`;

/** What must be nowhere, each as a query that counts it. */
const wrongs: Record<string, string> = {
  'answers that stream without a writer': `SELECT count(*) AS n FROM messages m WHERE status = 'streaming' AND ${isThere('m')} AND NOT EXISTS (SELECT 1 FROM work w WHERE w.kind = 'answer' AND w.message_id = m.id AND w.user_id = m.user_id)`,
  'writers of answers that do not stream':
    "SELECT count(*) AS n FROM work w WHERE w.kind = 'answer' AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.id = w.message_id AND m.user_id = w.user_id AND m.status = 'streaming')",
  'documents that are neither settled nor waiting for a worker': `SELECT count(*) AS n FROM documents d WHERE status NOT IN ('ready', 'failed', 'cancelled') AND ${isThere('d')} AND NOT EXISTS (SELECT 1 FROM work w WHERE w.kind = 'ingest' AND w.document_id = d.id AND w.user_id = d.user_id)`,
  'passages without a document':
    'SELECT count(*) AS n FROM chunks c WHERE NOT EXISTS (SELECT 1 FROM documents d WHERE d.id = c.document_id AND d.user_id = c.user_id AND d.conversation_id = c.conversation_id)',
  'terms without a passage':
    'SELECT count(*) AS n FROM chunk_terms t WHERE NOT EXISTS (SELECT 1 FROM chunks c WHERE c.document_id = t.document_id AND c.user_id = t.user_id AND c.conversation_id = t.conversation_id AND c.ordinal = t.ordinal)',
  'passages that count as searchable and have no terms':
    'SELECT count(*) AS n FROM documents d WHERE searchable_chunks > (SELECT count(*) FROM chunk_terms t WHERE t.document_id = d.id AND t.user_id = d.user_id AND t.conversation_id = d.conversation_id)',
  'vectors without a passage':
    'SELECT count(*) AS n FROM chunk_vectors v WHERE NOT EXISTS (SELECT 1 FROM chunks c WHERE c.document_id = v.document_id AND c.user_id = v.user_id AND c.ordinal = v.ordinal)',
  'segments without a document':
    'SELECT count(*) AS n FROM segments s WHERE NOT EXISTS (SELECT 1 FROM documents d WHERE d.id = s.document_id AND d.user_id = s.user_id)',
  'ready documents without as many passages as declared':
    "SELECT count(*) AS n FROM documents d WHERE status = 'ready' AND chunk_count <> (SELECT count(*) FROM chunks c WHERE c.document_id = d.id AND c.user_id = d.user_id)",
  'ready documents without a keyword segment':
    "SELECT count(*) AS n FROM documents d WHERE status = 'ready' AND NOT EXISTS (SELECT 1 FROM segments s WHERE s.document_id = d.id AND s.user_id = d.user_id AND s.kind LIKE 'keyword%')",
  'conversations with a wrong count of messages':
    'SELECT count(*) AS n FROM conversations c WHERE message_count <> (SELECT count(*) FROM messages m WHERE m.user_id = c.user_id AND m.conversation_id = c.id)',
  'conversations with a wrong count of documents':
    'SELECT count(*) AS n FROM conversations c WHERE document_count <> (SELECT count(*) FROM documents d WHERE d.user_id = c.user_id AND d.conversation_id = c.id)',
  'users with a wrong count of bytes': `SELECT count(*) AS n FROM user_counters u WHERE bytes <> (SELECT coalesce(sum(size_bytes), 0) FROM documents d WHERE d.user_id = u.user_id AND ${isThere('d')})`,
  'users with a wrong count of bytes that can come back': `SELECT count(*) AS n FROM user_counters u WHERE deleted_bytes <> (SELECT coalesce(sum(size_bytes), 0) FROM documents d WHERE d.user_id = u.user_id AND NOT ${isThere('d')})`,
  'users with a wrong count of passages': `SELECT count(*) AS n FROM user_counters u WHERE chunks <> (SELECT count(*) FROM chunks c WHERE c.user_id = u.user_id AND ${isThere('c')})`,
};

interface Query {
  (sql: string): Promise<{ rows: unknown[] }>;
}

/** Nothing is half there. @throws BrokenPromise */
export async function verifyRows(query: Query): Promise<void> {
  const found: Record<string, number> = {};
  for (const [what, sql] of Object.entries(wrongs)) {
    const [row] = (await query(sql)).rows as { n: number | string }[];
    if (Number(row?.n) !== 0) found[what] = Number(row?.n);
  }
  mustEqual('what is in the database and must not be', found, {});
}

/** Looks into the database of a home while no server uses it. Originals that no row names are counted: they wait for the reconciler. */
export async function verifyAtRest(
  env: Record<string, string>,
): Promise<{ originals: number; unnamed: number }> {
  const config = readConfig(env);
  const database = await connectDatabase(config.database);
  try {
    await verifyRows((sql) => database.pool.query(sql));
    const { rows } = await database.pool.query<{ key: string }>(`SELECT blob_key AS key FROM documents
      UNION ALL SELECT replacement_blob_key FROM documents WHERE replacement_blob_key IS NOT NULL`);
    const waiting = await database.pool.query<{ key: string }>('SELECT blob_key AS key FROM blob_deletions');
    const stored = await originalsIn(config.dataDir);
    const missing = rows.filter(({ key }) => !stored.has(key)).map(({ key }) => key);
    mustEqual('originals that rows name and that are gone', missing, []);
    const named = new Set([...rows, ...waiting.rows].map(({ key }) => key));
    return { originals: rows.length, unnamed: [...stored].filter((key) => !named.has(key)).length };
  } finally {
    await database.close();
  }
}

/** Keys of the originals on disk: the user's folder and a name. */
async function originalsIn(dataDir: string): Promise<Set<string>> {
  const folder = join(dataDir, 'blobs');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  return new Set(files.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)));
}
