import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { versionOf } from './install.ts';
import { numbered, type PeerKind } from './peer.ts';
import type { ClientTask } from './sqlite-client.ts';
import { openSqlite, prepareSearch, wordOf } from './sqlite-search.ts';

/** Rows that one partition sets aside at a time: the default of 1,024 would fill the disk with empty small ones. */
const chunkSize = 256;

/** Vectors in a virtual table with a partition for each conversation, texts in FTS5, fused in SQL: its own documented way. */
export const sqliteVec: PeerKind = {
  name: 'sqlite-vec',
  async open({ folder, dimensions }) {
    const path = join(folder, 'peers.sqlite');
    const db = await openSqlite(path);
    db.exec(`CREATE VIRTUAL TABLE vectors USING vec0(number integer PRIMARY KEY, conversation integer partition key,
      embedding float[${dimensions}] distance_metric=cosine, chunk_size=${chunkSize})`);
    db.exec('CREATE TABLE chunks (number integer PRIMARY KEY, content text NOT NULL)');
    db.exec(`CREATE VIRTUAL TABLE words USING fts5(conversation, content, tokenize = 'porter unicode61')`);
    const insert = {
      vector: db.prepare('INSERT INTO vectors (number, conversation, embedding) VALUES (?, ?, ?)'),
      chunk: db.prepare('INSERT INTO chunks VALUES (?, ?)'),
      words: db.prepare('INSERT INTO words (rowid, conversation, content) VALUES (?, ?, ?)'),
    };
    const search = prepareSearch(db);
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
          insert.words.run(number, wordOf(conversation.place), text);
        }
        db.exec('COMMIT');
      },
      async finish() {
        db.exec(`INSERT INTO words(words) VALUES ('optimize')`);
        db.pragma('wal_checkpoint(TRUNCATE)');
      },
      nearest: async ({ place }, vector, k) => search.nearest({ place, text: '', vector }, k),
      hybrid: async ({ place }, text, vector, k) => search.hybrid({ place, text, vector }, k),
      async twoClients(kind, questions, k, ms) {
        const task: ClientTask = { path, kind, questions, k, ms };
        const rates = await Promise.all([runClient(task), runClient(task)]);
        return rates[0] + rates[1];
      },
      diskBytes: async () => statSync(path).size,
      close: async () => db.close(),
    };
  },
};

async function runClient(task: ClientTask): Promise<number> {
  const worker = new Worker(new URL('./sqlite-client.ts', import.meta.url), { workerData: task });
  const [perSecond] = (await once(worker, 'message')) as [number];
  return perSecond;
}
