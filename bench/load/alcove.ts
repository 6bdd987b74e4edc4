import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { newId } from '../../src/db/ids.ts';
import { hashOf, shortHash, textToEmbed } from '../../src/documents/embedded-text.ts';
import { keywordKind, vectorKind } from '../../src/documents/segment-kinds.ts';
import type { PreparedIndex } from '../../src/indexing/prepare.ts';
import { vectorsVersion } from '../../src/indexing/versions.ts';
import { benchModel, indexDocument, keywordIndexOf } from '../alcove/write-document.ts';
import type { MadeDocument } from '../synthetic/collection.ts';
import type { BulkConversation } from '../peers/peer.ts';
import { copyRows, type Field } from './copy.ts';

export interface AlcoveLoader {
  add(conversation: BulkConversation): Promise<void>;
  /** Writes what waits; `isAll` when nothing comes any more. */
  finish(isAll?: boolean): Promise<void>;
  /** Resolves when the server has done what it does with new rows later: until then it measures its worker as well. */
  settled(): Promise<void>;
  /** Number of a chunk over all conversations, from what a retrieval says about it. */
  numberOf(documentId: string, ordinal: number): number;
  diskBytes(): Promise<number>;
  close(): Promise<void>;
}

/** Indexed documents wait here, so that small conversations share a COPY. */
const chunksAtOnce = 10_000;
const tables = [
  'conversations',
  'conversation_directory',
  'documents',
  'chunks',
  'chunk_terms',
  'chunk_vectors',
  'segments',
];

/** The rows that ingestion would have written, by COPY as a role that row-level security does not bind. */
export async function openAlcoveLoader(databaseUrl: string, userId: string): Promise<AlcoveLoader> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const firstOf = new Map<string, number>();
  let rows = emptyRows();
  let waiting = 0;
  let chunkCount = 0;

  // The texts of fillers repeat, and with them their keyword segments.
  const indexes = new WeakMap<object, PreparedIndex>();
  const indexOf = (document: MadeDocument): PreparedIndex => {
    const known = indexes.get(document.textIdentity) ?? keywordIndexOf(document);
    indexes.set(document.textIdentity, known);
    return known;
  };

  async function write(): Promise<void> {
    for (const [target, fields] of Object.entries(rows)) await copyRows(client, target, fields);
    rows = emptyRows();
    waiting = 0;
  }

  return {
    async add(conversation) {
      rows[targets.conversations].push(conversationRow(userId, conversation));
      rows[targets.directory].push([{ uuid: conversation.id }, { uuid: userId }]);
      let first = conversation.first;
      for (const document of conversation.documents) {
        const documentId = newId();
        firstOf.set(documentId, first);
        first += document.chunks.length;
        addDocument(
          rows,
          { userId, conversationId: conversation.id, documentId },
          document,
          indexOf(document),
        );
      }
      waiting += conversation.size;
      chunkCount += conversation.size;
      if (waiting >= chunksAtOnce) await write();
    },
    async finish(isAll = true) {
      await write();
      if (!isAll) return;
      for (const table of tables) await client.query(`ANALYZE ${table}`);
    },
    async settled() {
      for (let left = 1; left > 0; await sleep(200)) {
        const { rows } = await client.query(
          'SELECT 1 FROM documents WHERE searchable_chunks < chunk_count LIMIT 1',
        );
        left = rows.length;
      }
      for (const table of tables) await client.query(`VACUUM ANALYZE ${table}`);
    },
    numberOf: (documentId, ordinal) => (firstOf.get(documentId) ?? Number.NaN) + ordinal,
    async diskBytes() {
      let sum = 0;
      for (const table of tables) {
        const text = `SELECT pg_total_relation_size('${table}') AS bytes`;
        const bytes = Number((await client.query<{ bytes: string }>(text)).rows[0]?.bytes);
        console.log(`  ${table}: ${Math.round(bytes / Math.max(1, chunkCount))} bytes a chunk`);
        sum += bytes;
      }
      return sum;
    },
    close: () => client.end(),
  };
}

interface Keys {
  userId: string;
  conversationId: string;
  documentId: string;
}

/** Parents first: the foreign keys look. */
const targets = {
  conversations:
    'conversations (user_id, id, title, conversation_type, status, document_count, documents_version, created_at, updated_at, activity_at)',
  directory: 'conversation_directory (conversation_id, user_id)',
  documents:
    'documents (user_id, conversation_id, id, name, media_type, size_bytes, sha256, blob_key, status, progress, chunk_count, token_count, language, embedding_model, vectors_version, created_at, updated_at)',
  chunks:
    'chunks (user_id, conversation_id, document_id, ordinal, id, heading, char_start, char_end, tokens, content, content_hash)',
  segments: 'segments (user_id, conversation_id, document_id, kind, bytes)',
} as const;

type Rows = Record<(typeof targets)[keyof typeof targets], Field[][]>;

function emptyRows(): Rows {
  return Object.fromEntries(Object.values(targets).map((target) => [target, []])) as unknown as Rows;
}

function conversationRow(userId: string, { id, documents }: BulkConversation): Field[] {
  const now = { time: new Date() };
  const count = { int4: documents.length };
  return [
    { uuid: userId },
    { uuid: id },
    { text: 'Bench' },
    { text: 'general' },
    { text: 'active' },
    count,
    count,
    now,
    now,
    now,
  ];
}

function addDocument(
  rows: Rows,
  { userId, conversationId, documentId }: Keys,
  document: MadeDocument,
  index: PreparedIndex,
): void {
  const user = { uuid: userId };
  const conversation = { uuid: conversationId };
  const id = { uuid: documentId };
  const indexed = indexDocument(document, true, index);
  const { vectors } = indexed;
  if (vectors === null) throw new Error('a document without vectors');
  const now = { time: new Date() };
  const tokens = indexed.chunks.reduce((sum, chunk) => sum + chunk.tokens, 0);
  rows[targets.documents].push([
    user,
    conversation,
    id,
    { text: document.name },
    { text: 'text/plain' },
    { int8: document.text.length },
    { text: documentId },
    { text: `${userId}/${documentId}` },
    { text: 'ready' },
    { float8: 1 },
    { int4: indexed.chunks.length },
    { int4: tokens },
    { text: indexed.language },
    { text: benchModel },
    { int4: vectorsVersion },
    now,
    now,
  ]);
  indexed.chunks.forEach((chunk, ordinal) => {
    const place = { int4: ordinal };
    const span = [{ int4: chunk.charStart }, { int4: chunk.charEnd }, { int4: chunk.tokens }];
    rows[targets.chunks].push([
      user,
      conversation,
      id,
      place,
      { uuid: newId() },
      { textArray: [] },
      ...span,
      { text: chunk.content },
      { uuid: shortHash(hashOf(textToEmbed(chunk))) },
    ]);
  });
  rows[targets.segments].push(
    [user, conversation, id, { text: keywordKind }, { bytea: indexed.keywordSegment }],
    [user, conversation, id, { text: vectorKind(benchModel) }, { bytea: vectors.segment }],
  );
}
