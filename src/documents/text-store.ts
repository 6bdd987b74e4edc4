import { and, eq } from 'drizzle-orm';
import type { ConversationScope } from '../conversations/scope.ts';
import type { Database } from '../db/database.ts';
import { documentTexts, segments } from '../db/schema.ts';
import type { Block } from '../formats/format.ts';
import { unpackBlocks } from '../formats/pack-blocks.ts';
import { blocksKind } from './segment-kinds.ts';
import { unpackOrRebuild } from './segment-store.ts';

/** What was read of the document; null while nothing was. */
export async function readText(db: Database, scope: ConversationScope, id: string): Promise<string | null> {
  const [row] = await db.reading(scope, (tx) =>
    tx.select({ text: documentTexts.text }).from(documentTexts).where(isTextOf(scope, id)),
  );
  return row?.text ?? null;
}

interface TextWithBlocks {
  text: string;
  /** Null for a document that was read before they were kept, that has too many, or whose cannot be read just now. */
  blocks: Block[] | null;
}

/** The text of a document and what its parts are, both of one reading; null while nothing was read. */
export async function readTextWithBlocks(
  db: Database,
  scope: ConversationScope,
  id: string,
): Promise<TextWithBlocks | null> {
  const [row] = await db.reading(scope, (tx) =>
    tx
      .select({ text: documentTexts.text, blocks: segments.bytes })
      .from(documentTexts)
      .leftJoin(
        segments,
        and(
          eq(segments.userId, documentTexts.userId),
          eq(segments.conversationId, documentTexts.conversationId),
          eq(segments.documentId, documentTexts.documentId),
          eq(segments.kind, blocksKind),
        ),
      )
      .where(isTextOf(scope, id)),
  );
  if (row === undefined) return null;
  const { text, blocks: stored } = row;
  if (stored === null) return { text, blocks: null };
  return { text, blocks: await unpackOrRebuild(db, scope, id, blocksKind, () => unpackBlocks(stored)) };
}

function isTextOf(scope: ConversationScope, id: string) {
  return and(
    eq(documentTexts.userId, scope.userId),
    eq(documentTexts.conversationId, scope.conversationId),
    eq(documentTexts.documentId, id),
  );
}
