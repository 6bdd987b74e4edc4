import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hash } from '@node-rs/argon2';
import { readConfig } from '../../src/config.ts';
import { connectDatabase } from '../../src/db/client.ts';
import { migrate } from '../../src/db/migrate.ts';
import { type EarlierRows, fillOtherTables } from './earlier-rows.ts';
import type { Query } from './earlier-tables.ts';

const migrations = new URL('../../src/db/migrations/', import.meta.url);
/** SQL that every earlier schema takes: what it names is there since the first one. */
const messagesPerConversation = 250;

export interface EarlierData {
  email: string;
  password: string;
  conversationId: string;
  documentId: string;
  contents: string[];
  text: string;
  others: EarlierRows;
}

/** Tags of all migrations, oldest first. */
export async function migrationTags(): Promise<string[]> {
  return (await journal()).map(({ tag }) => tag);
}

async function journal(): Promise<{ tag: string; when: number }[]> {
  const text = await readFile(new URL('meta/_journal.json', migrations), 'utf8');
  return (JSON.parse(text) as { entries: { tag: string; when: number }[] }).entries;
}

/** Makes the database of a home as the first `count` migrations left it, with rows of somebody's in every table. */
export async function makeEarlier(env: Record<string, string>, count: number): Promise<EarlierData> {
  const config = readConfig(env);
  const database = await connectDatabase(config.database);
  const query: Query = (sql, values = []) => database.pool.query(sql, values);
  try {
    const newest = (await journal())[count - 1];
    if (newest === undefined) throw new Error(`there are no ${count} migrations`);
    await migrate(database, newest.when);
    return await fill(query, config.dataDir);
  } finally {
    await database.close();
  }
}

async function fill(query: Query, dataDir: string): Promise<EarlierData> {
  const [userId, conversationId, documentId] = [randomUUID(), randomUUID(), randomUUID()];
  const email = `${userId}@example.org`;
  const password = 'a password of an earlier version';
  const at = '2026-01-01T00:00:00.000Z';
  await query(
    "INSERT INTO users (id, email, password_hash, role, status, created_at, updated_at) VALUES ($1, $2, $3, 'admin', 'active', $4, $4)",
    [userId, email, await hash(password), at],
  );
  await query('INSERT INTO login_keys (key, user_id, created_at) VALUES ($1, $2, $3)', [
    `email:${email}`,
    userId,
    at,
  ]);
  await query("INSERT INTO installation (key, value) VALUES ('first_account', $1)", [userId]);
  const contents = Array.from(
    { length: messagesPerConversation },
    (_, n) => `Message ${n} of long ago: ${'ü🗼'.repeat(n % 20)}`,
  );
  const ids = contents.map(() => randomUUID());
  await query('INSERT INTO conversation_directory (conversation_id, user_id) VALUES ($1, $2)', [
    conversationId,
    userId,
  ]);
  await query(
    `INSERT INTO conversations (user_id, id, title, conversation_type, status, active_leaf_id, next_seq, message_count, document_count, created_at, updated_at, last_message_at, activity_at)
     VALUES ($1, $2, 'Of long ago', 'general', 'active', $3, $4, $5, 1, $6, $6, $6, $6)`,
    [userId, conversationId, ids.at(-1), contents.length + 1, contents.length, at],
  );
  for (const [n, content] of contents.entries()) {
    await query(
      "INSERT INTO messages (user_id, conversation_id, id, parent_id, seq, role, content, status, metadata, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'complete', '{}', $8)",
      [
        userId,
        conversationId,
        ids[n],
        ids[n - 1] ?? null,
        n + 1,
        n % 2 === 0 ? 'user' : 'assistant',
        content,
        at,
      ],
    );
  }
  const text = 'The lighthouse of Marsk was built in 1871.';
  const blobKey = `${userId}/${randomUUID()}`;
  await mkdir(join(dataDir, 'blobs', userId), { recursive: true, mode: 0o700 });
  await writeFile(join(dataDir, 'blobs', blobKey), text);
  await query(
    `INSERT INTO documents (user_id, conversation_id, id, name, media_type, size_bytes, sha256, blob_key, status, progress, chunk_count, token_count, created_at, updated_at)
     VALUES ($1, $2, $3, 'old.txt', 'text/plain', $4, $5, $6, 'ready', 1, 1, 10, $7, $7)`,
    [
      userId,
      conversationId,
      documentId,
      text.length,
      createHash('sha256').update(text).digest('hex'),
      blobKey,
      at,
    ],
  );
  const below = [userId, conversationId, documentId];
  await query(
    'INSERT INTO document_texts (user_id, conversation_id, document_id, text) VALUES ($1, $2, $3, $4)',
    [...below, text],
  );
  await query(
    "INSERT INTO chunks (user_id, conversation_id, document_id, ordinal, id, heading, char_start, char_end, tokens, content) VALUES ($1, $2, $3, 0, $4, '{}', 0, $5, 10, $6)",
    [...below, randomUUID(), text.length, text],
  );
  const messageId = ids[1] ?? '';
  const others = await fillOtherTables(query, dataDir, { userId, conversationId, messageId, documentId });
  const { counts } = others;
  await query(
    'INSERT INTO user_counters (user_id, conversations, user_messages, assistant_messages, documents, chunks, bytes) VALUES ($1, 2, $2, $3, $4, $5, $6)',
    [
      userId,
      (contents.length + counts.messages) / 2,
      (contents.length + counts.messages) / 2,
      1 + counts.documents,
      1 + counts.chunks,
      text.length + counts.bytes,
    ],
  );
  return { email, password, conversationId, documentId, contents, text, others };
}
