import { Readable } from 'node:stream';
import {
  apiUploadQuery,
  filesForm,
  idParams,
  addDocumentBody,
  document,
  replaceForm,
  type Uploaded,
  uploaded,
  uploadForm,
  uploadQuery,
} from '@alcove/contract';
import type { FastifyRequest } from 'fastify';
import { ConversationScope } from '../../conversations/scope.ts';
import { type DocumentRow, findDocument } from '../../documents/store.ts';
import type { Room } from '../../documents/upload-room.ts';
import { type IncomingFile, uploadWithin } from '../../documents/upload.ts';
import { fetchPage } from '../../documents/web/fetch-page.ts';
import { replaceDocument } from '../../documents/replace-document.ts';
import { waitFor } from '../../documents/watch.ts';
import type { About } from '../../identity/idempotency-store.ts';
import type { App } from '../app.ts';
import { principalOf } from '../auth.ts';
import type { HttpDeps } from '../deps.ts';
import { settleByReference, settleWith } from '../held-key.ts';
import { readFiles, readUpload, requireConversationId } from '../incoming-files.ts';
import { presentDocument } from '../present.ts';
import { documentMissing, openConversation, openDocument, scopeOf } from '../scopes.ts';
import { parseInput } from '../strict-input.ts';

const tags = ['documents'];

interface UploadQuery {
  wait?: 'ready' | 'vectors';
}

export function uploadRoutes(app: App, { db, documents, config, closing }: HttpDeps): void {
  app.post(
    '/api/upload',
    {
      config: { conversation: true },
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
      if (request.replayOf !== null) return reply.code(202).send(await keptBefore(request.replayOf, request));
      await refuseIfTooLong(request);
      const rows = await inRoom(request, async (room) => {
        const incoming = await readUpload(request, reply, room);
        const id = requireConversationId(incoming.conversationId);
        const scope = await ConversationScope.open(db, principalOf(request).scope, id);
        return keep(scope, room, incoming.files, request);
      });
      return reply.code(202).send(await tell(rows, request));
    },
  );

  app.post(
    '/conversations/:id/documents',
    {
      config: { conversation: true },
      schema: {
        tags,
        operationId: 'addDocuments',
        summary: 'Upload files (multipart: file), a text as JSON { name, text }, or a page as JSON { url }',
        description:
          'Takes files as a form, a text as JSON, or what is behind a public address on the web. The documents are read in the background: follow them, or hold the answer with `wait=ready`.',
        accepts: { 'multipart/form-data': filesForm, 'application/json': addDocumentBody },
        params: idParams,
        querystring: uploadQuery,
        response: { 202: uploaded },
      },
      bodyLimit: 24 * 1024 * 1024,
    },
    async (request, reply) => {
      if (request.replayOf !== null) return reply.code(202).send(await keptBefore(request.replayOf, request));
      const scope = await openConversation(request, db);
      await refuseIfTooLong(request);
      const files = request.isMultipart() ? readFiles(request, scope.conversationId) : fromJson(request);
      const rows = await inRoom(request, (room) => keep(scope, room, files, request));
      return reply.code(202).send(await tell(rows, request));
    },
  );

  app.post(
    '/documents/:id/replace',
    {
      config: { conversation: true },
      schema: {
        tags,
        operationId: 'replaceDocument',
        summary: 'Put a new version of a document in its place (multipart: file, or JSON as for a new one)',
        description:
          'It keeps its id and its conversation. Until the new version is read (`replacement`), and for good when it cannot be, the old one is searched and shown. Answers keep the excerpts of the version that they cite; histories say that they are from an earlier one.',
        accepts: { 'multipart/form-data': replaceForm, 'application/json': addDocumentBody },
        params: idParams,
        response: { 202: document },
      },
      bodyLimit: 24 * 1024 * 1024,
    },
    async (request, reply) => {
      const { scope, document: row } = await openDocument(request, db);
      await refuseIfTooLong(request);
      const files = request.isMultipart() ? readFiles(request, scope.conversationId) : fromJson(request);
      const settle = settleWith(request, 202, presentDocument);
      const replaced = await replaceDocument(scope, row.id, files, documents, settle);
      if (replaced === null) throw documentMissing();
      return reply.code(202).send(presentDocument(replaced));
    },
  );

  async function* fromJson(request: FastifyRequest): AsyncGenerator<IncomingFile> {
    const body = parseInput(addDocumentBody, request.body);
    if ('text' in body) yield { name: body.name, content: Readable.from([Buffer.from(body.text)]) };
    else yield await fetchPage(body.url, config.fetching, closing);
  }

  /** By what the request says of its length; one that does not say is refused as it comes. */
  async function refuseIfTooLong(request: FastifyRequest): Promise<void> {
    const bytes = request.isMultipart() ? Number(request.headers['content-length'] ?? 0) : 0;
    await documents.room.refuseIfTooLong(principalOf(request).scope, bytes, db, documents.limits);
  }

  function inRoom<T>(request: FastifyRequest, work: (room: Room) => Promise<T>): Promise<T> {
    return documents.room.within(principalOf(request).scope, db, documents.limits, work);
  }

  function keep(
    scope: ConversationScope,
    room: Room,
    files: AsyncIterable<IncomingFile>,
    request: FastifyRequest,
  ): Promise<DocumentRow[]> {
    const { wait } = request.query as UploadQuery;
    const aboutFirst = ([first]: DocumentRow[]): About => ({
      conversationId: scope.conversationId,
      documentId: first?.id,
    });
    // An answer that waits is not known yet: a repeat waits for the same documents.
    const settle =
      wait === undefined
        ? settleWith(request, 202, presentUpload, aboutFirst)
        : settleByReference(request, 202, (rows: DocumentRow[]) => rows.map(({ id }) => id), aboutFirst);
    return uploadWithin(scope, room, files, documents, settle);
  }

  /** What an earlier request with this key has uploaded. */
  async function keptBefore(ids: readonly string[], request: FastifyRequest): Promise<Uploaded> {
    const user = principalOf(request).scope;
    const found = await Promise.all(ids.map((id) => findDocument(db, user, id)));
    return tell(
      found.filter((row) => row !== null),
      request,
    );
  }

  async function tell(rows: readonly DocumentRow[], request: FastifyRequest): Promise<Uploaded> {
    const { wait } = request.query as UploadQuery;
    const [first] = rows;
    if (first === undefined || wait === undefined) return presentUpload(rows);
    return presentUpload(await whenDone(scopeOf(request, first), rows, wait));
  }

  async function whenDone(
    scope: ConversationScope,
    rows: readonly DocumentRow[],
    wait: 'ready' | 'vectors',
  ): Promise<DocumentRow[]> {
    const done = await Promise.all(rows.map((row) => waitFor(scope, row.id, wait, documents, closing)));
    return done.filter((row) => row !== null);
  }
}

function presentUpload(rows: readonly DocumentRow[]): Uploaded {
  const [first] = rows;
  if (first === undefined) throw documentMissing();
  return { documents: rows.map(presentDocument), document: presentDocument(first) };
}
