import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { printConstraints } from '../../src/db/constraints.ts';
import { printIsolation, repairIsolation } from '../../src/db/isolation.ts';
import { migrate } from '../../src/db/migrate.ts';
import { isMigrated } from '../../src/db/migration-state.ts';
import { checkIsolation } from '../../src/db/self-check.ts';
import { newPerson, startTestApp, type TestApp } from '../support/app.ts';
import { isDistributed } from '../support/database-kind.ts';
import { brokenRules } from './schema-rules.ts';

let app: TestApp;
let pool: pg.Pool;

beforeAll(async () => {
  app = await startTestApp();
  pool = app.app.db.pool;
});

afterAll(() => app?.close());

/** What the rules newly say once these statements have run; everything is taken back. */
async function rulesAfter(statements: string[]): Promise<string[]> {
  const before = await brokenRules(pool);
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    for (const statement of statements) await client.query(statement);
    const broken = await brokenRules(client);
    return broken.filter((rule) => !before.includes(rule));
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

test('the lists of what isolates are as the migrations make it (npm run isolation)', async () => {
  const listed = (name: string) => readFile(new URL(`../../src/db/${name}.sql`, import.meta.url), 'utf8');
  expect(await printIsolation(app.app.db)).toBe(await listed('isolation'));
  expect(await printConstraints(app.app.db)).toBe(await listed('constraints'));
});

// On Citus roles do log in, between the machines, and what is planted here is refused by Citus itself.
test.skipIf(isDistributed())('the live schema keeps every rule of the data model', async () => {
  expect(await brokenRules(pool)).toEqual([]);
});

describe.skipIf(isDistributed())('a planted table or change is caught', () => {
  const secured = (
    table: string,
    condition = `user_id = nullif(current_setting('app.user_id', true), '')::uuid`,
  ) => [
    `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
    `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
    `CREATE POLICY own ON ${table} TO alcove_app USING (${condition}) WITH CHECK (${condition})`,
  ];
  const planted: [string, string[], string[]][] = [
    [
      'a table of a user that keeps the rules',
      [
        'CREATE TABLE good (user_id uuid REFERENCES users ON DELETE CASCADE, id uuid, PRIMARY KEY (user_id, id))',
        ...secured('good'),
      ],
      [],
    ],
    [
      'no user_id',
      [
        'CREATE TABLE bad (id uuid PRIMARY KEY)',
        ...secured('bad', `id = nullif(current_setting('app.user_id', true), '')::uuid`),
      ],
      ['bad: has no user_id'],
    ],
    [
      'no primary key',
      ['CREATE TABLE bad (user_id uuid REFERENCES users)', ...secured('bad')],
      ['bad: has no primary key'],
    ],
    [
      'a primary key without the user',
      ['CREATE TABLE bad (user_id uuid REFERENCES users, id uuid PRIMARY KEY)', ...secured('bad')],
      ['bad: the key bad_pkey does not have user_id in it'],
    ],
    [
      'a unique index without the user',
      [
        'CREATE TABLE bad (user_id uuid REFERENCES users, id uuid, name text, PRIMARY KEY (user_id, id))',
        'CREATE UNIQUE INDEX bad_name ON bad (name)',
        ...secured('bad'),
      ],
      ['bad: the key bad_name does not have user_id in it'],
    ],
    [
      'no foreign key',
      ['CREATE TABLE bad (user_id uuid, id uuid, PRIMARY KEY (user_id, id))', ...secured('bad')],
      ['bad: no foreign key ties it to its user'],
    ],
    [
      'a foreign key that can cross users',
      [
        'CREATE UNIQUE INDEX planted_target ON sessions (id)',
        'CREATE TABLE bad (user_id uuid, id uuid, session_id uuid CONSTRAINT crossing REFERENCES sessions (id), PRIMARY KEY (user_id, id))',
        ...secured('bad'),
      ],
      [
        'bad: crossing does not tie user_id to the user of sessions',
        'sessions: the key planted_target does not have user_id in it',
      ],
    ],
    [
      'a conversation that nothing ties to its user',
      [
        'CREATE TABLE bad (user_id uuid REFERENCES users, id uuid, conversation_id uuid, PRIMARY KEY (user_id, id))',
        ...secured('bad'),
      ],
      ['bad: no foreign key ties its conversation_id to its user'],
    ],
    [
      'a foreign key that can cross conversations',
      [
        `CREATE TABLE bad (user_id uuid, conversation_id uuid, document_id uuid, PRIMARY KEY (user_id, document_id),
           CONSTRAINT inside FOREIGN KEY (user_id, conversation_id) REFERENCES conversations (user_id, id),
           CONSTRAINT crossing FOREIGN KEY (user_id, document_id) REFERENCES messages (user_id, id))`,
        ...secured('bad'),
      ],
      ['bad: crossing does not tie conversation_id to the conversation of messages'],
    ],
    [
      'ON DELETE SET NULL',
      [
        'CREATE TABLE bad (user_id uuid, id uuid, PRIMARY KEY (user_id, id), CONSTRAINT forgets FOREIGN KEY (user_id) REFERENCES users ON DELETE SET NULL)',
        ...secured('bad'),
      ],
      ['bad: forgets sets columns to null or default when its target goes'],
    ],
    [
      'ON UPDATE CASCADE',
      [
        'ALTER TABLE sessions ADD CONSTRAINT follows FOREIGN KEY (user_id) REFERENCES users ON UPDATE CASCADE',
      ],
      ['sessions: follows acts when its target is updated'],
    ],
    [
      'a unique index that every machine would have to know',
      ['CREATE UNIQUE INDEX planted_email ON users (email)'],
      ['users: the key planted_email does not have id, by which the table is distributed'],
    ],
    [
      'a foreign key between tables that lie apart',
      ['ALTER TABLE login_keys ADD CONSTRAINT planted_user FOREIGN KEY (user_id) REFERENCES users'],
      ['login_keys: planted_user does not tie the columns by which both tables are distributed'],
    ],
    [
      'a trigger',
      [
        `CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'`,
        'CREATE TRIGGER planted_trigger BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION planted()',
      ],
      ['messages: has the trigger planted_trigger'],
    ],
    [
      'row-level security off',
      ['ALTER TABLE messages DISABLE ROW LEVEL SECURITY'],
      ['messages: row-level security is off'],
    ],
    [
      'row-level security not forced',
      ['ALTER TABLE chunks NO FORCE ROW LEVEL SECURITY'],
      ['chunks: row-level security is not forced'],
    ],
    [
      'a policy with a sub-select',
      [
        `CREATE POLICY extra ON messages TO alcove_app USING (user_id IN (SELECT id FROM users WHERE id = nullif(current_setting('app.user_id', true), '')::uuid))`,
      ],
      ['messages: the policy extra has a sub-select'],
    ],
    [
      'a policy for everybody',
      ['CREATE POLICY extra ON messages USING (true)'],
      ['messages: the policy extra is for everybody'],
    ],
    [
      'a policy that does not ask for the user',
      ['CREATE POLICY extra ON documents TO alcove_app USING (true)'],
      ['documents: the policy extra does not compare the user'],
    ],
    [
      'a role that owns a table',
      ['ALTER TABLE activity OWNER TO alcove_app'],
      ['activity: belongs to alcove_app', 'alcove_app: owns something'],
    ],
    [
      'a role that bypasses row-level security',
      ['ALTER ROLE alcove_worker BYPASSRLS'],
      ['alcove_worker: can do more than its grants say'],
    ],
    ['a role that can log in', ['ALTER ROLE alcove_app LOGIN'], ['alcove_app: can log in']],
    [
      'a role inside another',
      ['GRANT alcove_admin TO alcove_app'],
      ['alcove_app: is a member of another role'],
    ],
    [
      'vectors that go to TOAST',
      ['ALTER TABLE chunk_vectors ALTER COLUMN embedding SET STORAGE EXTERNAL'],
      ['chunk_vectors: embedding is not STORAGE PLAIN'],
    ],
    [
      'vectors of a fixed dimension',
      [
        'ALTER TABLE chunk_vectors ALTER COLUMN embedding TYPE halfvec(3)',
        'ALTER TABLE chunk_vectors ALTER COLUMN embedding SET STORAGE PLAIN',
      ],
      ['chunk_vectors: embedding has a fixed dimension'],
    ],
    [
      'an audit log that can be changed',
      ['GRANT UPDATE ON audit_log TO alcove_app'],
      ['audit_log: alcove_app is granted UPDATE'],
    ],
    [
      'an audit log that can be cut',
      ['GRANT DELETE ON audit_log TO alcove_app'],
      ['audit_log: alcove_app is granted DELETE'],
    ],
    ['a table open to everybody', ['GRANT SELECT ON users TO PUBLIC'], ['users: PUBLIC is granted SELECT']],
    [
      'a function that anybody may call as its owner',
      [
        `CREATE FUNCTION planted() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM users'`,
      ],
      [
        'planted: anybody may call it',
        'planted: has no search_path of its own',
        'planted: does not look through temporary tables last',
      ],
    ],
    [
      'a function that temporary tables can mislead',
      [
        `CREATE FUNCTION planted() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = public AS 'SELECT count(*) FROM users'`,
        'REVOKE ALL ON FUNCTION planted() FROM PUBLIC',
      ],
      ['planted: does not look through temporary tables last'],
    ],
  ];

  test.each(planted)('%s', async (_name, statements, expected) => {
    const made = /^CREATE TABLE (\w+)/.exec(
      statements.find((one) => one.startsWith('CREATE TABLE')) ?? '',
    )?.[1];
    const unmapped = made === undefined ? [] : [`${made}: is not in src/db/distribution.ts`];
    expect((await rulesAfter(statements)).toSorted()).toEqual([...expected, ...unmapped].toSorted());
  });
});

describe('no statement of a file that updates calls a volatile function', () => {
  // A distributed database refuses them in UPDATE and upsert: the time of the statement and ids come from outside.
  let names: string[];
  beforeAll(async () => {
    const { rows } = await pool.query<{ name: string }>(
      `SELECT DISTINCT proname AS name FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
       WHERE provolatile = 'v' AND l.lanname = 'internal' AND proname NOT LIKE 'pg\\_%' AND proname NOT LIKE 'ri\\_%'`,
    );
    names = rows.map(({ name }) => name);
  });

  test('in the source', async () => {
    const root = new URL('../../src/', import.meta.url).pathname;
    const found: string[] = [];
    for (const file of globSync('**/*.ts', { cwd: root }))
      found.push(...volatileCalls(file, await readFile(root + file, 'utf8'), names));
    expect(found).toEqual([]);
  });

  test('but a planted one is found, however it is quoted', () => {
    const update = 'tx.update(work).set({ at });';
    expect(
      [
        `${update} const at = sql\`\${a} + clock_timestamp()\`;`,
        `${update} const id = 'gen_random_uuid()';`,
        `const text = "INSERT INTO a VALUES (random()) ON CONFLICT DO NOTHING";`,
        `const text = 'UPDATE a SET at = clock_timestamp()';`,
        `${update} const at = sql\`now()\`; random(); // random()`,
        `const text = 'SELECT random()';`,
      ].map((text) => volatileCalls('a.ts', text, names)),
    ).toEqual([
      ['a.ts: clock_timestamp('],
      ['a.ts: gen_random_uuid('],
      ['a.ts: random('],
      ['a.ts: clock_timestamp('],
      [],
      [],
    ]);
  });
});

/** In the strings of a file that has an UPDATE or an upsert anywhere. */
function volatileCalls(file: string, text: string, names: readonly string[]): string[] {
  if (!/\bUPDATE\b|\bON CONFLICT\b|\.update\(|\.onConflict/.test(text)) return [];
  const calls = new RegExp(`\\b(?:${names.join('|')})\\(`, 'g');
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node))
      for (const [call] of node.text.matchAll(calls)) found.push(`${file}: ${call}`);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest));
  return found;
}

