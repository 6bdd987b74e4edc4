import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ConversationScope } from '../../src/conversations/scope.ts';
import type { Database } from '../../src/db/database.ts';
import { writeVectors } from '../../src/documents/embedding-cache-store.ts';
import { readBackground } from '../../src/indexing/background.ts';
import type { RetrievalDeps } from '../../src/retrieval/deps.ts';
import { vectorLeg } from '../../src/retrieval/legs.ts';
import { SizedLru } from '../../src/retrieval/lru.ts';
import type { Hit } from '../../src/retrieval/result.ts';
import { createSegmentCache } from '../../src/retrieval/segment-cache.ts';
import { readSearchable, type SearchScope, searchVectors } from '../../src/retrieval/store.ts';
import { sharedApp } from '../support/app.ts';
import { model, newScope, vectorsOf, writeDocument } from './write-document.ts';

// Without a worker that could take what a test is about to write.
const app = sharedApp({ env: { ROLE: 'web' } });
const wanted = 10;

/** The nearest by the index segments, in memory or, where there is no room, one after the other. */
async function nearest(
  db: Database,
  scope: SearchScope,
  query: Float32Array,
  cacheBytes: number,
): Promise<Hit[]> {
  const { documents } = await readSearchable(db, scope);
  const deps: RetrievalDeps = {
    db,
    embedding: null,
    segments: createSegmentCache(db, cacheBytes),
    background: readBackground(),
    cache: new SizedLru(0),
    searchables: new SizedLru(0),
    queryEmbeddings: new SizedLru(0),
  };
  const [hits] = await vectorLeg(scope, documents, [query], model, wanted, deps);
  return (hits ?? []).slice(0, wanted);
}

/** The nearest by pgvector, over the rows that `addVectors` has written. */
async function nearestInRows(db: Database, scope: SearchScope, query: Float32Array): Promise<Hit[]> {
  const { documents } = await readSearchable(db, scope);
  const ids = documents.map(({ id }) => id);
  return searchVectors(db, scope, query, model, ids, wanted);
}

/** A document with its segment, and with the rows that earlier versions kept beside it. */
async function addVectors(db: Database, scope: ConversationScope, vectors: Float32Array[]): Promise<string> {
  const texts = vectors.map((_, at) => `passage ${at}`);
  const id = await writeDocument(db, scope, texts, vectors);
  const rows = vectors.map((embedding, ordinal) => ({ ordinal, embedding, contentHash: null }));
  await db.scoped(scope, (tx) => writeVectors(tx, scope, id, model, rows));
  return id;
}

/** The same ids in the same order but for scores that are closer than the stored precision can tell apart. */
function expectSame(found: readonly Hit[], reference: readonly Hit[]): void {
  expect(found).toHaveLength(reference.length);
  const scoreOf = new Map(reference.map((hit) => [`${hit.documentId}/${hit.ordinal}`, hit.score]));
  const worst = reference.at(-1)?.score ?? 0;
  found.forEach((hit, at) => {
    expect(Math.abs(hit.score - (reference[at]?.score ?? Number.NaN))).toBeLessThan(0.001);
    const known = scoreOf.get(`${hit.documentId}/${hit.ordinal}`);
    if (known === undefined) expect(Math.abs(hit.score - worst)).toBeLessThan(0.0002);
    else expect(Math.abs(hit.score - known)).toBeLessThan(0.001);
  });
  const missed = found.filter((hit) => !scoreOf.has(`${hit.documentId}/${hit.ordinal}`));
  // Only a tie at the end of the list may be decided otherwise.
  expect(missed.length).toBeLessThanOrEqual(1);
}

const dimensions = fc.constantFrom(8, 100, 384, 1024);

test('segments and pgvector find the same, with scores within 0.001', { timeout: 120_000 }, async () => {
  const { db } = (await app()).app;
  await fc.assert(
    fc.asyncProperty(
      fc.nat(1e6),
      dimensions,
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 }),
      async (seed, dimension, counts) => {
        const scope = await newScope(db, (await app()).baseUrl);
        for (const [at, count] of counts.entries())
          await addVectors(db, scope, vectorsOf(seed + at, count, dimension));
        for (const query of vectorsOf(seed - 1, 3, dimension)) {
          const bySegments = await nearest(db, scope, query, 2 ** 24);
          expectSame(bySegments, await nearestInRows(db, scope, query));
          expectSame(bySegments, await nearestInRows(db, scope.user, query));
          expectSame(await nearest(db, scope, query, 0), bySegments);
          expectSame(await nearest(db, scope.user, query, 0), bySegments);
        }
      },
    ),
    { numRuns: 12, seed: 20_261_121 },
  );
});

test('a vector segment that cannot be read is made up for by the rows of an earlier version', async () => {
  const { db } = (await app()).app;
  const scope = await newScope(db, (await app()).baseUrl);
  const [whole, damaged] = [vectorsOf(5, 20, 64), vectorsOf(6, 20, 64)];
  await addVectors(db, scope, whole);
  const id = await addVectors(db, scope, damaged);
  const [query = new Float32Array(64)] = vectorsOf(7, 1, 64);
  const before = await nearest(db, scope, query, 2 ** 24);
  const { rowCount } = await db.pool.query(
    `UPDATE segments SET bytes = '\\x00' WHERE document_id = $1 AND kind LIKE 'vector:%'`,
    [id],
  );
  expect(rowCount).toBe(1);
  expectSame(await nearest(db, scope, query, 2 ** 24), before);
});
