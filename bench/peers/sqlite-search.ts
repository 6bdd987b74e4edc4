import { loadPeer } from './install.ts';
import { type NumberedText, type PlacedQuestion, wordsOf } from './peer.ts';

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

const perLeg = 100;
const nearestSql =
  'SELECT number, distance FROM vectors WHERE embedding MATCH ? AND conversation = ? AND k = ?';
const hybridSql = `
  WITH v AS (SELECT number, row_number() OVER (ORDER BY distance) AS rank FROM (${nearestSql})),
    w AS (SELECT rowid AS number, row_number() OVER (ORDER BY score) AS rank FROM
      (SELECT rowid, bm25(words, 0, 1) AS score FROM words WHERE words MATCH ? ORDER BY score LIMIT ${perLeg})),
    f AS (SELECT number, sum(1.0 / (60 + rank)) AS score FROM (SELECT * FROM v UNION ALL SELECT * FROM w)
      GROUP BY number ORDER BY score DESC LIMIT ?)
  SELECT c.number, c.content FROM f JOIN chunks c USING (number) ORDER BY f.score DESC`;

export interface SqliteSearch {
  nearest(question: PlacedQuestion, k: number): number[];
  hybrid(question: PlacedQuestion, k: number): NumberedText[];
}

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

export function prepareSearch(db: Sqlite): SqliteSearch {
  const nearest = db.prepare(nearestSql);
  const hybrid = db.prepare(hybridSql);
  return {
    nearest: ({ vector, place }, k) => nearest.all(vector, place, k).map((row) => Number(row['number'])),
    hybrid({ text, vector, place }, k) {
      const words = wordsOf(text)
        .map((word) => `"${word}"`)
        .join(' OR ');
      const match = `conversation : ${wordOf(place)} AND content : (${words})`;
      return hybrid
        .all(vector, place, perLeg, match, k)
        .map((row) => ({ number: Number(row['number']), content: String(row['content']) }));
    },
  };
}

/** The conversation is a word of each row: full text has no other way to look at one of them only. */
export function wordOf(place: number): string {
  return `c${place}`;
}
