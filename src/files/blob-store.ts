import type { Readable } from 'node:stream';

export interface StoredBlob {
  bytes: number;
  /** Hex. */
  sha256: string;
  /** The first bytes, for finding out what it is; at most `headBytes`. */
  head: Uint8Array;
}

export const headBytes = 64 * 1024;

/** Keeps originals under random keys that begin with the user's id. Every driver passes one contract suite. */
export interface BlobStore {
  readonly name: string;
  /** Where the originals are, for people: "the data folder /var/lib/alcove". */
  readonly place: string;
  /** What the operator corrects when it is the wrong place. */
  readonly setting: 'DATA_DIR' | 'BLOBS_URL';
  /**
   * Streams `content` to durable storage while hashing it; nothing is kept when it fails.
   * @throws AppError `too_large` past `maxBytes`, `storage_full`, `unavailable` when the storage does not answer
   */
  put(key: string, content: Readable, maxBytes: number): Promise<StoredBlob>;
  /**
   * Opens the blob; who asks for one in quarantine has read its key in a row, so that it comes back.
   * @throws AppError `original_missing` when it is not there or cannot be read, `unavailable`
   */
  read(key: string): Promise<Readable>;
  /** Wherever it is. A blob that does not exist counts as deleted. */
  delete(key: string): Promise<void>;
  /** Every key with its age, for the reconciler; those of one user follow each other. */
  list(): AsyncIterable<{ key: string; modifiedAt: Date }>;
  /** Moves a blob aside, where `list` does not show it and nothing is lost. */
  quarantine(key: string, now: Date): Promise<void>;
  /** Takes a blob out of quarantine. False when it was not there. */
  restore(key: string): Promise<boolean>;
  /** Blobs in quarantine; those of one user and one day follow each other. */
  listQuarantined(): AsyncIterable<{ key: string; since: Date }>;
  /** Deletes what `put` never came to the end of and has not touched since; returns how many. */
  deleteUnfinished(before: Date): Promise<number>;
  /** A small text beside the originals, such as whose they are; null when there is none of this name. */
  readNote(name: string): Promise<string | null>;
  /** All of it or nothing. */
  writeNote(name: string, text: string): Promise<void>;
  deleteNote(name: string): Promise<void>;
}
