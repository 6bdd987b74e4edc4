import {
  deletedDocument,
  deleteDocumentQuery,
  document,
  documentList,
  idParams,
  listDocumentsQuery,
  updateDocumentBody,
} from '@alcove/contract';
import { z } from 'zod';
import { deleteDocument } from '../../documents/delete-documents.ts';
import { documentTopic } from '../../documents/deps.ts';
import { safeName } from '../../documents/file-name.ts';
import { restoreDocument } from '../../documents/restore-document.ts';
import { cancelDocument, requeueDocument } from '../../documents/work-store.ts';
import { listDocuments, updateDocument } from '../../documents/store.ts';
import { announce } from '../../documents/upload.ts';
import { watchDocument } from '../../documents/watch.ts';
import { AppError } from '../../errors.ts';
import { principalOf } from '../auth.ts';
import { untilClosed } from '../caller-gone.ts';
import type { HttpDeps } from '../deps.ts';
import { eventStream } from '../describe-route.ts';
import { documentEventHeaders, documentEvents, hasSeenTheEnd } from '../document-events.ts';
import { settleWith } from '../held-key.ts';
import { decodeCursor, encodeCursor, page } from '../paging.ts';
import { presentDeleted, presentDocument } from '../present.ts';
import { onDocument, openConversation, openDocument } from '../scopes.ts';
import type { App } from '../app.ts';
import { sendEvents } from '../sse.ts';

const tags = ['documents'];

export function documentRoutes(app: App, { db, documents, config, closing, now }: HttpDeps): void {
  const below = { conversation: true };

  app.get(
    '/conversations/:id/documents',
    {
      config: below,
      schema: {
        tags,
        operationId: 'listDocuments',
        summary: 'Documents of a conversation, newest first',
        description: 'With the state of each.',
        params: idParams,
        querystring: listDocumentsQuery,
        response: { 200: documentList },
      },
    },
    async (request) => {
      const scope = await openConversation(request, db);
      const { limit, cursor } = request.query;
      const after = decodeCursor(cursor);
      const rows = await listDocuments(
        db,
        scope,
        limit + 1,
        after === null ? null : { createdAt: after.at, id: after.id },
      );
      const shown = page(rows, limit, (row) => encodeCursor({ at: row.createdAt, id: row.id }));
      return { documents: shown.rows.map(presentDocument), next_cursor: shown.next_cursor };
    },
  );

  app.get(
    '/documents/:id',
    {
      config: below,
      schema: {
        tags,
        operationId: 'getDocument',
        summary: 'State of a document',
        description: 'How far it is read, what it holds and, if it failed, why.',
        params: idParams,
        response: { 200: document },
      },
    },
    async (request) => presentDocument((await openDocument(request, db)).document),
  );

  app.get(
    '/documents/:id/events',
    {
      config: below,
      schema: {
        tags,
        operationId: 'followDocument',
        summary: 'Its states as server-sent events',
        description:
          'One event for each change, until it is ready, failed or cancelled; 204 when the Last-Event-ID is of that one.',
        sends: { [eventStream]: document },
        params: idParams,
        headers: documentEventHeaders,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { scope, document: row } = await openDocument(request, db);
      const lastSeen = request.headers['last-event-id'];
      if (hasSeenTheEnd(row, lastSeen)) return reply.code(204).send(null);
      const states = watchDocument(scope, row.id, documents, AbortSignal.any([closing, untilClosed(reply)]));
      const { isAlive } = principalOf(request);
      return sendEvents(reply, documentEvents(states, lastSeen), isAlive, config.limits);
    },
  );

  app.patch(
    '/documents/:id',
    {
      config: below,
      schema: {
        tags,
        operationId: 'updateDocument',
        summary: 'Rename it, or say how it is used',
        description: 'Changes the fields that the body names and leaves the others.',
        params: idParams,
        body: updateDocumentBody,
        response: { 200: document },
      },
    },
    async (request) => {
      const { name, context_mode: contextMode } = request.body;
      const change = {
        ...(name === undefined ? {} : { name: safeName(name) }),
        ...(contextMode === undefined ? {} : { contextMode }),
      };
      const changed = await onDocument(request, db, (scope, row) =>
        updateDocument(db, scope, row.id, change),
      );
      return presentDocument(changed);
    },
  );

  app.post(
    '/documents/:id/retry',
    {
      config: below,
      schema: {
        tags,
        operationId: 'retryDocument',
        summary: 'Read a failed or cancelled document again',
        description: 'Starts over from the stored original.',
        params: idParams,
        response: { 202: document },
      },
    },
    async (request, reply) => {
      const { scope, document: row } = await openDocument(request, db);
      const queued = await requeueDocument(db, scope, row.id, settleWith(request, 202, presentDocument));
      if (queued === null)
        throw new AppError(
          'conflict',
          `This document is ${row.status}: only a failed or cancelled one can be read again.`,
        );
      announce(queued, documents);
      return reply.code(202).send(presentDocument(queued));
    },
  );

  app.post(
    '/documents/:id/cancel',
    {
      config: below,
      schema: {
        tags,
        operationId: 'cancelDocument',
        summary: 'Stop reading a document',
        description:
          'The original is kept; a retry reads it again. Where a new version of it is read, that one is dropped and the document stays as it is.',
        params: idParams,
        response: { 200: document },
      },
    },
    async (request) => {
      const { scope, document: row } = await openDocument(request, db);
      const cancelled = await cancelDocument(
        db,
        scope,
        row.id,
        now(),
        settleWith(request, 200, presentDocument),
      );
      if (cancelled === null) throw new AppError('conflict', `This document is ${row.status} already.`);
      documents.notifier.notify(documentTopic(row.id));
      return presentDocument(cancelled);
    },
  );

  app.delete(
    '/documents/:id',
    {
      config: below,
      schema: {
        tags,
        operationId: 'deleteDocument',
        summary: 'Delete a document with its passages',
        description:
          'Answers keep the excerpts that they cite. `restorable`: it can come back until the undo window ends, and is erased then; else it is erased at once.',
        params: idParams,
        querystring: deleteDocumentQuery,
        response: { 200: deletedDocument },
      },
    },
    async (request) => {
      const { restorable = false } = request.query;
      return onDocument(request, db, async (scope, row) => {
        const deleted = await deleteDocument(scope, row.id, restorable, documents);
        return deleted === null ? null : presentDeleted(deleted);
      });
    },
  );

  app.post(
    '/documents/:id/restore',
    {
      config: below,
      schema: {
        tags,
        operationId: 'restoreDocument',
        summary: 'Bring a deleted document back',
        description:
          'To its conversation, under its id, as long as it is not erased; one that is there stays as it is.',
        params: idParams,
        response: { 200: document },
      },
    },
    async (request) => {
      const settle = settleWith(request, 200, presentDocument, (row) => ({
        conversationId: row.conversationId,
        documentId: row.id,
      }));
      const user = principalOf(request).scope;
      return presentDocument(await restoreDocument(user, request.params.id, documents, settle));
    },
  );
}
