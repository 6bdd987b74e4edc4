import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

/** What a file must be: its SHA-256, or the id that git gives to its bytes. Both in hex. */
export interface Fingerprint {
  kind: 'sha256' | 'git';
  hex: string;
}

/** Whether the file's bytes are those. */
export async function matches(path: string, { kind, hex }: Fingerprint): Promise<boolean> {
  const hash = createHash(kind === 'git' ? 'sha1' : 'sha256');
  // https://git-scm.com/book/en/v2/Git-Internals-Git-Objects: a blob's id is the SHA-1 of a header and the bytes.
  if (kind === 'git') hash.update(`blob ${(await stat(path)).size}\0`);
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest('hex') === hex.toLowerCase();
}
