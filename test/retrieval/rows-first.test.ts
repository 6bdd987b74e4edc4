import { expect, test, vi } from 'vitest';
import type { ConversationScope } from '../../src/conversations/scope.ts';
import type { Database } from '../../src/db/database.ts';
import { quantiseVectors } from '../../src/indexing/vectors.ts';
import { vectorLeg } from '../../src/retrieval/legs.ts';
import type { Hit } from '../../src/retrieval/result.ts';
import { createSegmentCache, type SegmentCache } from '../../src/retrieval/segment-cache.ts';
import { readSearchable } from '../../src/retrieval/store.ts';
import { sharedApp } from '../support/app.ts';
import { depsOf, writeWords } from './support/segments.ts';
import { model, newScope, vectorsOf } from './write-document.ts';

// Of large conversations the first question is answered before the residuals of all vectors have come.

/** Has no worker that could take what a test is about to write. */
const app = sharedApp({ env: { ROLE: 'web' } });
const queries = vectorsOf(4, 2, 64);

async function byVector(db: Database, segments: SegmentCache, scope: ConversationScope): Promise<Hit[][]> {
  const { documents } = await readSearchable(db, scope);
  return vectorLeg(scope, documents, queries, model, 10, depsOf(db, segments));
}

/** Counts what is asked of the database for vectors. */
function counting(db: Database): { db: Database; trips: string[] } {
  const trips: string[] = [];
  return {
    trips,
    db: {
      ...db,
      read(authority, statements) {
        const names = statements.map(({ name }) => name);
        if (names.some((name) => name.startsWith('residuals_at'))) trips.push('the best');
        return db.read(authority, statements);
      },
      copy(authority, select, take) {
        trips.push(select.includes('FROM 1 FOR') ? 'rows' : 'residuals');
        return db.copy(authority, select, take);
      },
    },
  };
}

test('answers are the same before and after the residuals have come, and those of whole segments', async () => {
  const { db } = (await app()).app;
  const scope = await newScope(db, (await app()).baseUrl);
  await writeWords(db, scope, 21, 8);
  const expected = await byVector(db, createSegmentCache(db, 2 ** 24), scope);
  const counted = counting(db);
  const segments = createSegmentCache(counted.db, 2 ** 24, { rowsFirstBytes: 0 });
  expect(await byVector(counted.db, segments, scope)).toEqual(expected);
  expect(counted.trips).toEqual(['rows', 'the best']);
  const taken = segments.bytes;
  await vi.waitFor(() => expect(counted.trips).toContain('residuals'), 10_000);
  await vi.waitFor(async () => {
    counted.trips.length = 0;
    expect(await byVector(counted.db, segments, scope)).toEqual(expected);
    expect(counted.trips).toEqual([]);
  }, 10_000);
  expect(segments.bytes).toBe(taken);
});

test('residuals that could not be read are read after the next question', async () => {
  const { db } = (await app()).app;
  const scope = await newScope(db, (await app()).baseUrl);
  await writeWords(db, scope, 22, 2);
  const expected = await byVector(db, createSegmentCache(db, 2 ** 24), scope);
  let failures = 0;
  const failing: Database = {
    ...db,
    async copy(authority, select, take) {
      if (!select.includes('FROM 1 FOR') && failures++ === 0) throw new Error('the connection was lost');
      return db.copy(authority, select, take);
    },
  };
  const segments = createSegmentCache(failing, 2 ** 24, { rowsFirstBytes: 0 });
  expect(await byVector(failing, segments, scope)).toEqual(expected);
  await vi.waitFor(() => expect(failures).toBe(1), 10_000);
  expect(await byVector(failing, segments, scope)).toEqual(expected);
  await vi.waitFor(() => expect(failures).toBe(2), 10_000);
});

test('damage that only the checksum tells is reported when the residuals have come', async () => {
  const { db } = (await app()).app;
  const scope = await newScope(db, (await app()).baseUrl);
  const [broken = ''] = await writeWords(db, scope, 23, 3);
  await db.pool.query(
    `UPDATE segments SET bytes = overlay(bytes PLACING '\\x7f80'::bytea FROM 100)
      WHERE document_id = $1 AND kind LIKE 'vector:%'`,
    [broken],
  );
  const reported: string[] = [];
  const segments = createSegmentCache(db, 2 ** 24, {
    rowsFirstBytes: 0,
    onUnreadable: (_, { id }) => void reported.push(id),
  });
  const [hits = []] = await byVector(db, segments, scope);
  expect(hits).toHaveLength(36);
  const taken = segments.bytes;
  await vi.waitFor(() => expect(reported).toEqual([broken]), 10_000);
  expect(segments.bytes).toBe((taken / 3) * 2);
});

test('a segment that was written anew between its rows and its residuals is not reported', async () => {
  const { db } = (await app()).app;
  const scope = await newScope(db, (await app()).baseUrl);
  const [rewritten] = await writeWords(db, scope, 25, 2);
  const reported: string[] = [];
  const counted = counting(db);
  const segments = createSegmentCache(counted.db, 2 ** 24, {
    rowsFirstBytes: 0,
    onUnreadable: (_, { id }) => void reported.push(id),
  });
  await byVector(counted.db, segments, scope);
  const taken = segments.bytes;
  await db.pool.query(`UPDATE segments SET bytes = $2 WHERE document_id = $1 AND kind LIKE 'vector:%'`, [
    rewritten,
    quantiseVectors(vectorsOf(77, 12, 64)),
  ]);
  await vi.waitFor(() => expect(segments.bytes).toBe(taken / 2), 10_000);
  await vi.waitFor(
    () => expect(counted.trips.filter((trip) => trip === 'residuals')).toHaveLength(2),
    10_000,
  );
  expect(reported).toEqual([]);
});

test('residuals of what has left the cache meanwhile are passed by', async () => {
  const { db } = (await app()).app;
  const [first, second] = [
    await newScope(db, (await app()).baseUrl),
    await newScope(db, (await app()).baseUrl),
  ];
  for (const scope of [first, second]) await writeWords(db, scope, 24, 4);
  const roomy = createSegmentCache(db, 2 ** 24);
  const expected = await byVector(db, roomy, first);
  // Half of the budget is for vectors, and holds those of one conversation.
  const tight = createSegmentCache(db, 4 * roomy.bytes, { rowsFirstBytes: 0 });
  for (let at = 0; at < 4; at++) {
    expect(await byVector(db, tight, first)).toEqual(expected);
    expect(await byVector(db, tight, second)).toHaveLength(2);
    expect(tight.bytes).toBeLessThanOrEqual(2 * roomy.bytes);
  }
});
