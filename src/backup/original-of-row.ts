import type { OriginalOfRow } from './format.ts';

/** The original that a row of the table `documents` names. */
export function originalOf(json: string): OriginalOfRow {
  const row = JSON.parse(json) as { blob_key: string; sha256: string; size_bytes: number };
  return { key: row.blob_key, sha256: row.sha256, size: row.size_bytes };
}
