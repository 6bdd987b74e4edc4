import {
  conversation,
  deleteConversationQuery,
  deletedConversation,
  deletionPreview,
  idParams,
} from '@alcove/contract';
import { ConversationScope } from '../../conversations/scope.ts';
import { countContents, type DeletedCounts, readConversationWithin } from '../../conversations/store.ts';
import { deleteConversation } from '../../documents/delete-conversation.ts';
import { restoreConversation } from '../../documents/restore-conversation.ts';
import { AppError } from '../../errors.ts';
import { principalOf } from '../auth.ts';
import type { App } from '../app.ts';
import type { HttpDeps } from '../deps.ts';
import { settleWith } from '../held-key.ts';
import { presentConversation } from '../present.ts';
import { openConversation } from '../scopes.ts';

const tags = ['conversations'];
const dayMs = 24 * 3_600_000;

/** The end of a conversation, and its way back. */
export function deletionRoutes(app: App, { db, answers, documents, config }: HttpDeps): void {
  const below = { conversation: true };

  app.get(
    '/conversations/:id/deletion',
    {
      config: below,
      schema: {
        tags,
        operationId: 'previewDeletion',
        summary: 'What deleting a conversation would take along',
        description: 'Counts of what is in it now, and how long it could be restored. Changes nothing.',
        params: idParams,
        response: { 200: deletionPreview },
      },
    },
    async (request) => {
      const scope = await openConversation(request, db);
      const [counts, { expiresInS }] = await db.reading(scope, async (tx) => [
        await countContents(tx, scope),
        await readConversationWithin(tx, scope),
      ]);
      return {
        would_delete: { ...presentCounts(counts), shares: counts.shares },
        restorable_days: expiresInS === null ? config.limits.undoMs / dayMs : 0,
      };
    },
  );

  app.delete(
    '/conversations/:id',
    {
      config: below,
      schema: {
        tags,
        operationId: 'deleteConversation',
        summary: 'Delete a conversation with its documents',
        description:
          'Gone from every read path at once, and erased when it can be restored no more. `keep_documents_in` moves its documents to another conversation first; `permanently` erases it at once.',
        params: idParams,
        querystring: deleteConversationQuery,
        response: { 200: deletedConversation },
      },
    },
    async (request) => {
      const { keep_documents_in: keep, permanently = false } = request.query;
      const user = principalOf(request).scope;
      const scope = permanently
        ? await ConversationScope.openDeleted(db, user, request.params.id)
        : await openConversation(request, db);
      const keepIn = keep === undefined ? null : await ConversationScope.open(db, user, keep);
      const { counts, restorableUntil } = await deleteConversation(scope, { keepIn, permanently }, documents);
      for (const running of answers.running.all()) {
        if (running.userId === scope.userId && running.conversationId === scope.conversationId) {
          running.stop.abort(new AppError('not_found', 'This conversation was deleted.'));
        }
      }
      return {
        deleted: presentCounts(counts),
        restorable_until: restorableUntil?.toISOString() ?? null,
      };
    },
  );

  app.post(
    '/conversations/:id/restore',
    {
      config: below,
      schema: {
        tags,
        operationId: 'restoreConversation',
        summary: 'Bring a deleted conversation back',
        description:
          'With everything that was in it, as long as it is not erased; one that is there stays as it is.',
        params: idParams,
        response: { 200: conversation },
      },
    },
    async (request) => {
      const { id } = request.params;
      const settle = settleWith(request, 200, presentConversation, () => ({ conversationId: id }));
      return presentConversation(
        await restoreConversation(principalOf(request).scope, id, documents, settle),
      );
    },
  );
}

function presentCounts({ messages, documents, chunks, bytes }: DeletedCounts) {
  return { messages, documents, chunks, bytes };
}
