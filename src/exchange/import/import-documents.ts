import type { Readable } from 'node:stream';
import type { ConversationScope } from '../../conversations/scope.ts';
import type { Database } from '../../db/database.ts';
import { isUniqueViolation } from '../../db/errors.ts';
import { newId } from '../../db/ids.ts';
import type { DocumentDeps } from '../../documents/deps.ts';
import { type DocumentRow, insertDocuments, updateDocument } from '../../documents/store.ts';
import type { Room } from '../../documents/upload-room.ts';
import { announce, type IncomingFile, keepAndWrite } from '../../documents/upload.ts';
import { AppError } from '../../errors.ts';
import type { UserScope } from '../../identity/user-scope.ts';
import { citeByFormerId, readPresentDocuments, readTakenIds, renameCited } from './cited-store.ts';
import type { ImportedDocument, OpenDocument } from './imported.ts';
import { matchDocuments } from './match-documents.ts';

export interface KeptDocuments {
  added: number;
  /** Which were left out, and why. */
  error: string | null;
}

/** Those that are not there yet; each by itself, so that one that is refused keeps none of the others away. */
export async function keepDocuments(
  scope: ConversationScope,
  room: Room,
  wanted: readonly ImportedDocument[],
  openDocument: OpenDocument,
  deps: DocumentDeps,
  signal: AbortSignal | undefined,
): Promise<KeptDocuments> {
  if (wanted.length === 0) return { added: 0, error: null };
  const { user, conversationId } = scope;
  const present = (await readPresentDocuments(deps.db, user, [conversationId])).get(conversationId) ?? [];
  const { here, missing } = matchDocuments(scope, wanted, present);
  const most = deps.limits.documentsPerConversation;
  const taken = await readTakenIds(
    deps.db,
    user,
    missing.slice(0, most).map(({ copyId }) => copyId),
  );
  const refused: string[] = [];
  let added = 0;
  for (const { copyId, ...document } of missing) {
    signal?.throwIfAborted();
    const { id, name, path } = document;
    if (present.length + added >= most) {
      // Not unpacked in vain: one that is left out may be as long as the others.
      refused.push(`${name}: A conversation holds at most ${most} documents: delete some and try again.`);
      continue;
    }
    const content = await openDocument(path);
    if (content === null) {
      refused.push(`${name}: it is not in the archive`);
      continue;
    }
    try {
      await room.renew();
      // Where one of this id was deleted or moved away it may come back.
      const copy = { ...document, id: taken.has(copyId) ? newId() : copyId };
      added += await keepDocument(scope, room, copy, content, deps);
      here.set(id, copy.id);
    } catch (error) {
      content.destroy();
      if (!(error instanceof AppError) || error.status >= 500) throw error;
      refused.push(`${name}: ${error.plain}`);
    }
  }
  // Messages that came since cite those that were here before, too.
  await renameCited(deps.db, scope, here);
  const error = refused.length === 0 ? null : `Documents were left out: ${refused.slice(0, 20).join('; ')}`;
  return { added, error };
}

/** How many came: none where the same file, sent at the same time, has brought it. @throws AppError as `upload` does */
async function keepDocument(
  scope: ConversationScope,
  room: Room,
  { id, name, sha256, contextMode = 'auto' }: ImportedDocument,
  content: Readable,
  deps: DocumentDeps,
): Promise<number> {
  const rows = await keepAndWrite(scope, room, one({ name, content }), deps, async ([file]) => {
    if (file === undefined) return [];
    // Before anybody is told of it: what was damaged on its way is not the document.
    if (sha256 !== null && file.sha256 !== sha256)
      throw new AppError('invalid_request', 'Its content is not what was exported.');
    return insertDocuments(deps.db, scope, [{ ...file, id }], deps.limits, deps.now()).catch(noneIfThere);
  });
  for (const row of rows) announce(row, deps);
  if (contextMode !== 'auto' && rows.length > 0) await updateDocument(deps.db, scope, id, { contextMode });
  return rows.length;
}

function noneIfThere(error: unknown): DocumentRow[] {
  if (isUniqueViolation(error)) return [];
  throw error;
}

export interface DocumentsHere {
  /** How many the conversation has not got yet. */
  missing: number;
  /** Nothing has to be done for any of them. */
  isSettled: boolean;
}

/** What is here of the documents of each of the user's items that name any. */
export async function lookAtDocuments<Item extends WithDocuments>(
  db: Database,
  user: UserScope,
  items: readonly Item[],
): Promise<Map<Item, DocumentsHere>> {
  const asked = items.filter(({ read }) => read.documents.length > 0);
  const present = await readPresentDocuments(
    db,
    user,
    asked.map(({ scope }) => scope.conversationId),
  );
  const former = asked.flatMap(({ scope: { conversationId }, read }) =>
    read.documents.map(({ id }) => ({ conversationId, documentId: id })),
  );
  const unsettled = await citeByFormerId(db, user, former);
  return new Map(
    asked.map((item): [Item, DocumentsHere] => {
      const { conversationId } = item.scope;
      const { missing } = matchDocuments(item.scope, item.read.documents, present.get(conversationId) ?? []);
      const isSettled = missing.length === 0 && !unsettled.has(conversationId);
      return [item, { missing: missing.length, isSettled }];
    }),
  );
}

interface WithDocuments {
  scope: ConversationScope;
  read: { documents: readonly ImportedDocument[] };
}

async function* one(file: IncomingFile): AsyncGenerator<IncomingFile> {
  yield file;
}
