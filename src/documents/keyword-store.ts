import { and, asc, eq, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { chunks, documents, documentTexts } from '../db/schema.ts';
import type { PrepareInput } from '../indexing/prepare.ts';
import { keywordVersion, passagesVersion } from '../indexing/versions.ts';
import type { Lease } from '../work/lease.ts';
import { settle } from '../work/store.ts';
import { keywordKind } from './segment-kinds.ts';
import { writeSegment } from './index-store.ts';
import { bumpVersion, isDocument } from './store.ts';
import { scopeOf } from './work-scope.ts';
import { lockClaimed } from './work-store.ts';

/** What the keyword index of a stored document is made of; null when it is gone. */
export async function readForIndexing(db: Database, lease: Lease): Promise<PrepareInput | null> {
  return db.reading(lease, async (tx) => {
    const [document] = await tx
      .select({ name: documents.name, title: documents.title, text: documentTexts.text })
      .from(documents)
      .innerJoin(
        documentTexts,
        and(
          eq(documentTexts.userId, documents.userId),
          eq(documentTexts.conversationId, documents.conversationId),
          eq(documentTexts.documentId, documents.id),
        ),
      )
      .where(isDocument(scopeOf(lease), lease.itemId));
    if (document === undefined) return null;
    const rows = await tx
      .select({
        text: chunks.content,
        heading: chunks.heading,
        prefix: chunks.prefix,
        page: chunks.page,
      })
      .from(chunks)
      .where(
        and(
          eq(chunks.userId, lease.userId),
          eq(chunks.conversationId, lease.conversationId),
          eq(chunks.documentId, lease.itemId),
        ),
      )
      .orderBy(asc(chunks.ordinal));
    return {
      title: document.title ?? '',
      fileName: document.name,
      text: document.text,
      chunks: rows.map(({ prefix, ...row }) => ({ ...row, prefix: prefix ?? undefined })),
    };
  });
}

/** Puts the new segment in place and settles the lease. False when the lease is lost. */
export async function replaceKeywordSegment(
  db: Database,
  lease: Lease,
  segment: Uint8Array,
  language: string,
): Promise<boolean> {
  const scope = scopeOf(lease);
  return db.scoped(scope, async (tx) => {
    await bumpVersion(tx, scope);
    if (!(await lockClaimed(tx, lease))) return false;
    await tx
      .update(documents)
      .set({ keywordVersion, language, revision: sql`${documents.revision} + 1` })
      .where(isDocument(scope, lease.itemId));
    await settle(tx, lease);
    await writeSegment(tx, scope, lease.itemId, keywordKind, segment);
    return true;
  });
}

/** The document keeps the passages that it has and is not read again for this version. */
export async function settleUnreadable(db: Database, lease: Lease): Promise<void> {
  const scope = scopeOf(lease);
  await db.scoped(scope, async (tx) => {
    if (!(await lockClaimed(tx, lease))) return;
    await tx.update(documents).set({ passagesVersion }).where(isDocument(scope, lease.itemId));
    await settle(tx, lease);
  });
}
