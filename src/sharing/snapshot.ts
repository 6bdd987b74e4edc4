import type { SharedConversation } from '@alcove/contract';
import { z } from 'zod';
import { type MessageRow, readBranch, readMessage } from '../conversations/message-store.ts';
import type { ConversationScope } from '../conversations/scope.ts';
import { readConversation } from '../conversations/store.ts';
import type { Database } from '../db/database.ts';
import { refuseUnknownDocuments } from '../documents/membership-store.ts';
import { readDocument } from '../documents/store.ts';
import { AppError } from '../errors.ts';

/** What a link shows, with ids so that a document that is deleted later goes from it. Readers never see the ids. */
export interface Snapshot {
  title: string;
  messages: (Omit<SharedConversation['messages'][number], 'sources' | 'id' | 'author' | 'mine'> & {
    sources: (SharedConversation['messages'][number]['sources'][number] & { document_id: string })[];
    /** For who takes part alone: a link to read names neither messages nor who said them. */
    named?: { id: string; author: string | null; mine: boolean };
  })[];
  documents: SnapshotDocument[];
}

/** `sha256`: of the content that was shared; snapshots of earlier versions do not say it. */
export type SnapshotDocument = SharedConversation['documents'][number] & { id: string; sha256?: string };

const maxMessages = 5_000;
const maxBytes = 16 * 1024 * 1024;

// Rows hold what earlier versions and clients put there: only what reads as this is shown.
const storedSource = z.object({
  n: z.int(),
  document_id: z.string(),
  document_name: z.string(),
  page: z.int().nullable(),
  heading: z.array(z.string()),
  excerpt: z.string(),
});
const storedAuthor = z.object({ author: z.object({ id: z.string(), email: z.string().nullable() }) });
const storedCitation = z.object({
  n: z.int(),
  start: z.int(),
  end: z.int(),
  verification: z.enum(['verified', 'unverified', 'contradicted']),
});

export interface Taken {
  snapshot: Snapshot;
  text: string;
  leafId: string;
  /** The answer that is being written at the end of it. */
  answering: string | null;
}

/**
 * The branch as it is now. Of documents only those that were chosen show, with the passages that answers cite; what the
 * conversation was told to do (system messages) never does.
 * @throws AppError `not_found` for a message or document that is not the conversation's, `too_large`, `invalid_request`
 */
export async function takeSnapshot(
  scope: ConversationScope,
  leafId: string | undefined,
  documentIds: readonly string[],
  db: Database,
  reader?: string,
): Promise<Taken> {
  const conversation = await readConversation(db, scope);
  const leaf = leafId ?? conversation.activeLeafId;
  if (leaf === null)
    throw new AppError('invalid_request', 'There is nothing to share: the conversation has no message.');
  if (leafId !== undefined && (await readMessage(db, scope, leafId)) === null)
    throw new AppError('not_found', 'This message does not exist in this conversation.');
  await refuseUnknownDocuments(db, scope, documentIds);
  const branch = await readBranch(db, scope, leaf, maxMessages + 1);
  if (branch.length > maxMessages)
    throw new AppError('too_large', `At most ${maxMessages} messages can be shared: choose an earlier one.`);
  const documents: Snapshot['documents'] = [];
  for (const id of new Set(documentIds)) {
    const row = await readDocument(db, scope, id);
    if (row === null) throw new AppError('not_found', 'This document does not exist.');
    const { name, mediaType, sizeBytes, pages, sha256 } = row;
    documents.push({ id, name, media_type: mediaType, size_bytes: sizeBytes, pages, sha256 });
  }
  const shown = new Set(documents.map(({ id }) => id));
  const messages = branch.flatMap((row) => toShared(row, shown, reader));
  const snapshot = { title: conversation.title, messages, documents };
  const text = JSON.stringify(snapshot);
  if (Buffer.byteLength(text) > maxBytes)
    throw new AppError('too_large', 'The conversation is too long to be shared as a whole.');
  const answering = branch.find(({ status }) => status === 'streaming')?.id ?? null;
  return { snapshot, text, leafId: leaf, answering };
}

function toShared(
  row: MessageRow,
  shown: ReadonlySet<string>,
  reader: string | undefined,
): Snapshot['messages'] {
  if (row.role === 'system' || row.status === 'streaming' || row.status === 'failed') return [];
  const isAnswer = row.role === 'assistant';
  const sources = isAnswer
    ? listOf(row.metadata, 'search_results', storedSource).filter((one) => shown.has(one.document_id))
    : [];
  const numbers = new Set(sources.map(({ n }) => n));
  const citations = isAnswer
    ? listOf(row.metadata, 'citations', storedCitation).filter(({ n }) => numbers.has(n))
    : [];
  const { id, role, content } = row;
  const author = storedAuthor.safeParse(row.metadata).data?.author;
  const mine = role === 'user' && (author?.id ?? row.userId) === reader;
  const named = reader === undefined ? {} : { named: { id, author: author?.email ?? null, mine } };
  return [{ role, content, created_at: row.createdAt.toISOString(), ...named, sources, citations }];
}

function listOf<T>(metadata: unknown, name: string, form: z.ZodType<T>): T[] {
  const list = (metadata as Record<string, unknown> | null)?.[name];
  if (!Array.isArray(list)) return [];
  return list.flatMap((one) => form.safeParse(one).data ?? []);
}

const unnamed = { id: null, author: null, mine: false };

/** What a reader sees: without documents that are gone, and without ids. */
export function presentSnapshot(
  text: string,
  existing: ReadonlySet<string>,
): Pick<SharedConversation, 'title' | 'messages' | 'documents'> {
  const { title, messages, documents } = parseSnapshot(text);
  return {
    title,
    messages: messages.map(({ sources, citations, named = unnamed, ...message }) => {
      const kept = sources.filter((source) => existing.has(source.document_id));
      const numbers = new Set(kept.map(({ n }) => n));
      return {
        ...message,
        ...named,
        sources: kept.map(({ document_id: _, ...source }) => source),
        citations: citations.filter(({ n }) => numbers.has(n)),
      };
    }),
    documents: documents
      .filter(({ id }) => existing.has(id))
      .map(({ id: _, sha256: __, ...document }) => document),
  };
}

export function parseSnapshot(text: string): Snapshot {
  // Written by takeSnapshot alone.
  return JSON.parse(text) as Snapshot;
}