test('the audit log takes entries and gives none back up', async () => {
  const person = await newPerson(app.baseUrl);
  const as = { userId: person.id };
  const own = `WHERE user_id = '${person.id}'`;
  const tries = [
    `UPDATE audit_log SET action = action ${own}`,
    `DELETE FROM audit_log ${own}`,
    'TRUNCATE audit_log',
  ];
  for (const statement of tries) {
    const failed = app.app.db.scoped(as, (tx) => tx.execute(statement));
    await expect(failed, statement).rejects.toMatchObject({ cause: { code: '42501' } });
  }
  const kept = await app.app.db.scoped(as, (tx) =>
    tx.execute(`SELECT action FROM audit_log ${own} ORDER BY created_at, id`),
  );
  expect(kept.rows).toContainEqual({ action: 'account.created' });
});

test.skipIf(isDistributed())(
  'an administrator finds an address, and who is the last of them, by an index',
  async () => {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      await client.query(
        `INSERT INTO users (id, email, role, status, created_at, updated_at)
       SELECT gen_random_uuid(), 'Person-' || n || '@example.org', 'user', 'active', now(), now() FROM generate_series(1, 5000) n`,
      );
      await client.query('ANALYZE users');
      await client.query(`SET LOCAL ROLE ${app.app.db.roles.admin}`);
      const planOf = async (statement: string, ...values: unknown[]): Promise<string> =>
        JSON.stringify((await client.query(`EXPLAIN ${statement}`, values)).rows);
      const address = 'person-7@example.org';
      const list = `SELECT u.id, u.email, s.expires_at FROM users u
      LEFT JOIN setup_tokens s ON s.user_id = u.id AND s.purpose = 'invite'
      WHERE lower(u.email) = $1 ORDER BY u.created_at DESC, u.id DESC LIMIT $2`;
      expect(await planOf(list, address, 50)).toContain('users_by_email');
      const last = 'SELECT id FROM users WHERE role = $1 AND status = $2 LIMIT $3';
      expect(await planOf(last, 'admin', 'active', 2)).toContain('users_active_admins');
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  },
);

