import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { connectDatabase } from '../../src/db/client.ts';
import type { Database } from '../../src/db/database.ts';
import { migrate } from '../../src/db/migrate.ts';
import { AppError } from '../../src/errors.ts';
import { databaseKind } from '../support/app.ts';
import { type DatabaseProxy, startDatabaseProxy } from '../support/database-proxy.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

const authority = { userId: '01234567-89ab-7cde-8f01-23456789abcd' };
const one = { name: 'stalled_one', text: 'SELECT 1 AS one', values: [] };
const poolSize = 2;

describe.skipIf(databaseKind === 'pglite')('a database whose answers get lost (PostgreSQL)', () => {
  let database: TestDatabase;
  let proxy: DatabaseProxy;
  let db: Database;
  const sent: string[] = [];
  beforeAll(async () => {
    database = await createTestDatabase(process.env['TEST_DATABASE_URL'] ?? '');
    proxy = await startDatabaseProxy(database.url);
    db = await connectDatabase(
      { kind: 'postgresql', url: proxy.url, poolSize },
      { answerTimeoutMs: 700, log: ({ sql }) => void sent.push(sql) },
    );
    await migrate(db);
  }, 60_000);
  afterAll(async () => {
    await db?.close();
    await proxy?.close();
    await database?.drop();
  });

  test('fails what waits for it with 503, and keeps no connection for it', { timeout: 30_000 }, async () => {
    expect(await db.read(authority, [one])).toEqual([[{ one: 1 }]]);
    proxy.swallow(true);
    const started = performance.now();
    const ways = [
      () => db.read(authority, [one]),
      () => db.write(authority, [one]),
      () => db.scoped(authority, (tx) => tx.execute('SELECT 1')),
      () => db.reading(authority, (tx) => tx.execute('SELECT 1')),
    ];
    // Twice as many as there are connections: the others wait for one that is given up.
    const outcomes = await Promise.allSettled(ways.map((way) => way()));
    expect(performance.now() - started).toBeLessThan(15_000);
    // It would not be answered either, and the caller would wait as long again.
    expect(sent).not.toContain('ROLLBACK');
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') expect.fail('it was answered');
      expect(outcome.reason).toBeInstanceOf(AppError);
      expect((outcome.reason as AppError).code).toBe('unavailable');
    }
    proxy.swallow(false);
    const again = await Promise.all(Array.from({ length: 3 * poolSize }, () => db.read(authority, [one])));
    expect(again).toHaveLength(3 * poolSize);
    expect(db.pool.totalCount).toBeLessThanOrEqual(poolSize);
    expect(db.pool.waitingCount).toBe(0);
  });

  test('does not bind a migration', { timeout: 30_000 }, async () => {
    const blocker = await db.pool.connect();
    await blocker.query('SELECT pg_advisory_lock(7312019114)');
    const waiting = migrate(db);
    await vi.waitFor(async () => {
      const { rowCount } = await blocker.query(
        `SELECT 1 FROM pg_stat_activity WHERE wait_event = 'advisory' AND now() - query_start > interval '1.5 s'`,
      );
      expect(rowCount).toBeGreaterThan(0);
    }, 20_000);
    await blocker.query('SELECT pg_advisory_unlock(7312019114)');
    blocker.release();
    await waiting;
  });
});
