import type { OriginalOfRow } from './format.ts';

interface DocumentRow {
  blob_key: string;
  sha256: string;
  size_bytes: number;
  /** A new version that has not been read yet: nothing else has its bytes. */
  replacement_blob_key?: string | null;
  replacement?: { sha256: string; sizeBytes: number } | null;
}

/** The originals that a row of the table `documents` names. */
function originalsOf(json: string): OriginalOfRow[] {
  const row = JSON.parse(json) as DocumentRow;
  const original = { key: row.blob_key, sha256: row.sha256, size: row.size_bytes };
  const { replacement_blob_key: key = null, replacement = null } = row;
  if (key === null || replacement === null) return [original];
  return [original, { key, sha256: replacement.sha256, size: replacement.sizeBytes }];
}

/**
 * The originals of rows as they come, user by user, each once: copies of a document share theirs. Remembers those of one
 * user only.
 */
export function originalsOnce(): (json: string) => OriginalOfRow[] {
  let user = '';
  const seen = new Set<string>();
  return (json) =>
    originalsOf(json).filter(({ key }) => {
      const owner = key.slice(0, key.indexOf('/'));
      if (owner !== user) seen.clear();
      user = owner;
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    });
}
