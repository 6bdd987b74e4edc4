import { searchesByIndex } from '../db/leakproof.ts';
import { enqueueStale } from '../documents/stale-store.ts';
import { segmentMagic, segmentVersion } from '../indexing/segment.ts';
import { keywordVersion, passagesVersion } from '../indexing/versions.ts';
import { connectModels } from '../models/registry.ts';
import { statementsOfRetrieval } from '../retrieval/store.ts';
import { type Check, fail, ok, warn } from './check.ts';
import { everybody } from './everybody.ts';

interface IndexCounts {
  ready: number;
  without: number;
  unreadable: number;
  old: number;
  /** Of whose passages search is to know more than there are. */
  unfound: number;
}

const knownToSearch = `SELECT user_id, conversation_id, document_id, count(*) AS known
  FROM chunk_terms WHERE user_id = $1 GROUP BY user_id, conversation_id, document_id`;

/** The first eight bytes of a keyword segment say what it is and of which version. */
const countText = `SELECT count(*) AS ready,
    count(*) FILTER (WHERE d.chunk_count > 0 AND s.document_id IS NULL) AS without,
    count(*) FILTER (WHERE s.head <> $2) AS unreadable,
    count(*) FILTER (WHERE d.keyword_version < $3 OR d.passages_version < $4) AS old,
    count(*) FILTER (WHERE coalesce(t.known, 0) < d.searchable_chunks) AS unfound
  FROM documents d LEFT JOIN (SELECT user_id, conversation_id, document_id, substring(bytes FROM 1 FOR 8) AS head
    FROM segments WHERE user_id = $1 AND kind = 'keyword') s
    ON s.user_id = d.user_id AND s.conversation_id = d.conversation_id AND s.document_id = d.id
  LEFT JOIN (${knownToSearch}) t
    ON t.user_id = d.user_id AND t.conversation_id = d.conversation_id AND t.document_id = d.id
  WHERE d.user_id = $1 AND d.status = 'ready'`;

/** What is there of them stays: only what is missing is written. */
const searchAnew = `UPDATE documents d SET searchable_chunks = 0
  WHERE d.user_id = $1 AND d.searchable_chunks > coalesce((SELECT t.known FROM (${knownToSearch}) t
    WHERE t.conversation_id = d.conversation_id AND t.document_id = d.id), 0)`;

export const indexes: Check = {
  name: 'indexes',
  async run({ db }) {
    const head = Buffer.alloc(8);
    head.writeUInt32LE(segmentMagic, 0);
    head.writeUInt32LE(segmentVersion, 4);
    const sum: IndexCounts = { ready: 0, without: 0, unreadable: 0, old: 0, unfound: 0 };
    for await (const userId of everybody(db)) {
      const [rows] = await db.read({ userId }, [
        { name: 'doctor_indexes', text: countText, values: [userId, head, keywordVersion, passagesVersion] },
      ]);
      const counts = rows?.[0] as IndexCounts;
      for (const key of ['ready', 'without', 'unreadable', 'old', 'unfound'] as const)
        sum[key] += counts[key];
    }
    const broken = sum.without + sum.unreadable;
    if (broken > 0)
      return fail(
        `${broken} of ${sum.ready} documents have no readable keyword index`,
        'A question about such a document makes its index anew; if it stays so, read the log.',
      );
    if (sum.unfound > 0)
      return fail(
        `search does not know every passage of ${sum.unfound} of ${sum.ready} documents`,
        'Run "npm run alcove -- doctor --repair": they are indexed anew.',
      );
    if (sum.old > 0)
      return warn(
        `${sum.old} of ${sum.ready} documents have the index of an older version`,
        'A running server makes them anew in the background.',
      );
    return ok(`${sum.ready} documents have a current one`);
  },
  async repair({ db, config }) {
    for await (const userId of everybody(db)) {
      await db.write({ userId }, [{ name: 'doctor_search_anew', text: searchAnew, values: [userId] }]);
    }
    const signal = AbortSignal.timeout(60_000);
    // What documents record is not always the name in the settings.
    const { embedding } = await connectModels({ ...config.models, report: () => {} }, signal);
    await enqueueStale(db, embedding?.id ?? null, signal);
  },
};

/** How else rows are looked for: each must be answered by an index, at any size, as what retrieval itself sends. */
const lookups: Record<string, string> = {
  'segments of a document': `SELECT 1 FROM segments WHERE user_id = $1 AND conversation_id = $1 AND document_id = $1 AND kind = 'keyword'`,
  vectors: `SELECT 1 FROM chunk_vectors WHERE user_id = $1 AND conversation_id = $1 AND document_id = $1 AND model = 'm'`,
  'vectors of a text': `SELECT 1 FROM chunks WHERE user_id = $1 AND content_hash = $1`,
  'the newest messages': `SELECT 1 FROM messages WHERE user_id = $1 AND conversation_id = $1 ORDER BY seq DESC LIMIT 50`,
  'the list of conversations': `SELECT 1 FROM conversations WHERE user_id = $1 ORDER BY activity_at DESC, id DESC LIMIT 50`,
};

const anybody = '00000000-0000-7000-8000-000000000000';
const asked = [
  ...statementsOfRetrieval({ userId: anybody, conversationId: anybody }),
  ...statementsOfRetrieval({ userId: anybody }),
  ...Object.entries(lookups).map(([name, text]) => ({ name, text, values: [anybody] })),
];

export const plans: Check = {
  name: 'query plans',
  async run({ db }) {
    const slow: string[] = [];
    const client = await db.pool.connect();
    try {
      // Small tables are scanned for good reasons: what counts is that an index could be used.
      await client.query('BEGIN');
      await client.query('SET LOCAL enable_seqscan = off');
      for (const { name, text, values } of asked) {
        const { rows } = await client.query(`EXPLAIN (FORMAT JSON) ${text}`, values);
        if (JSON.stringify(rows).includes('Seq Scan')) slow.push(name);
      }
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
    if (slow.length === 0) return ok(`${asked.length} lookups go by their indexes`);
    return fail(
      `${slow.join(', ')}: no index can be used`,
      'An index was dropped: compare with src/db/schema.ts, or restore a backup.',
    );
  },
};

export const searchPlan: Check = {
  name: 'search',
  async run({ db }) {
    if (await searchesByIndex(db.pool))
      return ok('words of messages and passages are looked up in their indexes');
    return warn(
      'search reads every message and passage of an account for each word',
      'Where histories or documents are long, run "npm run alcove -- db index-search" as a superuser.',
    );
  },
};
