import type pg from 'pg';
import type { World } from './world.ts';

export type Row = Record<string, unknown>;

/** Tables that hold rows of a user, by the column that names them. */
export async function userTables(
  client: pg.Pool | pg.PoolClient,
): Promise<{ name: string; conversation: string | null }[]> {
  const { rows } = await client.query<{ name: string; columns: string[] }>(
    `SELECT c.relname AS name, array_agg(a.attname::text) AS columns FROM pg_class c
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace GROUP BY c.relname ORDER BY c.relname`,
  );
  return rows
    .filter(({ columns }) => columns.includes('user_id'))
    .map(({ name, columns }) => ({
      name,
      conversation:
        name === 'conversations' ? 'id' : columns.includes('conversation_id') ? 'conversation_id' : null,
    }));
}

/** Of A's. */
export const plantedProject = '019a8f5e-7c11-7c3e-9f55-000000000001';

/** Rows of A that only come and go while the server works, so that every table has some to be protected. */
export async function plantRows(pool: pg.Pool, w: World): Promise<void> {
  const key = [w.a.id, w.a1];
  await pool.query(
    `INSERT INTO chat_bindings (user_id, conversation_id, chat_id) VALUES ($1, $2, 'planted')`,
    key,
  );
  await pool.query(
    `INSERT INTO chunk_vectors (user_id, conversation_id, document_id, ordinal, model, embedding) VALUES ($1, $2, $3, 0, 'planted', '[1,2,3]')`,
    [...key, w.a1Document],
  );
  await pool.query(
    `INSERT INTO blob_deletions (blob_key, user_id, due_at) VALUES ($1, $2, now() + interval '1 day')`,
    [`${w.a.id}/${crypto.randomUUID()}`, w.a.id],
  );
  await pool.query(
    `INSERT INTO idempotency_keys (user_id, key, request_hash, locked_until, expires_at) VALUES ($1, 'planted', '', now(), now() + interval '1 day'), ($1, 'planted too', '', now(), now() + interval '1 day')`,
    [w.a.id],
  );
  await pool.query(
    `INSERT INTO idempotency_answers (user_id, key, conversation_id, response) VALUES ($1, 'planted', $2, '{}')`,
    key,
  );
  await pool.query(
    `INSERT INTO api_keys (user_id, id, name, key_hash, scope, conversation_id, created_at) VALUES ($1, $2, 'planted', 'planted', 'conversation', $3, now())`,
    [w.a.id, crypto.randomUUID(), w.a1],
  );
  await pool.query(
    `INSERT INTO projects (user_id, id, name, prompt, created_at, updated_at) VALUES ($1, $2, 'planted', 'planted', now(), now())`,
    [w.a.id, plantedProject],
  );
  await pool.query(
    `INSERT INTO templates (user_id, id, name, conversation_id, created_at, updated_at) VALUES ($1, $2, 'planted', $3, now(), now())`,
    [w.a.id, crypto.randomUUID(), w.a1],
  );
  // The worker may have been there before.
  await pool.query(
    `INSERT INTO conversation_terms (user_id, conversation_id, title, terms) VALUES ($1, $2, 'planted', to_tsvector('simple', 'planted')) ON CONFLICT DO NOTHING`,
    key,
  );
  await pool.query(
    `INSERT INTO chunk_terms (user_id, conversation_id, document_id, ordinal, terms) VALUES ($1, $2, $3, 0, to_tsvector('simple', 'planted')) ON CONFLICT DO NOTHING`,
    [...key, w.a1Document],
  );
  await pool.query(
    `INSERT INTO shares (user_id, conversation_id, id, token_hash, leaf_id, document_ids, snapshot, created_at, updated_at) VALUES ($1, $2, $3, 'planted', $4, '{}', '{}', now(), now())`,
    [...key, crypto.randomUUID(), w.a1Message],
  );
  await pool.query(
    `INSERT INTO imported_items (user_id, conversation_id, source, external_id, created_at) VALUES ($1, $2, 'planted', 'planted', now())`,
    key,
  );
  await pool.query(
    `INSERT INTO model_usage (user_id, day, model) VALUES ($1, current_date, 'planted') ON CONFLICT DO NOTHING`,
    [w.a.id],
  );
  await pool.query(
    `INSERT INTO daily_usage (user_id, day, answers) VALUES ($1, current_date, 1) ON CONFLICT DO NOTHING`,
    [w.a.id],
  );
  await pool.query(
    `INSERT INTO setup_tokens (user_id, purpose, token_hash, created_at, expires_at) VALUES ($1, 'reset', 'planted', now(), now() + interval '1 day')`,
    [w.a.id],
  );
  await pool.query(
    `INSERT INTO work (user_id, conversation_id, kind, item_id, document_id, target, due_at) VALUES ($1, $2, 'index', $3, $3, 'planted', now() + interval '1 day')`,
    [...key, w.a1Document],
  );
}

/** One row of A's, of a1 where the table is below a conversation. */
export async function rowOf(
  pool: pg.Pool,
  table: { name: string; conversation: string | null },
  w: World,
): Promise<Row> {
  const inside = table.conversation === null ? '' : `AND ${table.conversation} = '${w.a1}'`;
  const { rows } = await pool.query<{ row: Row }>(
    `SELECT to_jsonb(t) AS row FROM ${table.name} t WHERE user_id = $1 ${inside} LIMIT 1`,
    [w.a.id],
  );
  const row = rows[0]?.row;
  if (row === undefined) throw new Error(`A has no row in ${table.name}: plant one`);
  return row;
}

/** Value by value: Citus takes no row that a function gives. */
export async function insertRow(
  client: pg.Pool | pg.PoolClient,
  table: string,
  row: Row,
): Promise<pg.QueryResult> {
  const columns = await client.query<{ name: string; type: string }>(
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    [table],
  );
  const names = columns.rows.map(({ name }) => name);
  const texts = await client.query<Record<string, string | null>>(
    `SELECT ${names.map((name) => `${name}::text`).join(', ')} FROM jsonb_populate_record(null::${table}, $1)`,
    [JSON.stringify(row)],
  );
  return client.query(
    `INSERT INTO ${table} (${names.join(', ')}) VALUES (${columns.rows.map(({ type }, at) => `$${at + 1}::${type}`).join(', ')})`,
    names.map((name) => texts.rows[0]?.[name] ?? null),
  );
}
