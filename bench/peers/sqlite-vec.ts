import { statSync } from 'node:fs';
import { join } from 'node:path';
import { loadPeer, versionOf } from './install.ts';
import { type BulkConversation, numbered, type PeerKind, wordsOf } from './peer.ts';

interface Statement {
  run(...values: unknown[]): unknown;
  all(...values: unknown[]): Record<string, unknown>[];
}
export interface Sqlite {
  prepare(sql: string): Statement;
  exec(sql: string): void;
  pragma(text: string): unknown;
  close(): void;
}

/** Rows that one partition sets aside at a time: the default of 1,024 would fill the disk with empty small ones. */
const chunkSize = 256;
const perLeg = 100;

/** Vectors in a virtual table with a partition for each conversation, texts in FTS5, fused in SQL: its own documented way. */
export const sqliteVec: PeerKind = {
  name: 'sqlite-vec',
  async open({ folder, dimensions }) {
    const path = join(folder, 'peers.sqlite');
    const db = await openSqlite(path);
    db.exec(`CREATE VIRTUAL TABLE vectors USING vec0(number integer PRIMARY KEY, conversation integer partition key,
      embedding float[${dimensions}] distance_metric=cosine, chunk_size=${chunkSize})`);
    db.exec('CREATE TABLE chunks (number integer PRIMARY KEY, content text NOT NULL)');
    // The conversation is a word of each row: full text has no other way to look at one of them only.
    db.exec(`CREATE VIRTUAL TABLE words USING fts5(conversation, content, tokenize = 'porter unicode61')`);
    const insert = {
      vector: db.prepare('INSERT INTO vectors (number, conversation, embedding) VALUES (?, ?, ?)'),
      chunk: db.prepare('INSERT INTO chunks VALUES (?, ?)'),
      words: db.prepare('INSERT INTO words (rowid, conversation, content) VALUES (?, ?, ?)'),
    };
    const nearest = db.prepare(nearestSql);
    const hybrid = db.prepare(
      `WITH v AS (SELECT number, row_number() OVER (ORDER BY distance) AS rank FROM (${nearestSql})),
        w AS (SELECT rowid AS number, row_number() OVER (ORDER BY score) AS rank FROM
          (SELECT rowid, bm25(words, 0, 1) AS score FROM words WHERE words MATCH ? ORDER BY score LIMIT ${perLeg})),
        f AS (SELECT number, sum(1.0 / (60 + rank)) AS score FROM (SELECT * FROM v UNION ALL SELECT * FROM w) GROUP BY number ORDER BY score DESC LIMIT ?)
      SELECT c.number, c.content FROM f JOIN chunks c USING (number) ORDER BY f.score DESC`,
    );
    return {
      name: 'sqlite-vec',
      about: `sqlite-vec ${versionOf('sqlite-vec')} in better-sqlite3 ${versionOf('better-sqlite3')}, partition key, FTS5`,
      async add(conversation) {
        db.exec('BEGIN');
        for (const { number, text, vector } of numbered(conversation)) {
          insert.vector.run(
            BigInt(number),
            BigInt(conversation.place),
            new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength),
          );
          insert.chunk.run(number, text);
          insert.words.run(number, wordOf(conversation), text);
        }
        db.exec('COMMIT');
      },
      async finish() {
        db.exec(`INSERT INTO words(words) VALUES ('optimize')`);
      },
      nearest: async (conversation, vector, k) =>
        nearest.all(vector, conversation.place, k).map((row) => Number(row['number'])),
      async hybrid(conversation, text, vector, k) {
        const words = wordsOf(text)
          .map((word) => `"${word}"`)
          .join(' OR ');
        const match = `conversation : ${wordOf(conversation)} AND content : (${words})`;
        const rows = hybrid.all(vector, conversation.place, perLeg, match, k);
        return rows.map((row) => ({ number: Number(row['number']), content: String(row['content']) }));
      },
      diskBytes: async () => statSync(path).size,
      close: async () => db.close(),
    };
  },
};

export const nearestSql =
  'SELECT number, distance FROM vectors WHERE embedding MATCH ? AND conversation = ? AND k = ?';

export async function openSqlite(path: string): Promise<Sqlite> {
  const { default: Database } = await loadPeer<{ default: new (path: string) => Sqlite }>('better-sqlite3');
  const { load } = await loadPeer<{ load(db: Sqlite): void }>('sqlite-vec');
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  db.pragma('cache_size = -262144');
  db.pragma('mmap_size = 8589934592');
  load(db);
  return db;
}

function wordOf(conversation: BulkConversation): string {
  return `c${conversation.place}`;
}
