import { ConversationScope } from '../conversations/scope.ts';
import { type ConversationRow, createConversation, readConversationWithin } from '../conversations/store.ts';
import { treeStatements } from '../conversations/tree-store.ts';
import type { AlsoWrite } from '../db/database.ts';
import { newId } from '../db/ids.ts';
import type { DocumentDeps } from '../documents/deps.ts';
import { type DocumentRow, insertDocumentsWithin, readDocument } from '../documents/store.ts';
import { type IncomingFile, keepAndWrite } from '../documents/upload.ts';
import type { UserScope } from '../identity/user-scope.ts';
import { workTopic } from '../work/loop.ts';
import type { OpenLink } from './open-link.ts';
import { parseSnapshot, presentSnapshot, type SnapshotDocument } from './snapshot.ts';

export interface Continued {
  row: ConversationRow;
  /** Names of the documents whose content is not what the link shows any more. */
  leftOut: string[];
}

/**
 * The reader's own copy of what the link shows: its messages, and the originals of its documents, read anew, all or none
 * of it. A document that was replaced since is left out. The copy counts against the reader's quota and stays when the
 * link ends.
 * @throws AppError as `upload` does; `original_missing`
 */
export async function continueLink(
  reader: UserScope,
  link: OpenLink,
  documents: DocumentDeps,
  alsoWrite?: AlsoWrite<Continued>,
): Promise<Continued> {
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
  const leftOut: string[] = [];
  const continued = await documents.room.within(reader, db, limits, (room) =>
    keepAndWrite(scope, room, originalsOf(link, documents, leftOut), documents, async (kept) => {
      let made: Continued | undefined;
      await createConversation(db, scope, input, treeStatements(scope, tree), at, async (tx) => {
        if (kept.length > 0) await insertDocumentsWithin(tx, scope, kept, limits, at);
        made = { row: await readConversationWithin(tx, scope), leftOut };
        await alsoWrite?.(tx, made);
      });
      if (made === undefined) throw new Error('the conversation was not written');
      return made;
    }),
  );
  notifier.notify(workTopic, reader.userId);
  return continued;
}

async function* originalsOf(
  { row: share, scope, existing }: OpenLink,
  { db, blobs }: DocumentDeps,
  leftOut: string[],
): AsyncGenerator<IncomingFile> {
  for (const shown of parseSnapshot(share.snapshot).documents) {
    const row = existing.has(shown.id) ? await readDocument(db, scope, shown.id) : null;
    if (row === null) continue;
    if (!isAsShown(row, shown, share.createdAt)) {
      leftOut.push(shown.name);
      continue;
    }
    const content = await blobs.read(row.blobKey);
    try {
      yield { name: shown.name, content };
    } finally {
      // Nobody has read it where there was no place to put it.
      content.destroy();
    }
  }
}

/** What is added later is never exposed, nor what took the place of a document. */
function isAsShown(row: DocumentRow, { sha256 }: SnapshotDocument, sharedAt: Date): boolean {
  if (sha256 !== undefined) return row.sha256 === sha256;
  return row.version === 1 || row.updatedAt < sharedAt;
}
