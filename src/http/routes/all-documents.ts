import {
  allDocuments,
  allDocumentsQuery,
  deletedDocument,
  deleteDocumentsBody,
  transferBody,
  transferred,
} from '@alcove/contract';
import { ConversationScope } from '../../conversations/scope.ts';
import { deleteSelected } from '../../documents/delete-documents.ts';
import {
  type DocumentOrder,
  type ListedDocument,
  listAllDocuments,
  readQuota,
} from '../../documents/overview-store.ts';
import { copySelected, moveSelected } from '../../documents/transfer-documents.ts';
import type { DocumentRow } from '../../documents/store.ts';
import { principalOf } from '../auth.ts';
import type { App } from '../app.ts';
import type { HttpDeps } from '../deps.ts';
import { settleWith } from '../held-key.ts';
import { decodeKeyed, encodeKeyed, page } from '../paging.ts';
import { presentDeleted, presentDocument } from '../present.ts';

const tags = ['documents'];

/** Documents over all conversations of the caller. */
export function allDocumentRoutes(app: App, { db, documents, config }: HttpDeps): void {
  const below = { conversation: true };

  app.get(
    '/documents',
    {
      config: below,
      schema: {
        tags,
        operationId: 'listAllDocuments',
        summary: 'All documents of the caller, over all conversations',
        description:
          'With the conversation of each, when it was last cited, how many others have the same content, and what the account may hold.',
        querystring: allDocumentsQuery,
        response: { 200: allDocuments },
      },
    },
    async (request) => {
      const user = principalOf(request).scope;
      const { limit, cursor, order, conversation_id: conversationId, ...query } = request.query;
      const { status, media_type: mediaType, name, duplicates, never_cited: neverCited } = query;
      const filter = { conversationId, status, mediaType, name, duplicates, neverCited };
      const after = decodeKeyed(cursor, order === 'created' ? 'time' : order === 'size' ? 'number' : 'text');
      const [rows, quota] = await Promise.all([
        listAllDocuments(db, user, filter, order, limit + 1, after),
        readQuota(db, user, config.limits),
      ]);
      const shown = page(rows, limit, (row) => encodeKeyed({ key: keyOf(row, order), id: row.id }));
      return {
        documents: shown.rows.map(presentListed),
        next_cursor: shown.next_cursor,
        quota: {
          documents: quota.documents,
          max_documents: quota.maxDocuments,
          bytes: quota.bytes,
          deleted_bytes: quota.deletedBytes,
          answer_bytes: quota.answerBytes,
          max_bytes: quota.maxBytes,
        },
      };
    },
  );

  for (const [name, transfer, status] of [
    ['copy', copySelected, 201],
    ['move', moveSelected, 200],
  ] as const) {
    app.post(
      `/documents/${name}`,
      {
        config: below,
        schema: {
          tags,
          operationId: `${name}Documents`,
          summary: name === 'copy' ? 'Copy documents to a conversation' : 'Move documents to a conversation',
          description:
            name === 'copy'
              ? 'From any conversations of the caller, all or none. The copies are documents of their own; nothing is read or embedded again.'
              : 'From any conversations of the caller, all or none; they keep their ids, and nothing is read or embedded again.',
          body: transferBody,
          response: { [status]: transferred },
        },
      },
      async (request, reply) => {
        const user = principalOf(request).scope;
        const { document_ids: ids, conversation_id: conversationId } = request.body;
        const to = await ConversationScope.open(db, user, conversationId);
        const settle = settleWith(request, status, presentTransferred, () => ({ conversationId }));
        const rows = await transfer(user, ids, to, documents, settle);
        return reply.code(status).send(presentTransferred(rows));
      },
    );
  }

  app.post(
    '/documents/delete',
    {
      config: below,
      schema: {
        tags,
        operationId: 'deleteDocuments',
        summary: 'Delete documents',
        description:
          'Of any conversations of the caller, all or none. Answers keep the excerpts that they cite. `restorable`: each can come back until the undo window ends.',
        body: deleteDocumentsBody,
        response: { 200: deletedDocument },
      },
    },
    async (request) => {
      const settle = settleWith(request, 200, presentDeleted);
      const user = principalOf(request).scope;
      const { document_ids: ids, restorable = false } = request.body;
      return presentDeleted(await deleteSelected(user, ids, restorable, documents, settle));
    },
  );
}

function keyOf(row: ListedDocument, order: DocumentOrder): Date | number | string {
  if (order === 'created') return row.createdAt;
  return order === 'size' ? row.sizeBytes : row.name;
}

function presentListed(row: ListedDocument) {
  return {
    ...presentDocument(row),
    conversation_title: row.conversationTitle,
    duplicates: row.duplicates,
  };
}

function presentTransferred(rows: readonly DocumentRow[]) {
  return { documents: rows.map(presentDocument) };
}