test('migrating again changes nothing', async () => {
  const before = await fingerprint();
  await migrate(app.app.db);
  await migrate(app.app.db);
  expect(await fingerprint()).toEqual(before);
  expect(await isMigrated(app.app.db)).toBe(true);
});

test.each([
  [
    'row-level security is off',
    'ALTER TABLE messages DISABLE ROW LEVEL SECURITY',
    'ALTER TABLE messages ENABLE ROW LEVEL SECURITY',
    'table messages has no row-level security',
  ],
  [
    'it is not forced',
    'ALTER TABLE documents NO FORCE ROW LEVEL SECURITY',
    'ALTER TABLE documents FORCE ROW LEVEL SECURITY',
    'row-level security of documents is not forced',
  ],
  [
    'a table belongs to the application role',
    'ALTER TABLE activity OWNER TO alcove_app',
    'ALTER TABLE activity OWNER TO CURRENT_USER',
    'table activity belongs to alcove_app',
  ],
])('the self-check at start refuses when %s', async (_name, breaks, mends, message) => {
  await checkIsolation(app.app.db);
  await pool.query(breaks);
  await expect(checkIsolation(app.app.db)).rejects.toThrow(message);
  await pool.query(mends);
  // A change of owner takes grants along.
  await repairIsolation(app.app.db);
  await checkIsolation(app.app.db);
});

/** Everything that a migration could change, as text. */
async function fingerprint(): Promise<unknown> {
  const { rows } = await pool.query(`
    SELECT (SELECT string_agg(format('%s.%s %s', attrelid::regclass, attname, atttypid::regtype), E'\\n' ORDER BY attrelid::regclass::text, attnum)
        FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
        WHERE c.relnamespace = current_schema()::regnamespace AND attnum > 0) AS columns,
      (SELECT string_agg(pg_get_constraintdef(oid), E'\\n' ORDER BY conname, oid) FROM pg_constraint WHERE connamespace = current_schema()::regnamespace) AS constraints,
      (SELECT string_agg(polname || pg_get_expr(polqual, polrelid), E'\\n' ORDER BY polrelid, polname) FROM pg_policy) AS policies,
      (SELECT jsonb_agg(to_jsonb(m) ORDER BY id) FROM drizzle.__drizzle_migrations m) AS migrations`);
  return rows[0];
}
