import type {
  AllDocuments,
  allDocumentsQuery,
  chunkList,
  deletedDocument,
  Document,
  documentList,
  DocumentText,
  PageWords,
  suggestedQuestions,
  transferred,
  Uploaded,
  updateDocumentBody,
} from '@alcove/contract';
import type { z } from 'zod';
import { followDocument, waitForDocument, type WaitOptions } from './document-progress.ts';
import type { RequestOptions, Transport } from './transport.ts';
import { uploadForm, type UploadOptions } from './upload.ts';

export type { WaitOptions } from './document-progress.ts';
export type { UploadOptions } from './upload.ts';

/** A browser's File, or bytes with a name (in Node: `await openAsBlob(path)` from `node:fs`). */
export type UploadFile = File | { name: string; blob: Blob };

type AllQuery = Partial<z.output<typeof allDocumentsQuery>>;
type Transferred = z.output<typeof transferred>;

/** The documents of a conversation. */
export function documents(transport: Transport) {
  function transfer(
    how: 'copy' | 'move',
    documentIds: string[],
    conversationId: string,
    options?: RequestOptions,
  ): Promise<Transferred> {
    const body = { document_ids: documentIds, conversation_id: conversationId };
    return transport.json('POST', `/documents/${how}`, { ...options, body });
  }

  return {
    /** Sends one or several files; they are read in the background, see `wait` and `events`. */
    upload(
      conversationId: string,
      files: UploadFile | UploadFile[],
      options: UploadOptions = {},
    ): Promise<Uploaded> {
      const form = new FormData();
      for (const file of [files].flat()) {
        const blob = 'blob' in file ? file.blob : file;
        form.append('file', blob, file.name);
      }
      return uploadForm(transport, `${of(conversationId)}/documents`, form, options);
    },
    /** Adds a text under a name. */
    addText(
      conversationId: string,
      body: { name: string; text: string },
      options?: RequestOptions,
    ): Promise<Uploaded> {
      return transport.json('POST', `${of(conversationId)}/documents`, { ...options, body });
    },
    list(
      conversationId: string,
      query: { limit?: number; cursor?: string } = {},
      options?: RequestOptions,
    ): Promise<z.output<typeof documentList>> {
      return transport.json('GET', `${of(conversationId)}/documents`, { ...options, query });
    },
    /** What is behind a public address on the web, as a document. */
    addPage(conversationId: string, url: string, options?: RequestOptions): Promise<Uploaded> {
      return transport.json('POST', `${of(conversationId)}/documents`, { ...options, body: { url } });
    },
    /** Everything of the caller's, over all conversations, with what the account may hold. */
    listAll(query: AllQuery = {}, options?: RequestOptions): Promise<AllDocuments> {
      return transport.json('GET', '/documents', { ...options, query });
    },
    /** Copies to a conversation, all or none; nothing is read or embedded again. */
    copy(documentIds: string[], conversationId: string, options?: RequestOptions): Promise<Transferred> {
      return transfer('copy', documentIds, conversationId, options);
    },
    /** Moves to a conversation, all or none; the documents keep their ids. */
    move(documentIds: string[], conversationId: string, options?: RequestOptions): Promise<Transferred> {
      return transfer('move', documentIds, conversationId, options);
    },
    /** Deletes several, all or none. */
    deleteMany(
      documentIds: string[],
      { restorable, ...options }: RequestOptions & { restorable?: boolean } = {},
    ): Promise<z.output<typeof deletedDocument>> {
      const body = { document_ids: documentIds, ...(restorable === undefined ? {} : { restorable }) };
      return transport.json('POST', '/documents/delete', { ...options, body });
    },
    /** Puts another file in the place of a document's. */
    replace(id: string, file: UploadFile, options: RequestOptions = {}): Promise<Document> {
      const form = new FormData();
      form.append('file', 'blob' in file ? file.blob : file, file.name);
      return transport.json('POST', `${at(id)}/replace`, { ...options, body: form });
    },
    get(id: string, options?: RequestOptions): Promise<Document> {
      return transport.json('GET', at(id), options);
    },
    /** Its text and where its headings, tables, lists and code are in it. */
    text(id: string, options?: RequestOptions): Promise<DocumentText> {
      return transport.json('GET', `${at(id)}/text`, options);
    },
    /** Questions worth asking of it, by the server's language model; it is asked once. */
    questions(id: string, options?: RequestOptions): Promise<z.output<typeof suggestedQuestions>> {
      return transport.json('POST', `${at(id)}/questions`, { ...options, body: {} });
    },
    /** Where the words stand that were recognised on a page of a scan, counted from 1, or in a picture. */
    words(id: string, page: number, options?: RequestOptions): Promise<PageWords> {
      return transport.json('GET', `${at(id)}/words`, { ...options, query: { page } });
    },
    chunks(
      id: string,
      query: { limit?: number; cursor?: string } = {},
      options?: RequestOptions,
    ): Promise<z.output<typeof chunkList>> {
      return transport.json('GET', `${at(id)}/chunks`, { ...options, query });
    },
    /** The original file, byte for byte. */
    async content(id: string, options?: RequestOptions): Promise<Blob> {
      const response = await transport.response('GET', `${at(id)}/content`, options);
      return response.blob();
    },
    update(
      id: string,
      body: z.input<typeof updateDocumentBody>,
      options?: RequestOptions,
    ): Promise<Document> {
      return transport.json('PATCH', at(id), { ...options, body });
    },
    retry(id: string, options?: RequestOptions): Promise<Document> {
      return transport.json('POST', `${at(id)}/retry`, { ...options, body: {} });
    },
    cancel(id: string, options?: RequestOptions): Promise<Document> {
      return transport.json('POST', `${at(id)}/cancel`, { ...options, body: {} });
    },
    /** `restorable`: `restore` brings it back until the time that the answer tells. */
    delete(
      id: string,
      query: { restorable?: boolean } = {},
      options?: RequestOptions,
    ): Promise<z.output<typeof deletedDocument>> {
      return transport.json('DELETE', at(id), { ...options, query });
    },
    /** Brings a document back that was deleted as one that can be restored. */
    restore(id: string, options?: RequestOptions): Promise<Document> {
      return transport.json('POST', `${at(id)}/restore`, { ...options, body: {} });
    },
    /** Each state of a document as it is read, ending with `ready`, `failed` or `cancelled`. */
    events(id: string, options: { signal?: AbortSignal } = {}): AsyncGenerator<Document> {
      return followDocument(transport, at(id), options.signal);
    },
    /** Resolves with the document when it is `ready`, `failed` or `cancelled`; it does not throw for the last two. */
    wait(id: string, options: WaitOptions = {}): Promise<Document> {
      return waitForDocument(transport, at(id), options);
    },
  };
}

function at(id: string): string {
  return `/documents/${encodeURIComponent(id)}`;
}

function of(conversationId: string): string {
  return `/conversations/${encodeURIComponent(conversationId)}`;
}
