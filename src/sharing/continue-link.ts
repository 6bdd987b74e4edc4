import { ConversationScope } from '../conversations/scope.ts';
import { type ConversationRow, createConversation, readConversationWithin } from '../conversations/store.ts';
import { treeStatements } from '../conversations/tree-store.ts';
import type { AlsoWrite } from '../db/database.ts';
import { newId } from '../db/ids.ts';
import type { DocumentDeps } from '../documents/deps.ts';
import { insertDocumentsWithin, readDocument } from '../documents/store.ts';
import { type IncomingFile, keepAndWrite } from '../documents/upload.ts';
import type { UserScope } from '../identity/user-scope.ts';
import { workTopic } from '../work/loop.ts';
import type { OpenLink } from './open-link.ts';
import { presentSnapshot } from './snapshot.ts';

/**
 * The reader's own copy of what the link shows: its messages, and the originals of its documents, read anew, all or none
 * of it. It counts against the reader's quota and stays when the link ends.
 * @throws AppError as `upload` does; `original_missing`
 */
export async function continueLink(
  reader: UserScope,
  link: OpenLink,
  documents: DocumentDeps,
  alsoWrite?: AlsoWrite<ConversationRow>,
): Promise<ConversationRow> {
  const { db, limits, notifier, now } = documents;
  const scope = ConversationScope.ofNew(reader);
  const { title, messages: shown } = presentSnapshot(link.row.snapshot, link.existing);
  let parentId: string | null = null;
  const messages = shown.map(({ role, content, created_at: createdAt, sources, citations }) => {
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
  const tree = { messages, activeLeafId: parentId, createdAt: at, lastMessageAt: at };
  const input = { title, conversationType: 'general' as const };
  const row = await documents.room.within(reader, db, limits, (room) =>
    keepAndWrite(scope, room, originalsOf(link, documents), documents, async (kept) => {
      let made: ConversationRow | undefined;
      await createConversation(db, scope, input, treeStatements(scope, tree), at, async (tx) => {
        if (kept.length > 0) await insertDocumentsWithin(tx, scope, kept, limits, at);
        made = await readConversationWithin(tx, scope);
        await alsoWrite?.(tx, made);
      });
      if (made === undefined) throw new Error('the conversation was not written');
      return made;
    }),
  );
  notifier.notify(workTopic);
  return row;
}

async function* originalsOf(
  { scope, existing }: OpenLink,
  { db, blobs }: DocumentDeps,
): AsyncGenerator<IncomingFile> {
  for (const id of existing) {
    const row = await readDocument(db, scope, id);
    if (row === null) continue;
    const content = await blobs.read(row.blobKey);
    try {
      yield { name: row.name, content };
    } finally {
      // Nobody has read it where there was no place to put it.
      content.destroy();
    }
  }
}
