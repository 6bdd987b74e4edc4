import { createHash } from 'node:crypto';

export interface PassageToEmbed {
  heading: readonly string[];
  prefix: string | null;
  content: string;
}

/** What a passage means stands partly above it: its headings, and a table's header row. */
export function textToEmbed({ heading, prefix, content }: PassageToEmbed): string {
  return [heading.join(' > '), prefix ?? '', content].filter((part) => part !== '').join('\n');
}

/** SHA-256: two texts with one hash are one text. */
export function hashOf(text: string): Uint8Array {
  return createHash('sha256').update(text).digest();
}

/**
 * The first half of a hash, as 32 hex digits: what `chunks.content_hash` holds of it. A column of UUIDs is half as wide as
 * the hash, and 2^64 texts of one user would have to be tried for two that are taken for each other.
 */
export function shortHash(hash: Uint8Array): string {
  return Buffer.from(hash.subarray(0, 16)).toString('hex');
}
