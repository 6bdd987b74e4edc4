import { ConversationScope } from '../conversations/scope.ts';
import type { AlsoWrite, Transaction } from '../db/database.ts';
import { AppError } from '../errors.ts';
import type { UserScope } from '../identity/user-scope.ts';
import { workTopic } from '../work/loop.ts';
import { copyDocumentRows } from './copy-store.ts';
import { type DocumentDeps, documentTopic } from './deps.ts';
import { moveDocumentRows } from './move-store.ts';
import { bumpVersion, type DocumentRow } from './store.ts';
import { conversationsOf } from './transfer-store.ts';

type Deps = Pick<DocumentDeps, 'db' | 'limits' | 'notifier' | 'now'>;

/**
 * Copies documents of any of the user's conversations to one of them, all or none; nothing is read or embedded again.
 * @throws AppError `not_found` when one is not the user's, `forbidden`, `quota_exceeded`
 */
export async function copySelected(
  user: UserScope,
  ids: readonly string[],
  to: ConversationScope,
  deps: Deps,
  alsoWrite?: AlsoWrite<DocumentRow[]>,
): Promise<DocumentRow[]> {
  const rows = await deps.db.scoped({ userId: user.userId }, async (tx) => {
    const made: DocumentRow[] = [];
    for (const [from, own] of await sourcesOf(tx, user, ids, to)) {
      const copies = await copyDocumentRows(tx, from, to, own, deps.limits, deps.now());
      made.push(...copies.map(({ row }) => row));
    }
    await alsoWrite?.(tx, made);
    return made;
  });
  announceAll(user, rows, deps);
  return rows;
}

/** The same for moving; what is there already stays. They keep their ids. @throws AppError as `copySelected` does */
export async function moveSelected(
  user: UserScope,
  ids: readonly string[],
  to: ConversationScope,
  deps: Deps,
  alsoWrite?: AlsoWrite<DocumentRow[]>,
): Promise<DocumentRow[]> {
  const rows = await deps.db.scoped({ userId: user.userId }, async (tx) => {
    const moved: DocumentRow[] = [];
    const max = deps.limits.documentsPerConversation;
    for (const [from, own] of await sourcesOf(tx, user, ids, to)) {
      if (from.conversationId === to.conversationId) continue;
      moved.push(...(await moveDocumentRows(tx, from, to, own, max, deps.now())));
    }
    await alsoWrite?.(tx, moved);
    return moved;
  });
  announceAll(user, rows, deps);
  return rows;
}

/** The documents by their conversations, which are locked in one order with the one that they go to. */
async function sourcesOf(
  tx: Transaction,
  user: UserScope,
  ids: readonly string[],
  to: ConversationScope,
): Promise<[ConversationScope, string[]][]> {
  const wanted = [...new Set(ids)];
  const found = await conversationsOf(tx, user, wanted);
  if (found.length < wanted.length)
    throw new AppError('not_found', 'This document does not exist.', {
      issues: [{ path: 'document_ids', message: 'names a document that is not there' }],
    });
  const byConversation = [...Map.groupBy(found, ({ conversationId }) => conversationId)];
  const sources = byConversation.map(([, [first, ...more]]): [ConversationScope, string[]] => {
    if (first === undefined) throw new Error('a group has a member');
    return [ConversationScope.ofOwnRow(user, first), [first, ...more].map(({ id }) => id)];
  });
  const scopes = new Map(
    [to, ...sources.map(([scope]) => scope)].map((scope) => [scope.conversationId, scope]),
  );
  for (const id of [...scopes.keys()].toSorted()) {
    const scope = scopes.get(id);
    if (scope !== undefined) await bumpVersion(tx, scope);
  }
  return sources;
}

function announceAll(user: UserScope, rows: readonly DocumentRow[], { notifier }: Deps): void {
  for (const { id } of rows) notifier.notify(documentTopic(id));
  notifier.notify(workTopic, user.userId);
}
