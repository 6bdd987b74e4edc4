import { z } from 'zod';

/** Raised when an older Alcove could not read the file any more. */
export const formatVersion = 1;

/** The first entry: `backup.json`. */
export const manifest = z.object({
  format: z.literal('alcove-backup'),
  version: z.int(),
  alcove: z.string(),
  createdAt: z.string(),
  database: z.enum(['pglite', 'postgresql']),
  /** The newest migration that had run. */
  schema: z.object({ name: z.string(), at: z.number() }),
});
export type Manifest = z.infer<typeof manifest>;

/** The last entry: `end.json`. A file without it was cut off. */
export const ending = z.object({
  entries: z.int(),
  rows: z.record(z.string(), z.int()),
  originals: z.int(),
  /** Keys of originals that were missing or damaged, where that was allowed. */
  missing: z.array(z.string()),
  /** SHA-256 over name, size and hash of every entry before this one. */
  sha256: z.string(),
});
export type Ending = z.infer<typeof ending>;

/** `rows/000001.ndjson.gz`: lines of a table's name, a tab, and the row as JSON. Parents come before children. */
export const rowsFolder = 'rows/';
/** `blobs/<key>`, in the order of the documents' rows. */
export const blobsFolder = 'blobs/';
/** `missing/<key>`: stands for an original that could not be read; holds its `size` and `sha256` as the row has them. */
export const missingFolder = 'missing/';
/** What a document's row says of its original. */
export interface OriginalOfRow {
  key: string;
  sha256: string;
  size: number;
}
