import { createHash } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseCode } from '../../src/db/errors.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { isDistributed } from '../support/database-kind.ts';
import { isFullRun, sampled } from '../support/full-run.ts';
import { type Provider, startProvider } from '../support/provider.ts';
import { attemptAll } from './attempt.ts';
import { cases } from './cases.ts';
import { insertRow, plantedProject, plantRows, type Row, rowOf, userTables } from './planted-rows.ts';
import { ask, buildWorld, secretQuestion, snapshotOfA, type World } from './world.ts';

// Each layer of isolation alone, the others out of the way. The type layer has a file of its own.

let app: TestApp;
let provider: Provider;
let pool: pg.Pool;
let w: World;
let tables: { name: string; conversation: string | null }[];

beforeAll(async () => {
  provider = await startProvider();
  app = await startTestApp({
    env: { EMBEDDING_BASE_URL: provider.baseUrl, EMBEDDING_MODEL: 'test-embedding' },
  });
  pool = app.app.db.pool;
  w = await buildWorld(app);
  await plantRows(pool, w);
  tables = await userTables(pool);
});

afterAll(async () => {
  await app?.close();
  await provider?.close();
});

interface Authority {
  role?: 'alcove_app' | 'alcove_worker' | 'alcove_admin';
  userId?: string;
  conversationId?: string;
}

/** Runs statements as the application does, with no filter of its own, and takes everything back. */
async function acting<T>(authority: Authority, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query(`SET LOCAL ROLE ${authority.role ?? 'alcove_app'}`);
    if (authority.userId !== undefined) await client.query(`SET LOCAL app.user_id = '${authority.userId}'`);
    if (authority.conversationId !== undefined)
      await client.query(`SET LOCAL app.conversation_id = '${authority.conversationId}'`);
    return await work(client);
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

/** The SQLSTATE that the work fails with, or `done` when it does not fail. */
async function outcome(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'done',
    (error: unknown) => databaseCode(error) ?? String(error),
  );
}

/** How many rows the statement changes, or the SQLSTATE that it fails with. */
async function reachedBy(authority: Authority, statement: string): Promise<number | string> {
  return acting(authority, (client) => client.query(statement)).then(
    ({ rowCount }) => rowCount ?? 0,
    (error: unknown) => databaseCode(error) ?? String(error),
  );
}

async function countOf(table: string, userId: string): Promise<number> {
  const { rows } = await pool.query<{ n: string }>(`SELECT count(*) AS n FROM ${table} WHERE user_id = $1`, [
    userId,
  ]);
  return Number(rows[0]?.n);
}

/** A value that an UPDATE may write into any row of the table without changing it. */
const harmless = (table: { name: string }) => `UPDATE ${table.name} SET user_id = user_id`;

/** Citus never changes the column by which rows are spread, whoever asks; its code for that comes before all others. */
const refusal = (code: string) => (isDistributed() ? [code, '0A000'] : [code]);

