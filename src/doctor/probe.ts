import type pg from 'pg';
import { throughAll } from '../db/citus.ts';
import { newId } from '../db/ids.ts';
import { type Check, fail, ok } from './check.ts';

const canary = 'doctor-canary';
const tables = ['conversations', 'messages', 'documents', 'chunks'] as const;

/**
 * The isolation test of the founding document, on the real database: a document in chat A, looked for from chat B and by
 * somebody else, with row-level security alone between them. Everything is planted in a transaction that is taken back.
 */
export const probe: Check = {
  name: 'probe',
  async run({ db }) {
    const client = await db.pool.connect();
    try {
      await client.query('BEGIN');
      await client.query(`${throughAll}; SET LOCAL ROLE ${db.roles.app}`);
      const leaks = await plantAndLook(client);
      if (leaks.length === 0) return ok('a planted document is seen from its own conversation only');
      return fail(
        `rows cross a border: ${leaks.join('; ')}`,
        'Stop the server, run "npm run alcove -- doctor --repair", and look again before you start it.',
      );
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  },
};

async function plantAndLook(client: pg.PoolClient): Promise<string[]> {
  const [anna, bert, a, b, document, message] = [newId(), newId(), newId(), newId(), newId(), newId()];
  const leaks: string[] = [];
  const see = async (): Promise<Record<string, number>> => {
    const counts: Record<string, number> = {};
    for (const table of tables) {
      const { rows } = await client.query<{ n: number }>(
        `SELECT count(*) AS n FROM ${table} WHERE user_id = '${anna}'`,
      );
      counts[table] = rows[0]?.n ?? 0;
    }
    return counts;
  };
  const expectSeen = async (who: string, expected: Record<string, number>): Promise<void> => {
    for (const [table, n] of Object.entries(await see()))
      if (n !== expected[table])
        leaks.push(`${who} sees ${n} rows of ${table} instead of ${expected[table]}`);
  };
  const expectRefused = async (what: string, statement: string): Promise<void> => {
    await client.query('SAVEPOINT attempt');
    const refused = await client.query(statement).then(
      ({ rowCount }) => (rowCount ?? 0) === 0,
      () => true,
    );
    await client.query('ROLLBACK TO SAVEPOINT attempt');
    if (!refused) leaks.push(what);
  };
  const chunkIn = (user: string, conversation: string, ordinal: number): string =>
    `INSERT INTO chunks (user_id, conversation_id, document_id, ordinal, id, heading, char_start, char_end, tokens, content)
     VALUES ('${user}', '${conversation}', '${document}', ${ordinal}, '${newId()}', '{}', 0, 1, 1, '${canary}')`;

  await client.query(`SET LOCAL app.user_id = '${anna}'`);
  await client.query(
    `INSERT INTO users (id, role, status, created_at, updated_at) VALUES ('${anna}', 'user', 'active', now(), now())`,
  );
  for (const conversation of [a, b])
    await client.query(
      `INSERT INTO conversations (user_id, id, title, conversation_type, status, created_at, updated_at, activity_at)
       VALUES ('${anna}', '${conversation}', '${canary}', 'general', 'active', now(), now(), now())`,
    );
  await client.query(
    `INSERT INTO documents (user_id, conversation_id, id, name, media_type, size_bytes, sha256, blob_key, status, created_at, updated_at)
     VALUES ('${anna}', '${a}', '${document}', '${canary}', 'text/plain', 1, '', '', 'ready', now(), now())`,
  );
  await client.query(
    `INSERT INTO messages (user_id, conversation_id, id, seq, role, content, status, metadata, created_at)
     VALUES ('${anna}', '${a}', '${message}', 1, 'user', '${canary}', 'complete', '{}', now())`,
  );
  await client.query(chunkIn(anna, a, 0));
  await expectSeen('its owner', { conversations: 2, messages: 1, documents: 1, chunks: 1 });
  await expectRefused('a passage can hang in another conversation than its document', chunkIn(anna, b, 1));

  await client.query(`SET LOCAL app.conversation_id = '${b}'`);
  await expectSeen('another conversation', { conversations: 1, messages: 0, documents: 0, chunks: 0 });
  await expectRefused(
    'another conversation can change a document',
    `UPDATE documents SET name = 'x' WHERE id = '${document}'`,
  );

  await client.query(`SET LOCAL app.user_id = '${bert}'; SET LOCAL app.conversation_id = ''`);
  await expectSeen('somebody else', { conversations: 0, messages: 0, documents: 0, chunks: 0 });
  await expectRefused('somebody else can write', chunkIn(anna, a, 2));
  await expectRefused('somebody else can delete', `DELETE FROM conversations WHERE id = '${a}'`);

  await client.query(`SET LOCAL app.user_id = ''`);
  await expectSeen('nobody', { conversations: 0, messages: 0, documents: 0, chunks: 0 });
  return leaks;
}
