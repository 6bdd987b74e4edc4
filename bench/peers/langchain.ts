import pg from 'pg';
import { copyRows, type Field } from '../load/copy.ts';
import { loadPeer, versionOf } from './install.ts';
import { type BulkConversation, numbered, type Peer, type PeerContext, type PeerKind } from './peer.ts';
import { tableBytes } from './pgvector.ts';

interface Store {
  similaritySearchVectorWithScore(
    query: number[],
    k: number,
    filter: object,
  ): Promise<[{ metadata: { number: number } }, number][]>;
  end(): Promise<void>;
}
interface Module {
  PGVectorStore: { initialize(embeddings: object, options: object): Promise<Store> };
}

export const langchain: PeerKind = {
  name: 'LangChain PGVectorStore',
  open: (context) => open(context, false),
};
export const langchainIndexed: PeerKind = {
  name: 'LangChain PGVectorStore, indexed',
  open: (context) => open(context, true),
};

/** Its own table and its own SQL; the rows are the ones that it would write, put there faster. */
async function open({ databaseUrl }: PeerContext, indexed: boolean): Promise<Peer> {
  const { PGVectorStore } = await loadPeer<Module>('@langchain/community/vectorstores/pgvector');
  const tableName = indexed ? 'langchain_indexed' : 'langchain';
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 4 });
  const store = await PGVectorStore.initialize({}, { pool, tableName, distanceStrategy: 'cosine' });
  const client = await pool.connect();
  return {
    name: indexed ? langchainIndexed.name : langchain.name,
    about: `@langchain/community ${versionOf('@langchain/community')}, ${indexed ? 'with an index on the metadata key of the filter' : 'as it sets itself up'}`,
    async add(conversation) {
      const rows = [...numbered(conversation)].map((row): Field[] => [
        { text: row.text },
        { jsonb: JSON.stringify({ conversation: conversation.id, number: row.number }) },
        { vector: row.vector },
      ]);
      await copyRows(client, `${tableName} (text, metadata, embedding)`, rows);
    },
    async finish() {
      if (indexed) await client.query(`CREATE INDEX ON ${tableName} ((metadata->>'conversation'))`);
      await client.query(`ANALYZE ${tableName}`);
      client.release();
    },
    async nearest(conversation: BulkConversation, vector: Float32Array, k: number) {
      const found = await store.similaritySearchVectorWithScore([...vector], k, {
        conversation: conversation.id,
      });
      return found.map(([document]) => document.metadata.number);
    },
    diskBytes: () => tableBytes(pool, tableName),
    // It keeps a connection for itself, which its own end gives back.
    close: () => store.end(),
  };
}
