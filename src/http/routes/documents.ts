import { Readable } from 'node:stream';
import {
  apiUploadQuery,
  deletedDocument,
  document,
  documentList,
  filesForm,
  idParams,
  listDocumentsQuery,
  textDocumentBody,
  type Uploaded,
  updateDocumentBody,
  uploaded,
  uploadForm,
  uploadQuery,
} from '@alcove/contract';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ConversationScope } from '../../conversations/scope.ts';
import { documentTopic } from '../../documents/deps.ts';
import { safeName } from '../../documents/file-name.ts';
import { cancelDocument, requeueDocument } from '../../documents/work-store.ts';
import { deleteDocument, listDocuments, updateDocument } from '../../documents/store.ts';
import { announce, type IncomingFile, upload } from '../../documents/upload.ts';
import { waitFor, watchDocument } from '../../documents/watch.ts';
import { AppError } from '../../errors.ts';
import { appendAudit } from '../../identity/audit-store.ts';
import { principalOf } from '../auth.ts';
import type { HttpDeps } from '../deps.ts';
import { eventStream } from '../describe-route.ts';
import { documentEventHeaders, documentEvents, hasSeenTheEnd } from '../document-events.ts';
import { speakOf } from '../idempotency.ts';
import { readUpload, requireConversationId } from '../incoming-files.ts';
import { decodeCursor, encodeCursor, page } from '../paging.ts';
import { presentDocument } from '../present.ts';
import { documentMissing, openConversation, openDocument } from '../scopes.ts';
import type { App } from '../app.ts';
import { sendEvents } from '../sse.ts';
import { parseInput } from '../strict-input.ts';

const tags = ['documents'];

export function documentRoutes(app: App, { db, documents, closing, now }: HttpDeps): void {
  const below = { conversation: true };

  app.post(
    '/api/upload',
    {
      config: below,
      schema: {
        tags,
        operationId: 'uploadFiles',
        summary: 'Upload files into a conversation (multipart: conversationId, file)',
        description:
          'Send `conversationId` before the files. The documents are read in the background: follow them, or hold the answer with `wait=ready`.',
        accepts: { 'multipart/form-data': uploadForm },
        querystring: apiUploadQuery,
        response: { 202: uploaded },
      },
    },
    async (request, reply) => {
      const incoming = await readUpload(request, reply);
      const id = requireConversationId(incoming.conversationId);
      const scope = await ConversationScope.open(db, principalOf(request).scope, id);
      return reply.code(202).send(await keep(scope, incoming.files, request));
    },
  );

  app.post(
    '/conversations/:id/documents',
    {
      config: below,
      schema: {
        tags,
        operationId: 'addDocuments',
        summary: 'Upload files (multipart: file), or a text as JSON { name, text }',
        description:
          'Takes files as a form or a text as JSON. The documents are read in the background: follow them, or hold the answer with `wait=ready`.',
        accepts: { 'multipart/form-data': filesForm, 'application/json': textDocumentBody },
        params: idParams,
        querystring: uploadQuery,
        response: { 202: uploaded },
      },
      bodyLimit: 24 * 1024 * 1024,
    },
    async (request, reply) => {
      const scope = await openConversation(request, db);
      const files = request.isMultipart()
        ? (await readUpload(request, reply, scope.conversationId)).files
        : oneText(request.body);
      return reply.code(202).send(await keep(scope, files, request));
    },
  );

  async function keep(
    scope: ConversationScope,
    files: AsyncIterable<IncomingFile>,
    request: FastifyRequest,
  ): Promise<Uploaded> {
    let rows = await upload(scope, files, documents);
    speakOf(request, { conversationId: scope.conversationId, documentId: rows[0]?.id }, true);
    const { wait } = request.query as { wait?: 'ready' | 'vectors' };
    if (wait !== undefined) {
      const done = await Promise.all(rows.map((row) => waitFor(scope, row.id, wait, documents, closing)));
      rows = done.filter((row) => row !== null);
    }
    const [first] = rows;
    if (first === undefined) throw documentMissing();
    return { documents: rows.map(presentDocument), document: presentDocument(first) };
  }

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
      const gone = new AbortController();
      request.raw.once('close', () => gone.abort());
      const states = watchDocument(scope, row.id, documents, AbortSignal.any([closing, gone.signal]));
      return sendEvents(reply, documentEvents(states, lastSeen), principalOf(request).isAlive);
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
      const { scope, document: row } = await openDocument(request, db);
      const { name, context_mode: contextMode } = request.body;
      const change = {
        ...(name === undefined ? {} : { name: safeName(name) }),
        ...(contextMode === undefined ? {} : { contextMode }),
      };
      const changed = await updateDocument(db, scope, row.id, change, now());
      if (changed === null) throw documentMissing();
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
      const queued = await requeueDocument(db, scope, row.id, now());
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
        description: 'The original is kept; a retry reads it again.',
        params: idParams,
        response: { 200: document },
      },
    },
    async (request) => {
      const { scope, document: row } = await openDocument(request, db);
      const cancelled = await cancelDocument(db, scope, row.id, now());
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
        description: 'Answers keep the excerpts that they cite.',
        params: idParams,
        response: { 200: deletedDocument },
      },
    },
    async (request) => {
      const { scope, document: row } = await openDocument(request, db);
      const deleted = await deleteDocument(db, scope, row.id, now());
      if (deleted === null) throw documentMissing();
      await appendAudit(db, scope.user, { action: 'document.deleted', target: row.id }, now());
      return { deleted };
    },
  );
}

async function* oneText(body: unknown): AsyncGenerator<IncomingFile> {
  const { name, text } = parseInput(textDocumentBody, body);
  yield { name, content: Readable.from([Buffer.from(text)]) };
}
