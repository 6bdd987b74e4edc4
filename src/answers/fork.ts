import { readBranch, readMessage } from '../conversations/message-store.ts';
import { ConversationScope } from '../conversations/scope.ts';
import { type ConversationRow, readConversation } from '../conversations/store.ts';
import type { AlsoWrite } from '../db/database.ts';
import { newId } from '../db/ids.ts';
import { beginWithCopies } from '../documents/begin-with-copies.ts';
import type { DocumentDeps } from '../documents/deps.ts';
import { AppError } from '../errors.ts';
import { insertFork } from './fork-store.ts';
import { renamed } from './renamed-metadata.ts';
import { soFar } from './so-far.ts';

const mostTitle = 500;

/**
 * Makes a conversation of its own of a branch up to a message (its last one when none is named), with copies of all
 * documents, in one transaction: originals are shared, and nothing is read or embedded again. Neither knows of the other.
 * @throws AppError `not_found`, `quota_exceeded`
 */
export async function forkConversation(
  scope: ConversationScope,
  messageId: string | undefined,
  deps: Pick<DocumentDeps, 'db' | 'limits' | 'notifier' | 'now'>,
  alsoWrite?: AlsoWrite<ConversationRow>,
): Promise<ConversationRow> {
  const { db, now } = deps;
  const source = await readConversation(db, scope);
  if (messageId !== undefined && (await readMessage(db, scope, messageId)) === null)
    throw new AppError('not_found', 'This message does not exist in this conversation.');
  const leaf = messageId ?? source.activeLeafId;
  const branch = leaf === null ? [] : await readBranch(db, scope, leaf, source.nextSeq);
  const to = ConversationScope.ofNew(scope.user);
  const at = now();
  const messageIds = new Map(branch.map(({ id }) => [id, newId()]));
  const written = await Promise.all(
    branch.map(async (row) => {
      const latest = await soFar(db, scope, row);
      return latest.status === 'streaming' ? { ...latest, status: 'incomplete' as const } : latest;
    }),
  );
  const { conversationType, settings, projectId } = source;
  const title = `${source.title.slice(0, mostTitle - 7).toWellFormed()} (copy)`;
  const input = { title, conversationType, settings, projectId };
  return beginWithCopies(to, input, scope, deps, at, async (tx, { copies }) => {
    const documentIds = new Map(copies.map(({ from, row }) => [from, row.id]));
    const messages = written.map((row, index) => ({
      ...row,
      conversationId: to.conversationId,
      id: messageIds.get(row.id) ?? newId(),
      parentId: row.parentId === null ? null : (messageIds.get(row.parentId) ?? null),
      seq: index + 1,
      metadata: row.metadataSource === null ? renamed(row.metadata, documentIds, messageIds) : row.metadata,
    }));
    const made = await insertFork(tx, to, messages, source.tags, at);
    await alsoWrite?.(tx, made);
    return made;
  });
}
