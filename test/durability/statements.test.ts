import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database, Statement } from '../../src/db/database.ts';
import { databaseCode, DatabaseAway, isForeignKeyViolation, isUniqueViolation } from '../../src/db/errors.ts';
import { wrapQueries } from '../../torture/support/wrap-queries.ts';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';

let app: TestApp;
let db: Database;
let person: Person;
beforeAll(async () => {
  app = await startTestApp();
  db = app.app.db;
  person = await newPerson(app.baseUrl);
});
afterAll(() => app?.close());

const authority = () => ({ userId: person.id });
let names = 0;

function statement(text: string, ...values: unknown[]): Statement {
  names += 1;
  return { name: `statements_test_${names}`, text, values };
}

const insertDay = (day: string, user = person.id): Statement =>
  statement('INSERT INTO activity (user_id, day) VALUES ($1, $2::date)', user, day);
const days = (): Statement =>
  statement('SELECT day::text AS day FROM activity WHERE user_id = $1 ORDER BY 1', person.id);
const orphan = (): Statement =>
  statement(
    `INSERT INTO messages (user_id, conversation_id, id, seq, role, content, status, metadata, created_at)
      VALUES ($1, gen_random_uuid(), gen_random_uuid(), 1, 'user', 'x', 'complete', '{}', now())`,
    person.id,
  );

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => error,
  );
}

describe('statements that travel together', () => {
  test('run in their order, each seeing what those before it did', async () => {
    const rows = await db.write(authority(), [
      days(),
      insertDay('2001-01-01'),
      days(),
      statement('DELETE FROM activity WHERE user_id = $1', person.id),
      days(),
    ]);
    expect([rows[0], rows[2], rows[4]]).toEqual([[], [{ day: '2001-01-01' }], []]);
  });

  test('fail with the first real failure, not with those that follow from it', async () => {
    const error = await failureOf(
      db.write(authority(), [insertDay('2001-01-02'), insertDay('2001-01-02'), orphan(), days()]),
    );
    expect(isUniqueViolation(error)).toBe(true);
    const other = await failureOf(
      db.batch([{ authority: authority(), statements: [orphan(), days(), days()] }]),
    );
    expect(isForeignKeyViolation(other)).toBe(true);
    expect((await db.read(authority(), [days()]))[0]).toEqual([]);
  });

  test('fail with the failure of the last ones too, which come with the commit', async () => {
    const error = await failureOf(
      db.write(authority(), [insertDay('2001-01-03')], async () => [insertDay('2001-01-03'), days()]),
    );
    expect(isUniqueViolation(error)).toBe(true);
    expect((await db.read(authority(), [days()]))[0]).toEqual([]);
  });

  test('of somebody else are refused by their policy, and nothing is kept', async () => {
    const stranger = await newPerson(app.baseUrl);
    const error = await failureOf(
      db.write(authority(), [insertDay('2001-01-04'), insertDay('2001-01-04', stranger.id), days()]),
    );
    expect(databaseCode(error)).toBe('42501');
    expect((await db.read(authority(), [days()]))[0]).toEqual([]);
  });
});

test('a transaction that went on after a failure does not look committed', async () => {
  const { sql } = await import('drizzle-orm');
  const error = await failureOf(
    db.scoped(authority(), async (tx) => {
      await tx.execute(sql`SELECT 1 / 0`).catch(() => {});
    }),
  );
  expect(String(error)).toMatch(/went on after a failed statement/);
});

test('what travels with an opening that fails writes nothing', async () => {
  const { sql } = await import('drizzle-orm');
  let isRefusing = true;
  wrapQueries(db.pool, (text) =>
    isRefusing && text.startsWith('BEGIN') && text.includes(person.id)
      ? { instead: `DO $$ BEGIN RAISE EXCEPTION 'failed on purpose' USING ERRCODE = '57014'; END $$` }
      : undefined,
  );
  const stepwise = failureOf(db.write(authority(), [insertDay('2001-02-01')], async () => []));
  expect(databaseCode(await stepwise)).toBe('57014');
  const scoped = db.scoped(authority(), (tx) =>
    tx.execute(sql`INSERT INTO activity (user_id, day) VALUES (${person.id}, '2001-02-02')`),
  );
  expect(databaseCode(await failureOf(scoped))).toBe('57014');
  // These do not wait for their opening, and its connection may end before they are all sent.
  const failed = /^(?:57014|EPIPE|ECONNRESET)$/;
  const together = [insertDay('2001-02-03'), insertDay('2001-02-04')];
  expect(databaseCode(await failureOf(db.write(authority(), together)))).toMatch(failed);
  const groups = [
    { authority: authority(), statements: [insertDay('2001-02-05')] },
    { authority: authority(), statements: [insertDay('2001-02-06')] },
  ];
  expect(databaseCode(await failureOf(db.batch(groups)))).toMatch(failed);
  isRefusing = false;
  expect((await db.read(authority(), [days()]))[0]).toEqual([]);
});

test('every statement is in the log at debug level, pipelined ones too, and no value', async () => {
  const conversation = await person.client.conversations.create({ title: 'Never-logged title' });
  await person.client.messages.add(conversation.id, { role: 'user', content: 'Never-logged content' });
  const lines = app.logs.map(
    (line) => JSON.parse(line) as { sql?: string; parameters?: number; ms?: number },
  );
  const append = lines.findLast(({ sql }) => sql?.startsWith('INSERT INTO messages'));
  expect(append?.parameters).toBe(12);
  expect(append?.ms).toBeGreaterThan(0);
  for (const sql of ['UPDATE conversations SET next_seq', 'INSERT INTO activity', 'COMMIT', 'BEGIN'])
    expect(lines.some((line) => line.sql?.startsWith(sql))).toBe(true);
  // What is everybody's goes past the transactions of a user.
  await db.pool.query('SELECT $1::int AS past', [1]);
  expect(app.logs.some((line) => line.includes('SELECT $1::int AS past'))).toBe(true);
  expect(app.logs.join('\n')).not.toContain('Never-logged');
});

test('what goes on behind a server that has stopped is told so', async () => {
  const other = await startTestApp();
  const { id } = await newPerson(other.baseUrl);
  await other.close();
  const { sql } = await import('drizzle-orm');
  const error = await failureOf(other.app.db.scoped({ userId: id }, (tx) => tx.execute(sql`SELECT 1`)));
  expect(error).toBeInstanceOf(DatabaseAway);
});
