import { gunzipSync, gzipSync } from 'node:zlib';
import { and, eq } from 'drizzle-orm';
import type { ConversationScope } from '../conversations/scope.ts';
import type { Database, Transaction } from '../db/database.ts';
import { segments } from '../db/schema.ts';
import type { PageWords } from '../formats/ocr/page-words.ts';
import { wordsKind } from './segment-kinds.ts';
import { unpackOrRebuild } from './segment-store.ts';

/** A page has some 10 KB of them. */
const rowsAtOnce = 50;

/** Where the words of recognised pages stand, a row for each page; those of an earlier version are gone by now. */
export async function writeWords(
  tx: Transaction,
  scope: ConversationScope,
  documentId: string,
  words: ReadonlyMap<number, PageWords> = new Map(),
): Promise<void> {
  const { userId, conversationId } = scope;
  const rows = [...words];
  for (let at = 0; at < rows.length; at += rowsAtOnce)
    await tx.insert(segments).values(
      rows.slice(at, at + rowsAtOnce).map(([page, placed]) => ({
        userId,
        conversationId,
        documentId,
        kind: wordsKind(page),
        bytes: gzipSync(JSON.stringify(placed)),
      })),
    );
}

/** Null for a page that text recognition has not read, or has read before this was kept. */
export async function readWords(
  db: Database,
  scope: ConversationScope,
  documentId: string,
  page: number,
): Promise<PageWords | null> {
  const [row] = await db.reading(scope, (tx) =>
    tx
      .select({ bytes: segments.bytes })
      .from(segments)
      .where(
        and(
          eq(segments.userId, scope.userId),
          eq(segments.conversationId, scope.conversationId),
          eq(segments.documentId, documentId),
          eq(segments.kind, wordsKind(page)),
        ),
      ),
  );
  if (row === undefined) return null;
  return unpackOrRebuild(db, scope, documentId, wordsKind(page), () => unpackWords(row.bytes));
}

/** @throws Error for bytes that are not whole: gzip has a checksum */
export function unpackWords(bytes: Uint8Array): PageWords {
  return JSON.parse(gunzipSync(bytes).toString()) as PageWords;
}
