import type { ConversationScope } from '../../src/conversations/scope.ts';
import type { Database } from '../../src/db/database.ts';
import { newId } from '../../src/db/ids.ts';
import { completeDocument, type IndexedDocument } from '../../src/documents/index-store.ts';
import { insertDocuments } from '../../src/documents/store.ts';
import { type PreparedIndex, prepareIndex } from '../../src/indexing/prepare.ts';
import { quantiseVectors } from '../../src/indexing/vectors.ts';
import { documentWork } from '../../src/work/lease.ts';
import { claim } from '../../src/work/store.ts';
import type { MadeDocument } from '../synthetic/collection.ts';

export const benchModel = 'bench-embedding';
const unlimited = { documentsPerConversation: 1e6, documentsPerUser: 1e6, bytesPerUser: 1e15 };
const owner = 'bench';

export function keywordIndexOf(document: MadeDocument): PreparedIndex {
  const chunks = document.chunks.map(({ text }) => ({ text, heading: [], page: null }));
  return prepareIndex({ title: document.name, fileName: document.name, text: document.text, chunks });
}

/** What ingestion would have made of the document. */
export function indexDocument(
  document: MadeDocument,
  withVectors: boolean,
  index = keywordIndexOf(document),
): IndexedDocument {
  const { language, segment } = index;
  const embeddings = document.chunks.map((chunk) => chunk.vector);
  return {
    title: null,
    text: document.text,
    chunks: document.chunks.map((chunk) => ({
      page: null,
      heading: [],
      charStart: chunk.start,
      charEnd: chunk.end,
      tokens: Math.round((chunk.end - chunk.start) / 6),
      prefix: null,
      content: chunk.text,
    })),
    keywordSegment: segment,
    pages: null,
    language,
    warnings: [],
    vectors: withVectors ? { model: benchModel, segment: quantiseVectors(embeddings) } : null,
  };
}

/** Puts a document into the conversation through the functions that ingestion ends with. @returns its id */
export async function writeDocument(
  db: Database,
  scope: ConversationScope,
  document: MadeDocument,
  indexed: IndexedDocument,
): Promise<string> {
  const id = newId();
  const now = new Date();
  const file = {
    id,
    name: document.name,
    mediaType: 'text/plain',
    sizeBytes: document.text.length,
    sha256: id,
    blobKey: `${scope.userId}/${id}`,
  };
  await insertDocuments(db, scope, [file], unlimited, now);
  const lease = await claim(db, documentWork(scope, 'ingest', id), owner, 60_000);
  if (lease === null) throw new Error('the document was not claimed');
  if (!(await completeDocument(db, lease, indexed, null, new Date())))
    throw new Error('the document was not written');
  return id;
}
