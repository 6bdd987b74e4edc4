import type { Database } from '../db/database.ts';
import { unpackQuestions } from '../documents/questions-store.ts';
import { blocksKind, keywordKind, questionsKind, vectorKind } from '../documents/segment-kinds.ts';
import { rebuildSegment } from '../documents/segment-store.ts';
import { unpackWords } from '../documents/words-store.ts';
import { unpackBlocks } from '../formats/pack-blocks.ts';
import { UserScope } from '../identity/user-scope.ts';
import { openSegment, UnreadableSegment } from '../indexing/segment.ts';
import { openVectors } from '../indexing/vectors.ts';
import { type Check, fail, ok } from './check.ts';
import { everybody } from './everybody.ts';

interface StoredSegment {
  conversationId: string;
  documentId: string;
  kind: string;
  bytes: Buffer;
  /** Of its document. */
  chunks: number;
}

type MissingSegment = Omit<StoredSegment, 'bytes' | 'chunks'>;

interface Broken extends MissingSegment {
  userId: string;
  reason: string;
  isStored: boolean;
}

/** Bytes of segments in memory at once, but for one that is larger. */
const pageBytes = 32 * 1024 * 1024;
const pageRows = 200;

/** Behind the last one, as many as fit together: lengths are known without reading, and the first always comes. */
const pageText = `SELECT p.conversation_id AS "conversationId", p.document_id AS "documentId", p.kind, p.bytes, d.chunk_count AS chunks
  FROM (SELECT s.*, sum(octet_length(bytes)) OVER (ORDER BY conversation_id, document_id, kind) - octet_length(bytes) AS before
    FROM (SELECT * FROM segments WHERE user_id = $1 AND (conversation_id, document_id, kind) > ($2, $3, $4)
      ORDER BY conversation_id, document_id, kind LIMIT ${pageRows}) s) p
  JOIN documents d ON d.user_id = $1 AND d.conversation_id = p.conversation_id AND d.id = p.document_id
  WHERE p.before < $5 ORDER BY p.conversation_id, p.document_id, p.kind`;

/** A document says that it has vectors once their segment is written. What is due for it makes one. */
const missingText = `SELECT d.conversation_id AS "conversationId", d.id AS "documentId", $2::text || d.embedding_model AS kind
  FROM documents d JOIN conversations c ON c.user_id = d.user_id AND c.id = d.conversation_id
  WHERE d.user_id = $1 AND d.status = 'ready' AND d.chunk_count > 0 AND d.embedding_model IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM segments s WHERE s.user_id = d.user_id AND s.conversation_id = d.conversation_id
      AND s.document_id = d.id AND s.kind = $2::text || d.embedding_model)
    AND NOT EXISTS (SELECT 1 FROM work w WHERE w.user_id = d.user_id AND w.conversation_id = d.conversation_id
      AND w.kind = 'index' AND w.item_id = d.id AND w.target <> '${keywordKind}')`;

/**
 * Reads every index segment whole: its length, its checksum, and that it is of as many passages as its document has; and
 * whatever else is made of a document. Vectors must be there where their document says so.
 */
export const segments: Check = {
  name: 'segments',
  async run({ db }) {
    const { count, broken } = await survey(db);
    const [first] = broken;
    if (first === undefined) return ok(`${count} index segments are whole`);
    return fail(
      `${broken.length} of ${count} index segments are not whole, such as ${first.kind} of ${first.documentId}: ${first.reason}`,
      'Run "npm run alcove -- doctor --repair": a running server then makes them anew in the background.',
    );
  },
  async repair({ db }) {
    const { broken } = await survey(db);
    for (const { userId, kind, isStored, ...name } of broken)
      await rebuildSegment(db, UserScope.grant(userId), name, kind, isStored);
  },
};

async function survey(db: Database): Promise<{ count: number; broken: Broken[] }> {
  const broken: Broken[] = [];
  let count = 0;
  for await (const userId of everybody(db)) {
    for await (const segment of segmentsOf(db, userId)) {
      count += 1;
      const { conversationId, documentId, kind } = segment;
      const reason = whyUnreadable(segment);
      if (reason !== null) broken.push({ userId, conversationId, documentId, kind, reason, isStored: true });
    }
    for (const missing of await missingVectors(db, userId)) {
      count += 1;
      broken.push({ userId, ...missing, reason: 'it is not there', isStored: false });
    }
  }
  return { count, broken };
}

async function* segmentsOf(db: Database, userId: string): AsyncGenerator<StoredSegment> {
  const nobody = '00000000-0000-0000-0000-000000000000';
  let [conversationId, documentId, kind] = [nobody, nobody, ''];
  for (;;) {
    const values = [userId, conversationId, documentId, kind, pageBytes];
    const [rows] = await db.read({ userId }, [{ name: 'doctor_segments', text: pageText, values }]);
    const page = (rows ?? []) as StoredSegment[];
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    ({ conversationId, documentId, kind } = last);
  }
}

async function missingVectors(db: Database, userId: string): Promise<MissingSegment[]> {
  const values = [userId, vectorKind('')];
  const [rows] = await db.read({ userId }, [{ name: 'doctor_missing_vectors', text: missingText, values }]);
  return (rows ?? []) as MissingSegment[];
}

const isIndex = (kind: string): boolean => kind === keywordKind || kind.startsWith(vectorKind(''));

function whyUnreadable({ kind, bytes, chunks }: StoredSegment): string | null {
  try {
    if (!isIndex(kind)) {
      if (kind === questionsKind) unpackQuestions(bytes);
      else if (kind === blocksKind) unpackBlocks(bytes);
      else unpackWords(bytes);
      return null;
    }
    const found = kind === keywordKind ? openSegment(bytes).chunkCount : openVectors(bytes).count;
    return found === chunks ? null : `it is of ${found} passages instead of ${chunks}`;
  } catch (error) {
    if (error instanceof UnreadableSegment) return error.message;
    if (!isIndex(kind)) return 'its bytes are not those that were written';
    throw error;
  }
}