describe('row-level security alone', () => {
  test('A has rows to be protected in every table', async () => {
    expect(tables.length).toBeGreaterThan(18);
    for (const { name } of tables) expect(await countOf(name, w.a.id), name).toBeGreaterThan(0);
  });

  test('as B, SELECT, UPDATE and DELETE without a filter reach no row of A in any table', async () => {
    for (const table of tables) {
      const own = await countOf(table.name, w.b.id);
      const seen = await acting({ userId: w.b.id }, async (client) => {
        const { rows } = await client.query<{ user_id: string }>(`SELECT user_id FROM ${table.name}`);
        return rows.map((row) => row.user_id);
      });
      expect(
        [...new Set(seen)].filter((id) => id !== w.b.id),
        table.name,
      ).toEqual([]);
      for (const statement of [harmless(table), `DELETE FROM ${table.name}`]) {
        const reached = await reachedBy({ userId: w.b.id }, statement);
        // Either it changed rows of B's at most, or the role may not do it at all.
        if (reached !== '42501') expect(reached, statement).toBeLessThanOrEqual(own);
      }
    }
  });

  test('as somebody without rows, and as nobody, nothing at all is seen or changed', async () => {
    for (const authority of [{ userId: w.nothing }, {}]) {
      for (const table of tables) {
        const { rows } = await acting(authority, (client) => client.query(`SELECT * FROM ${table.name}`));
        expect(rows, table.name).toEqual([]);
        expect(await reachedBy(authority, harmless(table)), table.name).toBeOneOf([0, '42501']);
      }
      expect((await acting(authority, (client) => client.query('SELECT * FROM users'))).rows).toEqual([]);
    }
  });

  test('as B, a row in the name of A cannot be written', async () => {
    for (const table of tables) {
      const row = await rowOf(pool, table, w);
      expect(
        await outcome(acting({ userId: w.b.id }, (client) => insertRow(client, table.name, row))),
        table.name,
      ).toBe('42501');
      expect(await outcome(acting({}, (client) => insertRow(client, table.name, row))), table.name).toBe(
        '42501',
      );
    }
  });

  test('as B, an own row cannot be handed to A, nor taken into another conversation', async () => {
    const handed = (set: string, conversationId?: string) =>
      outcome(
        acting({ userId: w.b.id, conversationId }, (client) => client.query(`UPDATE messages SET ${set}`)),
      );
    expect(await handed(`user_id = '${w.a.id}'`)).toBeOneOf(refusal('42501'));
    expect(await handed(`conversation_id = '${w.a1}'`, w.b1)).toBe('42501');
  });

  test('with a2 in scope, A sees and changes nothing of a1', async () => {
    const below = tables.filter(
      (table) => table.conversation !== null && !['conversation_directory', 'api_keys'].includes(table.name),
    );
    expect(below.length).toBeGreaterThanOrEqual(10);
    const authority = { userId: w.a.id, conversationId: w.a2 };
    for (const table of below) {
      const row = await rowOf(pool, table, w);
      const seen = await acting(authority, async (client) => {
        const { rows } = await client.query<{ id: string }>(
          `SELECT ${table.conversation} AS id FROM ${table.name}`,
        );
        return [...new Set(rows.map(({ id }) => id))];
      });
      expect(
        seen.filter((id) => id !== w.a2),
        table.name,
      ).toEqual([]);
      const { rowCount } = await pool.query(`SELECT 1 FROM ${table.name} WHERE ${table.conversation} = $1`, [
        w.a2,
      ]);
      const deleted = await reachedBy(authority, `DELETE FROM ${table.name}`);
      expect(deleted, table.name).toBeLessThanOrEqual(rowCount ?? 0);
      expect(
        await outcome(acting(authority, (client) => insertRow(client, table.name, row))),
        table.name,
      ).toBe('42501');
    }
  });

  test('the worker and the administrator see no content', async () => {
    const refused = [
      ['alcove_worker', 'SELECT name FROM documents'],
      ['alcove_worker', 'SELECT * FROM documents'],
      ['alcove_worker', 'SELECT content FROM messages'],
      ['alcove_worker', 'SELECT response FROM idempotency_answers'],
      ['alcove_worker', 'SELECT id FROM users'],
      ['alcove_worker', 'UPDATE work SET due_at = now()'],
      ['alcove_worker', 'SELECT token FROM work'],
      ['alcove_admin', 'SELECT password_hash FROM users'],
      ['alcove_admin', 'SELECT title FROM conversations'],
      ['alcove_admin', 'SELECT key_hash FROM api_keys'],
      ['alcove_admin', 'DELETE FROM users'],
      ['alcove_admin', 'SELECT value FROM installation'],
      ['alcove_admin', 'SELECT token_hash FROM setup_tokens'],
      ['alcove_admin', 'SELECT user_id FROM user_counters'],
      ['alcove_admin', 'SELECT user_id FROM model_usage'],
      ['alcove_admin', 'SELECT user_id FROM daily_usage'],
      ['alcove_admin', 'SELECT key FROM login_keys'],
      ['alcove_admin', 'SELECT response FROM idempotency_answers'],
      ['alcove_admin', 'SELECT id FROM sessions'],
      ['alcove_admin', 'UPDATE audit_log SET address = NULL'],
      ['alcove_admin', 'DELETE FROM audit_log'],
      ['alcove_worker', 'SELECT action FROM audit_log'],
      ['alcove_worker', "UPDATE audit_log SET action = ''"],
      ['alcove_app', 'DELETE FROM audit_log'],
    ] as const;
    for (const [role, statement] of refused) {
      expect(
        await outcome(acting({ role, userId: w.a.id }, (client) => client.query(statement))),
        `${role}: ${statement}`,
      ).toBe('42501');
    }
  });

  test('the worker changes and removes nothing of the audit log of the last day', async () => {
    const role = 'alcove_worker';
    for (const statement of ['DELETE FROM audit_log', 'UPDATE audit_log SET address = NULL']) {
      const done = await acting({ role }, (client) => client.query(statement));
      expect(done.rowCount, statement).toBe(0);
    }
  });

  test('the administrator writes down acts of their own only', async () => {
    const row = `INSERT INTO audit_log (user_id, id, action, created_at) VALUES ($1, gen_random_uuid(), 'planted', now())`;
    const as = (userId: string, named: string) =>
      outcome(acting({ role: 'alcove_admin', userId }, (client) => client.query(row, [named])));
    expect(await as(w.admin.id, w.admin.id)).toBe('done');
    expect(await as(w.admin.id, w.a.id)).toBe('42501');
  });

  test('who names a conversation or a login key sees that row alone, and the secret of the installation is out of reach', async () => {
    await acting({ userId: w.b.id }, async (client) => {
      const others = async (): Promise<unknown[]> => {
        const { rows } = await client.query(
          `SELECT conversation_id::text AS name FROM conversation_directory WHERE user_id <> $1
           UNION ALL SELECT key FROM login_keys WHERE user_id <> $1`,
          [w.b.id],
        );
        return rows;
      };
      expect(await others()).toEqual([]);
      await client.query(`SET LOCAL app.asked_conversation = '${w.a1}'`);
      expect(await others()).toEqual([{ name: w.a1 }]);
      const login = `email:${w.a.email}`;
      const hash = createHash('sha256').update(login).digest('hex');
      await client.query(`SET LOCAL app.asked_conversation = ''`);
      await client.query(`SET LOCAL app.asked_login = '${hash}'`);
      expect(await others()).toEqual([{ name: login }]);
      const { rows: kept } = await client.query<{ key: string }>('SELECT key FROM installation');
      expect(kept).toEqual([{ key: 'first_account' }]);
    });
  });

  test('what a transaction was allowed does not outlive it', async () => {
    await app.app.db.scoped({ userId: w.a.id, conversationId: w.a1 }, () => Promise.resolve());
    await app.app.db
      .scoped({ userId: w.a.id, conversationId: w.a1 }, () => Promise.reject(new Error('undone')))
      .catch(() => {});
    for (let at = 0; at < 5; at += 1) {
      const { rows } = await pool.query(
        `SELECT coalesce(current_setting('app.user_id', true), '') AS u, coalesce(current_setting('app.conversation_id', true), '') AS c, current_user = session_user AS own`,
      );
      expect(rows).toEqual([{ u: '', c: '', own: true }]);
    }
  });

  test('what one user was allowed in a transaction of several does not reach the next', async () => {
    const all = {
      userId: w.a.id,
      conversationId: w.a1,
      showsDeleted: true,
      askedConversation: w.a1,
      askedLogin: `email:${w.a.email}`,
    };
    const names = ['user_id', 'conversation_id', 'shows_deleted', 'asked_conversation', 'asked_login'];
    const read = (name: string) => `coalesce(current_setting('app.${name}', true), '') AS ${name}`;
    const settings = { name: '', text: `SELECT ${names.map(read).join(', ')}`, values: [] };
    const foreign = [
      {
        name: '',
        text: 'SELECT 1 FROM conversation_directory WHERE conversation_id = $1',
        values: [w.a1],
      },
      { name: '', text: 'SELECT 1 FROM login_keys WHERE key = $1', values: [all.askedLogin] },
    ];
    const groups = [
      { authority: all, statements: [settings] },
      { authority: { userId: w.b.id }, statements: [settings, ...foreign] },
      { authority: all, statements: [settings] },
    ];
    const [first, second, third] = await app.app.db.batch(groups);
    expect(Object.values(first?.[0]?.[0] ?? {})).not.toContain('');
    const none = { conversation_id: '', shows_deleted: '', asked_conversation: '', asked_login: '' };
    expect(second).toEqual([[{ user_id: w.b.id, ...none }], [], []]);
    expect(third).toEqual(first);
  });

  test('an authority that is no UUID never reaches SQL', async () => {
    const injected = { userId: `${w.a.id}'; SET LOCAL ROLE NONE; --` };
    await expect(app.app.db.scoped(injected, () => Promise.resolve())).rejects.toThrow('not a UUID');
  });
});

