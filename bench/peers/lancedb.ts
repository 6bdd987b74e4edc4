import { join } from 'node:path';
import { folderBytes } from './folder-bytes.ts';
import { loadPeer, versionOf } from './install.ts';
import { numbered, type PeerKind, wordsOf } from './peer.ts';

interface Query {
  distanceType(type: string): Query;
  fullTextSearch(text: string, options: { columns: string[] }): Query;
  where(condition: string): Query;
  rerank(reranker: unknown): Query;
  select(columns: string[]): Query;
  limit(count: number): Query;
  toArray(): Promise<{ number: number; content: string }[]>;
}
interface LanceTable {
  add(rows: object[]): Promise<unknown>;
  createIndex(column: string, options: { config: unknown }): Promise<void>;
  optimize(): Promise<unknown>;
  query(): { nearestTo(vector: Float32Array): Query };
}
interface Lance {
  connect(folder: string): Promise<{ createTable(name: string, rows: object[]): Promise<LanceTable> }>;
  Index: { btree(): unknown; fts(): unknown };
  rerankers: { RRFReranker: { create(k: number): Promise<unknown> } };
}

const rowsAtOnce = 20_000;

/** One table with a scalar index on the conversation: the filter comes first, and what is left is searched exactly. */
export const lancedb: PeerKind = {
  name: 'LanceDB',
  async open({ folder }) {
    process.env['LANCEDB_LOG'] ??= 'error';
    const lance = await loadPeer<Lance>('@lancedb/lancedb');
    const path = join(folder, 'lance');
    const database = await lance.connect(path);
    const reranker = await lance.rerankers.RRFReranker.create(60);
    let table: LanceTable | undefined;
    let waiting: object[] = [];
    const write = async (): Promise<void> => {
      if (waiting.length === 0) return;
      if (table === undefined) table = await database.createTable('chunks', waiting);
      else await table.add(waiting);
      waiting = [];
    };
    const search = (vector: Float32Array): Query => {
      if (table === undefined) throw new Error('nothing was added');
      return table.query().nearestTo(vector).distanceType('cosine');
    };
    return {
      name: 'LanceDB',
      about: `@lancedb/lancedb ${versionOf('@lancedb/lancedb')}, btree on the conversation, full-text index, exact vectors`,
      async add(conversation) {
        for (const { number, text, vector } of numbered(conversation)) {
          waiting.push({ number, conversation: conversation.place, vector, content: text });
        }
        if (waiting.length >= rowsAtOnce) await write();
      },
      async finish() {
        await write();
        await table?.optimize();
        await table?.createIndex('conversation', { config: lance.Index.btree() });
        await table?.createIndex('content', { config: lance.Index.fts() });
      },
      async nearest(conversation, vector, k) {
        const rows = await search(vector)
          .where(`conversation = ${conversation.place}`)
          .select(['number', '_distance'])
          .limit(k)
          .toArray();
        return rows.map((row) => row.number);
      },
      async hybrid(conversation, text, vector, k) {
        const rows = await search(vector)
          .fullTextSearch(wordsOf(text).join(' '), { columns: ['content'] })
          .where(`conversation = ${conversation.place}`)
          .rerank(reranker)
          .select(['number', 'content'])
          .limit(k)
          .toArray();
        return rows.map((row) => ({ number: row.number, content: row.content }));
      },
      diskBytes: () => folderBytes(path),
      close: async () => {},
    };
  },
};
