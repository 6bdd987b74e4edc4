import type { ConversationScope } from '../conversations/scope.ts';
import type { UserScope } from '../identity/user-scope.ts';
import type { DocumentDeps } from './deps.ts';
import { vectorKind } from './segment-kinds.ts';
import { rebuildSegment } from './segment-store.ts';

/** Has segments made anew that a search could not read, or has not found; the search goes on meanwhile. */
export function createRebuilding({ db, embedding, log }: Pick<DocumentDeps, 'db' | 'embedding' | 'log'>) {
  return (
    scope: ConversationScope | UserScope,
    { id: documentId, conversationId }: { id: string; conversationId: string },
    kind: string,
    isStored: boolean,
  ): void => {
    const isOfAnother = kind.startsWith(vectorKind('')) && kind !== vectorKind(embedding?.id ?? '');
    // Nobody here can embed by another model: the document gets vectors of this one.
    if (!isStored && isOfAnother) return;
    // What is missing is told at each search until it is there.
    if (isStored) log.warn({ documentId, kind }, 'an index segment cannot be read and is made anew');
    else log.debug({ documentId, kind }, 'an index segment is not there and is made anew');
    rebuildSegment(db, scope, { conversationId, documentId }, kind, isStored).catch((error: unknown) =>
      log.warn({ err: error, documentId, kind }, 'the index segment is not made anew'),
    );
  };
}
