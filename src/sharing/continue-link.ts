import { ConversationScope } from '../conversations/scope.ts';
import { type ConversationRow, createConversation, readConversation } from '../conversations/store.ts';
import { treeStatements } from '../conversations/tree-store.ts';
import type { AlsoWrite } from '../db/database.ts';
import { newId } from '../db/ids.ts';
import type { DocumentDeps } from '../documents/deps.ts';
import { readDocument } from '../documents/store.ts';
import { type IncomingFile, upload } from '../documents/upload.ts';
import type { UserScope } from '../identity/user-scope.ts';
import type { OpenLink } from './open-link.ts';
import { presentSnapshot } from './snapshot.ts';

/**
 * The reader's own copy of what the link shows: its messages, and the originals of its documents, read anew. It counts
 * against the reader's quota and stays when the link ends.
 */
export async function continueLink(
  reader: UserScope,
  link: OpenLink,
  documents: DocumentDeps,
  alsoWrite?: AlsoWrite<ConversationRow>,
): Promise<ConversationRow> {
  const { db, now } = documents;
  const scope = ConversationScope.ofNew(reader);
  const { title, messages } = presentSnapshot(link.row.snapshot, link.existing);
  let parentId: string | null = null;
  const kept = messages.map(({ role, content, created_at: createdAt, sources, citations }) => {
    const message = {
      id: newId(),
      parentId,
      role,
      content,
      metadata: sources.length === 0 ? {} : { shared: { sources, citations } },
      createdAt: new Date(createdAt),
    };
    parentId = message.id;
    return message;
  });
  const at = now();
  const tree = { messages: kept, activeLeafId: parentId, createdAt: at, lastMessageAt: at };
  const made = { title, conversationType: 'general' as const };
  await createConversation(db, scope, made, treeStatements(scope, tree), at, alsoWrite);
  if (link.existing.size > 0) await upload(scope, originalsOf(link, documents), documents);
  return readConversation(db, scope);
}

async function* originalsOf(
  { scope, existing }: OpenLink,
  { db, blobs }: DocumentDeps,
): AsyncGenerator<IncomingFile> {
  for (const id of existing) {
    const row = await readDocument(db, scope, id);
    if (row !== null) yield { name: row.name, content: await blobs.read(row.blobKey) };
  }
}
