import { createHash } from 'node:crypto';
import type { BlobStore } from '../../src/files/blob-store.ts';
import { mustEqual } from './claims.ts';

interface Query {
  (sql: string): Promise<{ rows: unknown[] }>;
}

/**
 * Reads every original that a row names: it is what was uploaded. Those that no row names are counted: they wait for the
 * reconciler. @throws BrokenPromise
 */
export async function verifyOriginals(
  query: Query,
  blobs: BlobStore,
): Promise<{ whole: number; unnamed: number }> {
  const named = (await query('SELECT DISTINCT blob_key AS key, sha256 FROM documents')).rows as {
    key: string;
    sha256: string;
  }[];
  const wrong: string[] = [];
  for (const { key, sha256 } of named) {
    const hash = createHash('sha256');
    for await (const part of await blobs.read(key)) hash.update(part as Buffer);
    if (hash.digest('hex') !== sha256) wrong.push(key);
  }
  mustEqual('originals that are not what was uploaded', wrong, []);
  const waiting = (
    await query(`SELECT replacement_blob_key AS key FROM documents WHERE replacement_blob_key IS NOT NULL
      UNION ALL SELECT blob_key FROM blob_deletions`)
  ).rows as { key: string }[];
  const known = new Set([...named, ...waiting].map(({ key }) => key));
  let unnamed = 0;
  for await (const { key } of blobs.list()) if (!known.has(key)) unnamed += 1;
  return { whole: named.length, unnamed };
}
