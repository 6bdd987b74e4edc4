import type { ConversationScope } from '../conversations/scope.ts';
import { type DocumentDeps, documentTopic } from './deps.ts';
import { type DocumentRow, isSettled, readDocument } from './store.ts';

/** Another replica may do the work: the row is looked at this often. */
const pollMs = 500;

/** The document's states as they change, up to the one that it settles in; ends early when it is deleted. */
export async function* watchDocument(
  scope: ConversationScope,
  id: string,
  deps: Pick<DocumentDeps, 'db' | 'notifier'>,
  signal: AbortSignal,
): AsyncGenerator<DocumentRow> {
  let last = '';
  while (!signal.aborted) {
    const row = await readDocument(deps.db, scope, id);
    if (row === null) return;
    const state = JSON.stringify([row.status, row.progress, row.stageMessage, row.replacement, row.version]);
    if (state !== last) yield row;
    last = state;
    if (isSettled(row)) return;
    await deps.notifier.wait(documentTopic(id), pollMs, signal);
  }
}

/**
 * The document once it is ready, failed or cancelled; with `vectors` once a ready one has them too, where a model makes
 * them. Null when it was deleted meanwhile.
 */
export async function waitFor(
  scope: ConversationScope,
  id: string,
  wanted: 'ready' | 'vectors',
  deps: Pick<DocumentDeps, 'db' | 'notifier' | 'embedding'>,
  signal: AbortSignal,
): Promise<DocumentRow | null> {
  let last: DocumentRow | null = null;
  for await (const row of watchDocument(scope, id, deps, signal)) last = row;
  if (wanted !== 'vectors' || deps.embedding === null) return last;
  while (!signal.aborted && last?.status === 'ready' && last.embeddingModel === null) {
    await deps.notifier.wait(documentTopic(id), pollMs, signal);
    last = await readDocument(deps.db, scope, id);
  }
  return last;
}
