import { chunkList, documentText, idParams, pageQuery, pageWords, wordsQuery } from '@alcove/contract';
import { listChunks } from '../../documents/index-store.ts';
import type { DocumentRow } from '../../documents/store.ts';
import { readTextWithBlocks } from '../../documents/text-store.ts';
import { readWords } from '../../documents/words-store.ts';
import { AppError } from '../../errors.ts';
import type { HttpDeps } from '../deps.ts';
import { attachment } from '../attachment.ts';
import { bytes, octets } from '../describe-route.ts';
import { decodeOrdinal, encodeOrdinal, page } from '../paging.ts';
import { presentBlock, presentChunk } from '../present.ts';
import { openDocument } from '../scopes.ts';
import type { App } from '../app.ts';

const tags = ['documents'];

/** What is in a document: the original, its text and its passages. */
export function documentContentRoutes(app: App, { db, documents }: HttpDeps): void {
  const below = { conversation: true };

  app.get(
    '/documents/:id/content',
    {
      config: below,
      schema: {
        tags,
        operationId: 'getDocumentContent',
        summary: 'The original file, always as an attachment',
        description: 'The uploaded bytes, unchanged.',
        params: idParams,
        sends: { [octets]: bytes },
      },
    },
    async (request, reply) => {
      const { document: row } = await openDocument(request, db);
      const original = await documents.blobs.read(row.blobKey);
      reply.headers({
        'content-type': 'application/octet-stream',
        'content-disposition': attachment(row.name),
        'content-security-policy': "sandbox; default-src 'none'",
        'content-length': row.sizeBytes,
      });
      return reply.send(original);
    },
  );

  app.get(
    '/documents/:id/text',
    {
      config: below,
      schema: {
        tags,
        operationId: 'getDocumentText',
        summary: 'Its extracted text',
        description:
          'What citations count their characters in, and where its headings, tables, lists and code are; 409 until it is there.',
        params: idParams,
        response: { 200: documentText },
      },
    },
    async (request) => {
      const { scope, document: row } = await openDocument(request, db);
      const read = await readTextWithBlocks(db, scope, row.id);
      if (read === null) throw notReady(row);
      const blocks = read.blocks?.map(presentBlock) ?? null;
      return { document_id: row.id, text: read.text, pages: row.pages, blocks };
    },
  );

  app.get(
    '/documents/:id/words',
    {
      config: below,
      schema: {
        tags,
        operationId: 'getPageWords',
        summary: 'Where the recognised words of a page stand',
        description:
          'Of a scanned page or a picture: what text recognition (OCR) has read, line by line, to lay over the original.',
        params: idParams,
        querystring: wordsQuery,
        response: { 200: pageWords },
      },
    },
    async (request) => {
      const { scope, document: row } = await openDocument(request, db);
      const { page: number } = request.query;
      const recognised = await readWords(db, scope, row.id, number);
      return { document_id: row.id, version: row.version, page: number, recognised };
    },
  );

  app.get(
    '/documents/:id/chunks',
    {
      config: below,
      schema: {
        tags,
        operationId: 'listChunks',
        summary: 'Its passages, in order',
        description: 'The pieces that retrieval finds, with page, heading and place in the text.',
        params: idParams,
        querystring: pageQuery,
        response: { 200: chunkList },
      },
    },
    async (request) => {
      const { scope, document: row } = await openDocument(request, db);
      const { limit, cursor } = request.query;
      const rows = await listChunks(db, scope, row.id, limit + 1, decodeOrdinal(cursor));
      const shown = page(rows, limit, (chunk) => encodeOrdinal(chunk.ordinal));
      return { chunks: shown.rows.map(presentChunk), next_cursor: shown.next_cursor };
    },
  );
}

function notReady(row: DocumentRow): AppError {
  return new AppError('conflict', `This document is ${row.status}: its text is not there.`);
}
