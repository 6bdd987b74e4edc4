import type { OriginalOfRow } from './format.ts';

/** The original that a row of the table `documents` names. */
function originalOf(json: string): OriginalOfRow {
  const row = JSON.parse(json) as { blob_key: string; sha256: string; size_bytes: number };
  return { key: row.blob_key, sha256: row.sha256, size: row.size_bytes };
}

/**
 * The originals of rows as they come, user by user, each once: copies of a document share theirs. Null for one that was
 * there already. Remembers those of one user only.
 */
export function originalsOnce(): (json: string) => OriginalOfRow | null {
  let user = '';
  const seen = new Set<string>();
  return (json) => {
    const original = originalOf(json);
    const owner = original.key.slice(0, original.key.indexOf('/'));
    if (owner !== user) seen.clear();
    user = owner;
    if (seen.has(original.key)) return null;
    seen.add(original.key);
    return original;
  };
}
