import { expect, test } from 'vitest';
import { newId } from '../../src/db/ids.ts';
import { isIngesting } from '../../src/documents/stale-store.ts';
import { insertDocuments } from '../../src/documents/store.ts';
import { postponeDocument } from '../../src/documents/work-store.ts';
import { documentWork } from '../../src/work/lease.ts';
import { claim } from '../../src/work/store.ts';
import { newScope, unlimited } from '../retrieval/write-document.ts';
import { sharedApp } from '../support/app.ts';

/** Has no worker that could take what a test is about to claim. */
const app = sharedApp({ env: { ROLE: 'web' } });
const leaseMs = 60_000;

test('a file that waits for its next try holds up nobody; one that is due or with a worker does', async () => {
  const { baseUrl, app: running } = await app();
  const { db } = running;
  const scope = await newScope(db, baseUrl);
  const id = newId();
  const file = { id, name: 'a.txt', mediaType: 'text/plain', sizeBytes: 1, sha256: id, blobKey: `a/${id}` };
  expect(await isIngesting(db, leaseMs)).toBe(false);
  await insertDocuments(db, scope, [file], unlimited, new Date());
  expect(await isIngesting(db, leaseMs)).toBe(true);
  const lease = await claim(db, documentWork(scope, 'ingest', id), 'test', leaseMs);
  if (lease === null) throw new Error('the file was not claimed');
  expect(await isIngesting(db, leaseMs)).toBe(true);
  await postponeDocument(db, lease, { inMs: 300_000, isCounted: false, stageMessage: 'waits' });
  expect(await isIngesting(db, leaseMs)).toBe(false);
});
