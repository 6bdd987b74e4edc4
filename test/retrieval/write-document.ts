import { expect } from 'vitest';
import { ConversationScope } from '../../src/conversations/scope.ts';
import { insertConversation } from '../../src/conversations/store.ts';
import type { Database } from '../../src/db/database.ts';
import { newId } from '../../src/db/ids.ts';
import { completeDocument, type IndexedDocument } from '../../src/documents/index-store.ts';
import { insertDocuments } from '../../src/documents/store.ts';
import { UserScope } from '../../src/identity/user-scope.ts';
import { prepareIndex } from '../../src/indexing/prepare.ts';
import { quantiseVectors } from '../../src/indexing/vectors.ts';
import { documentWork } from '../../src/work/lease.ts';
import { claim } from '../../src/work/store.ts';
import { newPerson } from '../support/app.ts';

export const model = 'test-vectors';
export const unlimited = { documentsPerConversation: 1e6, documentsPerUser: 1e6, bytesPerUser: 1e15 };

/** A conversation of a new person. */
export async function newScope(db: Database, baseUrl: string): Promise<ConversationScope> {
  const person = await newPerson(baseUrl);
  return newConversation(db, UserScope.grant(person.id));
}

export async function newConversation(db: Database, user: UserScope): Promise<ConversationScope> {
  const settings = { title: 'Written', conversationType: 'general' as const };
  const row = await insertConversation(db, user, settings, new Date());
  return ConversationScope.ofOwnRow(user, { userId: user.userId, conversationId: row.id });
}

/** A ready document with a chunk for each text, and the index of it, as ingestion would have written it. */
export async function writeDocument(
  db: Database,
  scope: ConversationScope,
  texts: readonly string[],
  vectors: readonly Float32Array[] | null = null,
): Promise<string> {
  const id = newId();
  const now = new Date();
  const file = {
    id,
    name: 'v.txt',
    mediaType: 'text/plain',
    sizeBytes: 1,
    sha256: id,
    blobKey: `${scope.userId}/${id}`,
  };
  await insertDocuments(db, scope, [file], unlimited, now);
  const lease = await claim(db, documentWork(scope, 'ingest', id), 'test', 60_000);
  if (lease === null) throw new Error('the document was not claimed');
  const made = indexed(texts, vectors);
  expect(await completeDocument(db, lease, made, null, new Date())).toBe(true);
  return id;
}

/** What ingestion makes of a document with a chunk for each text. */
export function indexed(
  texts: readonly string[],
  vectors: readonly Float32Array[] | null = null,
): IndexedDocument {
  const text = texts.join('\n');
  const { language, segment } = prepareIndex({
    title: 'v',
    fileName: 'v.txt',
    text,
    chunks: texts.map((one) => ({ text: one, heading: [], page: null })),
  });
  return {
    title: null,
    text,
    chunks: texts.map((content) => ({
      page: null,
      heading: [],
      charStart: 0,
      charEnd: 1,
      tokens: Math.ceil(content.length / 4),
      prefix: null,
      content,
    })),
    keywordSegment: segment,
    pages: null,
    language,
    warnings: [],
    vectors: vectors && { model, segment: quantiseVectors(vectors) },
  };
}

/** Gaussian enough, and the same at each run. */
export function vectorsOf(seed: number, count: number, dimension: number): Float32Array[] {
  let state = seed >>> 0;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const value = () => next() + next() + next() + next() - 2;
  return Array.from({ length: count }, () => Float32Array.from({ length: dimension }, value));
}