describe('keys alone', () => {
  const fresh = () => crypto.randomUUID();
  /** Changes that make a row of a1 of A cross to another user or conversation. */
  const crossings: Record<string, (w: World) => Row[]> = {
    refresh_tokens: ({ b }) => [{ user_id: b.id, token_hash: 'planted' }],
    api_keys: ({ b, b1 }) => [
      { user_id: b.id, id: fresh() },
      { conversation_id: b1, id: fresh() },
    ],
    messages: ({ b, b1, a2, a1Message }) => [
      { user_id: b.id, id: fresh(), parent_id: null },
      { conversation_id: b1, id: fresh(), seq: 9_999, parent_id: null },
      { conversation_id: a2, id: fresh(), seq: 9_999, parent_id: a1Message },
      { user_id: b.id, conversation_id: b1, id: fresh(), seq: 9_999, parent_id: a1Message },
    ],
    chat_bindings: ({ b, b1 }) => [
      { user_id: b.id, chat_id: 'another' },
      { conversation_id: b1, chat_id: 'another' },
    ],
    conversation_terms: ({ b, b1 }) => [{ user_id: b.id }, { conversation_id: b1 }],
    shares: ({ b, b1 }) => [
      { user_id: b.id, id: fresh() },
      { conversation_id: b1, id: fresh(), token_hash: 'another' },
    ],
    imported_items: ({ b, b1 }) => [{ user_id: b.id }, { conversation_id: b1, external_id: 'another' }],
    idempotency_answers: ({ b, b1 }) => [{ user_id: b.id }, { key: 'planted too', conversation_id: b1 }],
    work: ({ b, b1 }) => [{ user_id: b.id }, { conversation_id: b1 }],
    answer_events: below,
    retrieval_traces: below,
    documents: ({ b, b1 }) => [
      { user_id: b.id, id: fresh() },
      { conversation_id: b1, id: fresh() },
    ],
    conversations: ({ b }) => [
      { user_id: b.id, id: fresh(), project_id: plantedProject },
      { id: fresh(), project_id: fresh() },
    ],
    templates: ({ b, b1 }) => [
      { user_id: b.id, id: fresh() },
      { conversation_id: b1, id: fresh() },
    ],
    document_texts: below,
    chunks: below,
    chunk_terms: below,
    chunk_vectors: below,
    segments: below,
  };

  function below({ a2, b, b1 }: World): Row[] {
    return [
      { conversation_id: a2 },
      { conversation_id: b1 },
      { user_id: b.id },
      { user_id: b.id, conversation_id: b1 },
    ];
  }

  test('every table that refers to more than its user is tried', async () => {
    const { rows } = await pool.query<{ name: string }>(
      `SELECT DISTINCT conrelid::regclass::text AS name FROM pg_constraint
       WHERE contype = 'f' AND connamespace = current_schema()::regnamespace AND cardinality(conkey) > 1 ORDER BY 1`,
    );
    expect(Object.keys(crossings).toSorted()).toEqual(rows.map(({ name }) => name).toSorted());
  });

  test.each(Object.keys(crossings))(
    'even the superuser cannot write a row of %s that crosses users or conversations',
    async (name) => {
      const table = tables.find((candidate) => candidate.name === name);
      if (table === undefined) throw new Error(`there is no table ${name}`);
      const row = await rowOf(pool, table, w);
      for (const change of crossings[name]?.(w) ?? []) {
        expect(await outcome(insertRow(pool, name, { ...row, ...change })), JSON.stringify(change)).toBe(
          '23503',
        );
      }
    },
  );

  test('nor move one there', async () => {
    for (const statement of [
      `UPDATE messages SET user_id = '${w.b.id}' WHERE id = '${w.a1Message}'`,
      `UPDATE messages SET conversation_id = '${w.b1}' WHERE id = '${w.a1Message}'`,
      `UPDATE documents SET user_id = '${w.b.id}' WHERE id = '${w.a1Document}'`,
      `UPDATE documents SET conversation_id = '${w.b1}' WHERE id = '${w.a1Document}'`,
      `UPDATE chunks SET conversation_id = '${w.a2}' WHERE document_id = '${w.a1Document}'`,
      `UPDATE conversations SET user_id = '${w.b.id}' WHERE id = '${w.a1}'`,
    ]) {
      expect(await outcome(pool.query(statement)), statement).toBeOneOf(refusal('23503'));
    }
  });

  test('an id of a conversation belongs to one user', async () => {
    const taken = pool.query(
      'INSERT INTO conversation_directory (conversation_id, user_id) VALUES ($1, $2)',
      [w.a1, w.b.id],
    );
    expect(await outcome(taken)).toBe('23505');
  });
});

