import { Readable } from 'node:stream';
import type { ConversationScope } from '../conversations/scope.ts';
import type { AlsoWrite } from '../db/database.ts';
import { newId } from '../db/ids.ts';
import { AppError } from '../errors.ts';
import { sniff } from '../formats/sniff.ts';
import { workTopic } from '../work/loop.ts';
import { type DocumentDeps, documentTopic } from './deps.ts';
import { safeName } from './file-name.ts';
import { type DocumentRow, insertDocuments, type NewDocument } from './store.ts';
import type { Room } from './upload-room.ts';

export interface IncomingFile {
  name: string;
  content: Readable;
}

/**
 * Keeps the files as they come and writes their rows at the end, all or none; then ingestion begins.
 * @throws AppError `rate_limited`, `too_large`, `unsupported_media_type`, `quota_exceeded`, `storage_full`,
 *   `invalid_request`
 */
export function upload(
  scope: ConversationScope,
  files: AsyncIterable<IncomingFile>,
  deps: DocumentDeps,
  alsoWrite?: AlsoWrite<DocumentRow[]>,
): Promise<DocumentRow[]> {
  return deps.room.within(scope.user, deps.db, deps.limits, (room) =>
    uploadWithin(scope, room, files, deps, alsoWrite),
  );
}

/** The same in room that the caller has opened, and closes. @throws AppError as `upload` does */
export async function uploadWithin(
  scope: ConversationScope,
  room: Room,
  files: AsyncIterable<IncomingFile>,
  deps: DocumentDeps,
  alsoWrite?: AlsoWrite<DocumentRow[]>,
): Promise<DocumentRow[]> {
  const rows = await keepAndWrite(scope, room, files, deps, (kept) => {
    if (kept.length === 0)
      throw new AppError('invalid_request', 'The upload holds no file: send one in the field "file".');
    return insertDocuments(deps.db, scope, kept, deps.limits, deps.now(), alsoWrite);
  });
  for (const row of rows) announce(row, deps);
  return rows;
}

/**
 * Keeps the files as they come, then has their rows written; when that fails, nothing of them is kept.
 * @throws AppError as `upload` does, and what `write` throws
 */
export async function keepAndWrite<T>(
  scope: ConversationScope,
  room: Room,
  files: AsyncIterable<IncomingFile>,
  deps: DocumentDeps,
  write: (kept: readonly NewDocument[]) => Promise<T>,
): Promise<T> {
  const kept: NewDocument[] = [];
  let asked = false;
  try {
    for await (const file of files) {
      if (kept.length >= deps.limits.documentsPerConversation) {
        throw new AppError('quota_exceeded', 'Too many files in one upload.', { retryAfterSeconds: 60 });
      }
      kept.push(await keepFile(scope, file, room, deps));
    }
    asked = true;
    return await write(kept);
  } catch (error) {
    // The rows may have been written though the answer was lost: the reconciler looks after what has none.
    if (asked && !(error instanceof AppError && error.status < 500)) throw error;
    for (const file of kept) await deps.blobs.delete(file.blobKey).catch(() => {});
    throw error;
  }
}

/** Asks for room before it passes the bytes on. */
async function* within(room: Room, content: Readable): AsyncGenerator<Buffer> {
  for await (const bytes of content as AsyncIterable<Buffer>) {
    room.take(bytes.length);
    yield bytes;
  }
}

/** Puts the file where originals are. @throws AppError as `upload` does; then nothing is kept */
export async function keepFile(
  scope: ConversationScope,
  file: IncomingFile,
  room: Room,
  deps: DocumentDeps,
): Promise<NewDocument> {
  const blobKey = `${scope.userId}/${crypto.randomUUID()}`;
  const name = safeName(file.name);
  const content = Readable.from(within(room, file.content), { objectMode: false });
  const stored = await deps.blobs.put(blobKey, content, deps.limits.uploadBytes);
  try {
    const mediaType = sniff(stored.head, name);
    if (mediaType === null) {
      throw new AppError(
        'unsupported_media_type',
        `"${name}" is not of a type that can be read here: use PDF, Word, PowerPoint, Excel, OpenDocument, EPUB, HTML, Markdown, CSV or text${typeof deps.ocr === 'object' ? ', or a picture' : ''}.`,
      );
    }
    if (mediaType.startsWith('image/') && typeof deps.ocr !== 'object')
      throw new AppError(
        'unsupported_media_type',
        `"${name}" is a picture, which only text recognition could read. ${deps.ocr ?? ''}`.trimEnd(),
      );
    return { id: newId(), name, mediaType, sizeBytes: stored.bytes, sha256: stored.sha256, blobKey };
  } catch (error) {
    // Whatever becomes of it: the reconciler finds bytes that no row names.
    await deps.blobs.delete(blobKey).catch(() => {});
    throw error;
  }
}

/** The rows are committed: workers of this process look at once, those of others within a second. */
export function announce(row: DocumentRow, deps: Pick<DocumentDeps, 'notifier'>): void {
  deps.notifier.notify(documentTopic(row.id));
  deps.notifier.notify(workTopic, row.userId);
}
