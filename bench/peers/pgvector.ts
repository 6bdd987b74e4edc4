import pg from 'pg';
import { copyRows, type Field } from '../load/copy.ts';
import { numbered, type Peer, type PeerContext, type PeerKind, wordsOf } from './peer.ts';

const perLeg = 100;

/** One table as tutorials have it: text, `vector` in its default storage, btree on the conversation, HNSW, full text. */
export const pgvectorUsual: PeerKind = {
  name: 'pgvector, usual schema',
  open: (context) => openUsual(context),
};

/** The fastest layout found for exact search: a narrow table in key order, `halfvec` kept in the row. */
export const pgvectorBest: PeerKind = { name: 'pgvector, best layout', open: (context) => openBest(context) };

async function openUsual({ databaseUrl, dimensions }: PeerContext): Promise<Peer> {
  const pool = await openPool(databaseUrl);
  await pool.query(
    `CREATE TABLE usual_chunks (id bigint PRIMARY KEY, conversation_id uuid NOT NULL, content text NOT NULL, embedding vector(${dimensions}) NOT NULL)`,
  );
  const client = await pool.connect();
  const nearest = 'SELECT id FROM usual_chunks WHERE conversation_id = $1 ORDER BY embedding <=> $2 LIMIT $3';
  const hybrid = `WITH v AS (SELECT id, row_number() OVER (ORDER BY distance) AS rank FROM
        (SELECT id, embedding <=> $2 AS distance FROM usual_chunks WHERE conversation_id = $1 ORDER BY distance LIMIT ${perLeg}) s),
      w AS (SELECT id, row_number() OVER (ORDER BY score DESC) AS rank FROM
        (SELECT id, ts_rank(tsv, q) AS score FROM usual_chunks, to_tsquery('english', $3) q
          WHERE conversation_id = $1 AND tsv @@ q ORDER BY score DESC LIMIT ${perLeg}) s),
      f AS (SELECT id, sum(1.0 / (60 + rank)) AS score FROM (SELECT * FROM v UNION ALL SELECT * FROM w) u GROUP BY id ORDER BY score DESC LIMIT $4)
    SELECT c.id, c.content FROM f JOIN usual_chunks c USING (id) ORDER BY f.score DESC`;
  return {
    name: 'pgvector, usual schema',
    about: `${await versions(pool)}: vector, btree on conversation_id, HNSW, GIN over tsvector, RRF in one statement`,
    async add(conversation) {
      const rows = [...numbered(conversation)].map((row): Field[] => [
        { int8: row.number },
        { uuid: conversation.id },
        { text: row.text },
        { vector: row.vector },
      ]);
      await copyRows(client, 'usual_chunks (id, conversation_id, content, embedding)', rows);
    },
    async finish() {
      await client.query(`SET maintenance_work_mem = '1GB'`);
      await client.query('CREATE INDEX ON usual_chunks (conversation_id)');
      await client.query(
        `ALTER TABLE usual_chunks ADD tsv tsvector GENERATED ALWAYS AS (to_tsvector('english', content)) STORED`,
      );
      await client.query('CREATE INDEX ON usual_chunks USING gin (tsv)');
      await client.query('CREATE INDEX ON usual_chunks USING hnsw (embedding vector_cosine_ops)');
      await client.query('ANALYZE usual_chunks');
      client.release();
    },
    async nearest(conversation, vector, k) {
      const { rows } = await pool.query<{ id: string }>({
        name: 'usual',
        text: nearest,
        values: [conversation.id, vectorText(vector), k],
      });
      return rows.map((row) => Number(row.id));
    },
    async hybrid(conversation, text, vector, k) {
      const values = [conversation.id, vectorText(vector), wordsOf(text).join(' | '), k];
      const { rows } = await pool.query<{ id: string; content: string }>({
        name: 'usual_hybrid',
        text: hybrid,
        values,
      });
      return rows.map((row) => ({ number: Number(row.id), content: row.content }));
    },
    diskBytes: () => tableBytes(pool, 'usual_chunks'),
    close: () => pool.end(),
  };
}

async function openBest({ databaseUrl, dimensions }: PeerContext): Promise<Peer> {
  const pool = await openPool(databaseUrl);
  await pool.query(
    `CREATE TABLE best_vectors (conversation_id uuid, id bigint, embedding halfvec(${dimensions}) NOT NULL, PRIMARY KEY (conversation_id, id))`,
  );
  await pool.query('ALTER TABLE best_vectors ALTER COLUMN embedding SET STORAGE PLAIN');
  const client = await pool.connect();
  const nearest = 'SELECT id FROM best_vectors WHERE conversation_id = $1 ORDER BY embedding <=> $2 LIMIT $3';
  return {
    name: 'pgvector, best layout',
    about: `${await versions(pool)}: halfvec STORAGE PLAIN in a narrow table, rows in key order, exact`,
    async add(conversation) {
      const rows = [...numbered(conversation)].map((row): Field[] => [
        { uuid: conversation.id },
        { int8: row.number },
        { halfvec: row.vector },
      ]);
      await copyRows(client, 'best_vectors (conversation_id, id, embedding)', rows);
    },
    async finish() {
      await client.query('ANALYZE best_vectors');
      client.release();
    },
    async nearest(conversation, vector, k) {
      const { rows } = await pool.query<{ id: string }>({
        name: 'best',
        text: nearest,
        values: [conversation.id, vectorText(vector), k],
      });
      return rows.map((row) => Number(row.id));
    },
    diskBytes: () => tableBytes(pool, 'best_vectors'),
    close: () => pool.end(),
  };
}

async function openPool(connectionString: string): Promise<pg.Pool> {
  const pool = new pg.Pool({ connectionString, max: 4 });
  await pool.query('CREATE EXTENSION IF NOT EXISTS vector');
  return pool;
}

export function vectorText(vector: Float32Array): string {
  return `[${vector.join(',')}]`;
}

export async function tableBytes(pool: pg.Pool, table: string): Promise<number> {
  const { rows } = await pool.query<{ bytes: string }>(
    'SELECT pg_total_relation_size($1::regclass) AS bytes',
    [table],
  );
  return Number(rows[0]?.bytes);
}

async function versions(pool: pg.Pool): Promise<string> {
  const { rows } = await pool.query<{ text: string }>(
    `SELECT 'pgvector ' || extversion || ', PostgreSQL ' || current_setting('server_version') AS text FROM pg_extension WHERE extname = 'vector'`,
  );
  return rows[0]?.text ?? '';
}
