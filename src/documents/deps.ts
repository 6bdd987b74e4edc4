import type { Recogniser } from '../formats/ocr/recogniser.ts';
import type { BlobStore } from '../files/blob-store.ts';
import type { Database } from '../db/database.ts';
import type { Notifier } from '../work/notifier.ts';
import type { Log } from '../work/every.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { EmbeddingModel } from '../models/model.ts';
import type { DocumentLimits } from './store.ts';
import type { RoomLimits, UploadRoom } from './upload-room.ts';

export interface DocumentDeps {
  db: Database;
  blobs: BlobStore;
  notifier: Notifier;
  embedding: EmbeddingModel | null;
  limits: DocumentLimits & RoomLimits & DocumentTimes & { uploadBytes: number };
  room: UploadRoom;
  /** Reads pictures; a sentence, or nothing: why that is not done here. */
  ocr?: Recogniser | string | undefined;
  /** Names this process in leases. */
  owner: string;
  log: Log;
  telemetry?: Telemetry | undefined;
  now: () => Date;
}

export interface DocumentTimes {
  ingestTimeoutMs: number;
  /** A worker that dies is noticed this much later. */
  leaseMs: number;
  /** Pause after the first failure. */
  retryMs: number;
  /** How long a deleted conversation can be restored; 0: it is erased at once. */
  undoMs: number;
}

/** Notified whenever a document's row has changed. */
export function documentTopic(documentId: string): string {
  return `document:${documentId}`;
}
