import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tidyDatabase } from '../../src/db/tidy.ts';
import { newPerson, startTestApp, type TestApp } from '../support/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

test('a long history that has just been written is not looked through for one message', async () => {
  const { pool, kind } = app.app.db;
  // PostgreSQL has autovacuum.
  if (kind !== 'pglite') return;
  const person = await newPerson(app.baseUrl);
  const { body } = await person.json<{ id: string }>('POST', '/conversations');
  await pool.query(
    `INSERT INTO messages (user_id, conversation_id, id, parent_id, seq, role, content, status, metadata, created_at)
     SELECT $1, $2, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid,
       CASE n WHEN 1 THEN NULL ELSE ('00000000-0000-7000-8000-' || lpad((n - 1)::text, 12, '0'))::uuid END,
       1000 + n, 'user', 'Word ' || n, 'complete', '{}', now()
     FROM generate_series(1, 3000) n`,
    [person.id, body.id],
  );
  // The database counts changes once a second.
  await sleep(1_200);
  await pool.query('SELECT 1');
  expect(await tidyDatabase(app.app.db, AbortSignal.timeout(20_000))).toContain('public.messages');
  expect(await tidyDatabase(app.app.db, AbortSignal.timeout(20_000))).not.toContain('public.messages');
  const { rows } = await pool.query<{ 'QUERY PLAN': string }>(
    `EXPLAIN ANALYZE SELECT content FROM messages WHERE user_id = $1 AND conversation_id = $2 AND id = $3`,
    [person.id, body.id, '00000000-0000-7000-8000-000000001500'],
  );
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  expect(plan).not.toMatch(/Rows Removed by Filter: [1-9]/);
});
