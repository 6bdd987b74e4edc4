import type { ConversationScope } from '../conversations/scope.ts';
import type { AlsoWrite } from '../db/database.ts';
import { AppError } from '../errors.ts';
import type { DocumentDeps } from './deps.ts';
import { replaceContent } from './replace-store.ts';
import type { DocumentRow } from './store.ts';
import { announce, type IncomingFile, keepFile } from './upload.ts';

/**
 * Puts a new version of a document in its place: it keeps its id, its conversation and how it is used. Answers keep the
 * excerpts of the version that they cite. Null when the document is gone.
 * @throws AppError as `upload` does
 */
export async function replaceDocument(
  scope: ConversationScope,
  id: string,
  files: AsyncIterable<IncomingFile>,
  deps: DocumentDeps,
  alsoWrite?: AlsoWrite<DocumentRow>,
): Promise<DocumentRow | null> {
  const room = await deps.room.open(scope.user, deps.db, deps.limits);
  const kept = [];
  let asked = false;
  try {
    for await (const file of files) {
      if (kept.length > 0) throw new AppError('invalid_request', 'One file takes the place of a document.');
      kept.push(await keepFile(scope, file, room, deps));
    }
    const [file] = kept;
    if (file === undefined)
      throw new AppError('invalid_request', 'The upload holds no file: send one in the field "file".');
    const { id: _, ...content } = file;
    asked = true;
    const row = await replaceContent(deps.db, scope, id, content, deps.limits, deps.now(), alsoWrite);
    if (row === null) await deps.blobs.delete(file.blobKey);
    else announce(row, deps);
    return row;
  } catch (error) {
    // As an upload: the row may have been written though the answer was lost.
    if (asked && !(error instanceof AppError && error.status < 500)) throw error;
    for (const { blobKey } of kept) await deps.blobs.delete(blobKey).catch(() => {});
    throw error;
  } finally {
    room.close();
  }
}
