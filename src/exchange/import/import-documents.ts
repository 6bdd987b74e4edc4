import type { ConversationScope } from '../../conversations/scope.ts';
import type { Database } from '../../db/database.ts';
import type { DocumentDeps } from '../../documents/deps.ts';
import { updateDocument } from '../../documents/store.ts';
import type { Room } from '../../documents/upload-room.ts';
import { type IncomingFile, uploadWithin } from '../../documents/upload.ts';
import { AppError } from '../../errors.ts';
import type { UserScope } from '../../identity/user-scope.ts';
import { citeByFormerId, documentNames, renameCited } from './import-store.ts';
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
  const there = await namesIn(deps.db, scope);
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

async function namesIn(db: Database, { user, conversationId }: ConversationScope) {
  return (await documentNames(db, user, [conversationId])).get(conversationId) ?? new Map<string, string>();
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
  const names = await documentNames(
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
      const there = names.get(conversationId);
      const missing = item.read.documents.filter(({ name }) => there?.has(name) !== true).length;
      return [item, { missing, isSettled: missing === 0 && !unsettled.has(conversationId) }];
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
