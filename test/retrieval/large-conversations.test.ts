import { expect, test } from 'vitest';
import { vectorLeg } from '../../src/retrieval/legs.ts';
import type { Hit } from '../../src/retrieval/result.ts';
import { createSegmentCache, type SegmentCache } from '../../src/retrieval/segment-cache.ts';
import { readSearchable } from '../../src/retrieval/store.ts';
import { sharedApp } from '../support/app.ts';
import { depsOf, mostBytes, writeWords } from './support/segments.ts';
import { model, newScope, vectorsOf, writeDocument } from './write-document.ts';

// Conversations whose vectors take more than one question may keep in memory: they are read in groups, and let go.

/** Has no worker that could take what a test is about to write. */
const app = sharedApp({ env: { ROLE: 'web' } });

test('vectors that are too many to be kept are scanned in groups, with the same result', async () => {
  const { db } = (await app()).app;
  const scope = await newScope(db, (await app()).baseUrl);
  await writeWords(db, scope, 12, 8);
  const { documents } = await readSearchable(db, scope);
  const [query = new Float32Array(64)] = vectorsOf(4, 1, 64);
  const byVector = async (segments: SegmentCache): Promise<Hit[]> => {
    const [hits] = await vectorLeg(scope, documents, [query], model, 10, depsOf(db, segments));
    return hits ?? [];
  };
  const roomy = createSegmentCache(db, 2 ** 24);
  const expected = await byVector(roomy);
  expect(expected).toHaveLength(96);
  // A quarter of the budget is all that is kept for one question, and a sixteenth holds one document.
  const budget = 4 * roomy.bytes;
  const tight = createSegmentCache(db, budget - 1_000);
  let found: Hit[][] = [];
  const most = await mostBytes(tight, async () => {
    found = await Promise.all([byVector(tight), byVector(tight), byVector(tight)]);
  });
  for (const hits of found) {
    expect(hits.slice(0, 20)).toEqual(
      expected.slice(0, 20).map((hit) => ({ ...hit, score: expect.closeTo(hit.score, 5) })),
    );
    expect(hits.map(({ documentId, ordinal }) => `${documentId}/${ordinal}`).toSorted()).toEqual(
      expected.map(({ documentId, ordinal }) => `${documentId}/${ordinal}`).toSorted(),
    );
  }
  // Half of the budget is for vectors, whoever asks.
  expect(most).toBeLessThanOrEqual(budget / 2);
  // Nothing of it is kept.
  expect(tight.bytes).toBe(0);
});

test.each([
  ['cut short', 'UPDATE segments SET bytes = substring(bytes FROM 1 FOR 500)', true],
  [
    'of a dimension that they are not',
    `UPDATE segments SET bytes = overlay(bytes PLACING '\\xff0f0000'::bytea FROM 13)`,
    true,
  ],
  ['not there', 'DELETE FROM segments', false],
])('vectors that pass through and are %s are left out, and reported', async (_, damage, isThere) => {
  const { db } = (await app()).app;
  const scope = await newScope(db, (await app()).baseUrl);
  const [broken = ''] = await writeWords(db, scope, 13, 3);
  await writeDocument(db, scope, [], []);
  await db.pool.query(`${damage} WHERE document_id = $1 AND kind LIKE 'vector:%'`, [broken]);
  const reported: [string, boolean][] = [];
  const tight = createSegmentCache(db, 0, {
    onUnreadable: (_, { id }, _kind, isStored) => reported.push([id, isStored]),
  });
  const { documents } = await readSearchable(db, scope);
  const [query = new Float32Array(64)] = vectorsOf(4, 1, 64);
  const [hits = []] = await vectorLeg(scope, documents, [query], model, 10, depsOf(db, tight));
  expect(hits).toHaveLength(24);
  expect(hits.map((hit) => hit.documentId)).not.toContain(broken);
  expect(reported).toEqual([[broken, isThere]]);
  expect(tight.bytes).toBe(0);
});