describe('explicit filters alone, row-level security switched off', () => {
  let untouched: string;

  beforeAll(async () => {
    const { rows } = await pool.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relrowsecurity AND relnamespace = current_schema()::regnamespace`,
    );
    for (const { name } of rows) {
      await pool.query(`ALTER TABLE ${name} NO FORCE ROW LEVEL SECURITY`);
      await pool.query(`ALTER TABLE ${name} DISABLE ROW LEVEL SECURITY`);
    }
    untouched = await snapshotOfA(w);
  });

  test('the database would now show everything', async () => {
    const seen = await acting({ userId: w.b.id }, (client) =>
      client.query('SELECT 1 FROM messages WHERE id = $1', [w.a1Message]),
    );
    expect(seen.rows).toHaveLength(1);
  });

  // Some of the routes, and A's once after all of them: each route and each look in a full run.
  test.each(sampled(Object.entries(cases), 3))(
    '%s still shows and changes nothing of A',
    async (route, attempts) => {
      await attemptAll(route, attempts(w), w);
      if (isFullRun && !route.startsWith('GET ')) expect(await snapshotOfA(w)).toBe(untouched);
    },
  );

  test('all of them together have changed nothing of A', async () => {
    expect(await snapshotOfA(w)).toBe(untouched);
  });

  test('a2 still finds nothing of a1', async () => {
    for (const strategy of ['keyword', 'rrf_fusion']) {
      expect(JSON.stringify(await ask(w.a, w.a2, secretQuestion, { strategy, top_k: 50 }))).not.toContain(
        w.canary,
      );
    }
    const named = await w.a.json('POST', `/rag/conversation/${w.a2}/query`, {
      query: secretQuestion,
      document_ids: [w.a1Document],
    });
    expect(named.status).toBe(404);
    for (const path of [`?branch=${w.a1Answer}`, `?before=${w.a1Message}`]) {
      expect((await w.a.fetch(`/conversations/${w.a2}${path}`)).status).toBe(404);
    }
    expect(JSON.stringify(await ask(w.a, w.a1, secretQuestion))).toContain(w.canary);
  });
});
