import { expect, test } from 'vitest';
import type { ConversationScope } from '../../src/conversations/scope.ts';
import type { Database } from '../../src/db/database.ts';
import { completeDocument } from '../../src/documents/index-store.ts';
import { replaceKeywordSegment } from '../../src/documents/keyword-store.ts';
import { keywordKind, passagesKind, vectorKind } from '../../src/documents/segment-kinds.ts';
import { finishVectors, storeVectors } from '../../src/documents/vector-store.ts';
import { quantiseVectors } from '../../src/indexing/vectors.ts';
import { documentWork, type Lease } from '../../src/work/lease.ts';
import { claim, hurry } from '../../src/work/store.ts';
import { sharedApp } from '../support/app.ts';
import { indexed, model, newScope, vectorsOf, writeDocument } from '../retrieval/write-document.ts';

/** Has no worker that could take what a test is about to claim. */
const app = sharedApp({ env: { ROLE: 'web' } });

async function claimIndex(
  db: Database,
  scope: ConversationScope,
  id: string,
  target: string,
): Promise<Lease> {
  const key = documentWork(scope, 'index', id, target);
  await db.scoped(scope, (tx) => hurry(tx, key));
  const lease = await claim(db, key, 'test', 60_000);
  if (lease === null) throw new Error(`${target} was not claimed`);
  return lease;
}

test('whoever indexes passages that were read anew meanwhile writes nothing', async () => {
  const { baseUrl, app: running } = await app();
  const { db } = running;
  const scope = await newScope(db, baseUrl);
  const old = ['A heron stands.', 'It waits.', 'It strikes.'];
  const id = await writeDocument(db, scope, old);
  const [vectors, keywords, passages] = [
    await claimIndex(db, scope, id, vectorKind(model)),
    await claimIndex(db, scope, id, keywordKind),
    await claimIndex(db, scope, id, passagesKind),
  ];
  const made = indexed(['A heron stands. It waits.', 'It strikes.']);
  expect(await completeDocument(db, passages, made, model, new Date())).toBe(true);

  const [first] = vectorsOf(1, 1, 4);
  const rows = [{ ordinal: 0, embedding: first ?? new Float32Array(), contentHash: null }];
  expect(await storeVectors(db, vectors, model, rows, 'new vectors')).toBe(false);
  expect(await finishVectors(db, vectors, model, quantiseVectors(vectorsOf(1, old.length, 4)))).toBe(false);
  expect(await replaceKeywordSegment(db, keywords, indexed(old).keywordSegment, 'en')).toBe(false);
  const stored = await db.pool.query<{ kind: string; bytes: Buffer }>(
    'SELECT kind, bytes FROM segments WHERE user_id = $1 AND document_id = $2',
    [scope.userId, id],
  );
  expect(stored.rows.map(({ kind, bytes }) => [kind, Buffer.from(bytes)])).toEqual([
    [keywordKind, Buffer.from(made.keywordSegment)],
  ]);
  const due = await db.pool.query<{ target: string }>(
    'SELECT target FROM work WHERE user_id = $1 AND item_id = $2 AND token IS NULL',
    [scope.userId, id],
  );
  expect(due.rows).toEqual([{ target: vectorKind(model) }]);
});
