import type { BlobStore } from '../files/blob-store.ts';
import type { Database } from '../db/database.ts';
import type { Doorbell } from '../jobs/doorbell.ts';
import type { Log } from '../jobs/every.ts';
import type { Queue } from '../jobs/queue.ts';
import type { EmbeddingModel } from '../models/model.ts';
import type { DocumentLimits } from './store.ts';

export interface DocumentDeps {
  db: Database;
  blobs: BlobStore;
  queue: Queue;
  doorbell: Doorbell;
  embedding: EmbeddingModel | null;
  limits: DocumentLimits & { uploadBytes: number; ingestTimeoutMs: number };
  /** Names this process in leases. */
  owner: string;
  log: Log;
  now: () => Date;
}

/** Rung whenever a document's row has changed. */
export function documentBell(documentId: string): string {
  return `document:${documentId}`;
}
