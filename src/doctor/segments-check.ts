import type { Database } from '../db/database.ts';
import { unpackQuestions } from '../documents/questions-store.ts';
import { blocksKind, keywordKind, makerOf, questionsKind, vectorKind } from '../documents/segment-kinds.ts';
import { unpackWords } from '../documents/words-store.ts';
import { unpackBlocks } from '../formats/pack-blocks.ts';
import { openSegment, UnreadableSegment } from '../indexing/segment.ts';
import { openVectors } from '../indexing/vectors.ts';
import { documentWork } from '../work/lease.ts';
import { hurry } from '../work/store.ts';
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

interface Broken extends Omit<StoredSegment, 'bytes' | 'chunks'> {
  userId: string;
  reason: string;
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

/**
 * Reads every index segment whole: its length, its checksum, and that it is of as many passages as its document has; and
 * whatever else is made of a document.
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
    for (const one of broken) await haveMadeAnew(db, one);
  },
};

async function survey(db: Database): Promise<{ count: number; broken: Broken[] }> {
  const broken: Broken[] = [];
  let count = 0;
  for await (const userId of everybody(db))
    for await (const segment of segmentsOf(db, userId)) {
      count += 1;
      const { conversationId, documentId, kind } = segment;
      const reason = whyUnreadable(segment);
      if (reason !== null) broken.push({ userId, conversationId, documentId, kind, reason });
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

/**
 * Vectors are complete while they have a segment: it goes, and they are embedded again. Keywords are searched until then.
 * Words and blocks are read in the original once more; questions are suggested when somebody looks.
 */
async function haveMadeAnew(
  db: Database,
  { userId, conversationId, documentId, kind }: Broken,
): Promise<void> {
  if (kind !== keywordKind)
    await db.write({ userId }, [
      {
        name: 'doctor_drop_segment',
        text: 'DELETE FROM segments WHERE user_id = $1 AND conversation_id = $2 AND document_id = $3 AND kind = $4',
        values: [userId, conversationId, documentId, kind],
      },
    ]);
  const maker = makerOf(kind);
  if (maker === null) return;
  const key = documentWork({ userId, conversationId }, 'index', documentId, maker);
  await db.scoped({ userId }, (tx) => hurry(tx, key));
}
