import type { ConversationScope } from '../../conversations/scope.ts';
import type { DocumentDeps } from '../../documents/deps.ts';
import { updateDocument } from '../../documents/store.ts';
import type { Room } from '../../documents/upload-room.ts';
import { type IncomingFile, uploadWithin } from '../../documents/upload.ts';
import { AppError } from '../../errors.ts';
import { documentNames, renameCited } from './import-store.ts';
import type { ImportedDocument, OpenDocument } from './imported.ts';

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
): Promise<KeptDocuments> {
  if (wanted.length === 0) return { added: 0, error: null };
  const there = await documentNames(deps.db, scope);
  const refused: string[] = [];
  let added = 0;
  for (const { id, name, path, contextMode = 'auto' } of wanted) {
    const known = there.get(name);
    if (known !== undefined) {
      // Messages that came since cite it, too.
      await renameCited(deps.db, scope, id, known);
      continue;
    }
    const content = await openDocument(path);
    if (content === null) {
      refused.push(`${name}: it is not in the archive`);
      continue;
    }
    try {
      await room.renew();
      const [row] = await uploadWithin(scope, room, one({ name, content }), deps);
      if (row === undefined) continue;
      added += 1;
      if (contextMode !== 'auto') await updateDocument(deps.db, scope, row.id, { contextMode });
      await renameCited(deps.db, scope, id, row.id);
    } catch (error) {
      content.destroy();
      if (!(error instanceof AppError) || error.status >= 500) throw error;
      refused.push(`${name}: ${error.plain}`);
    }
  }
  const error = refused.length === 0 ? null : `Documents were left out: ${refused.slice(0, 20).join('; ')}`;
  return { added, error };
}

/** How many a conversation has not got yet. */
export async function lookAtDocuments(
  scope: ConversationScope,
  wanted: readonly ImportedDocument[],
  { db }: DocumentDeps,
): Promise<KeptDocuments> {
  if (wanted.length === 0) return { added: 0, error: null };
  const there = await documentNames(db, scope);
  return { added: wanted.filter(({ name }) => !there.has(name)).length, error: null };
}

async function* one(file: IncomingFile): AsyncGenerator<IncomingFile> {
  yield file;
}
