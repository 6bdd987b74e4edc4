import { sql } from 'drizzle-orm';
import type { ConversationScope } from '../conversations/scope.ts';
import type { AlsoWrite, Database, Transaction } from '../db/database.ts';
import { documents, work } from '../db/schema.ts';
import { queueBlobs } from '../files/store.ts';
import { countUploads } from '../identity/daily-usage-store.ts';
import { refuseUnderHold } from '../identity/hold-store.ts';
import { forgetAnswersAbout } from '../identity/idempotency-store.ts';
import { documentWork } from '../work/lease.ts';
import { enqueue, withdraw } from '../work/store.ts';
import {
  bumpVersion,
  countBytes,
  countWithin,
  type DocumentLimits,
  type DocumentRow,
  isDocument,
  type NewDocument,
  nextChange,
} from './store.ts';

type NewFile = Omit<NewDocument, 'id'>;

/**
 * Has another file read to take the place of a document's. One that is ready stays as it is until then, and for good
 * when the file cannot be read; of any other the file takes the place at once. Null when the document is gone.
 * @throws AppError `quota_exceeded`, `conflict` under a legal hold
 */
export async function replaceContent(
  db: Database,
  scope: ConversationScope,
  id: string,
  file: NewFile,
  limits: DocumentLimits,
  now: Date,
  alsoWrite?: AlsoWrite<DocumentRow>,
): Promise<DocumentRow | null> {
  return db.scoped(scope, async (tx) => {
    await refuseUnderHold(tx, scope.user);
    await bumpVersion(tx, scope);
    const [before] = await tx.select().from(documents).where(isDocument(scope, id)).for('update');
    if (before === undefined) return null;
    const added = file.sizeBytes - before.sizeBytes;
    await countWithin(tx, scope, 0, added, limits, now, id);
    // Counted when it takes its place: here it was only seen whether it fits.
    if (before.status === 'ready') await countBytes(tx, scope, -added);
    const [row] = await tx
      .update(documents)
      .set({ ...(before.status === 'ready' ? asNext(file) : atOnce(file)), updatedAt: nextChange })
      .where(isDocument(scope, id))
      .returning();
    if (row === undefined) throw new Error('the document was not written');
    await countUploads(tx, scope.user, { documents: 1, bytes: file.sizeBytes }, now);
    const unread = before.status === 'ready' ? before.replacementBlobKey : before.blobKey;
    await queueBlobs(tx, scope.userId, unread === null ? [] : [unread], now);
    await forgetAnswersAbout(tx, scope.user, scope.conversationId, id);
    // Whoever reads what was to take its place before loses it.
    await withdraw(tx, documentWork(scope, 'ingest', id));
    if (before.status !== 'ready') await withdrawIndexes(tx, scope, id);
    await enqueue(tx, [documentWork(scope, 'ingest', id)]);
    await alsoWrite?.(tx, row);
    return row;
  });
}

function asNext({ blobKey, ...file }: NewFile) {
  return {
    replacementBlobKey: blobKey,
    replacement: { ...file, ...waiting, errorCode: null, errorMessage: null },
  };
}

function atOnce(file: NewFile) {
  const version = sql`${documents.version} + 1`;
  return { ...file, ...waiting, version, errorCode: null, errorMessage: null, lastCitedAt: null };
}

const waiting = { status: 'queued' as const, progress: 0, stageMessage: 'waiting for its turn' };

/** The new version of a document that has been read becomes the document, in the transaction that writes its passages. */
export async function takePlace(
  tx: Transaction,
  scope: ConversationScope,
  { id, blobKey, sizeBytes, replacementBlobKey, replacement }: DocumentRow,
  now: Date,
): Promise<void> {
  if (replacementBlobKey === null || replacement === null) return;
  const { name, mediaType, sha256 } = replacement;
  await countBytes(tx, scope, replacement.sizeBytes - sizeBytes);
  await tx
    .update(documents)
    .set({
      name,
      mediaType,
      sizeBytes: replacement.sizeBytes,
      sha256,
      blobKey: replacementBlobKey,
      replacementBlobKey: null,
      replacement: null,
      version: sql`${documents.version} + 1`,
      lastCitedAt: null,
    })
    .where(isDocument(scope, id));
  await queueBlobs(tx, scope.userId, [blobKey], now);
}

/** What is due for passages that are replaced, or under way: whoever is at it loses it. */
export async function withdrawIndexes(tx: Transaction, scope: ConversationScope, id: string): Promise<void> {
  await tx.delete(work).where(sql`${work.userId} = ${scope.userId}
    AND ${work.conversationId} = ${scope.conversationId} AND ${work.documentId} = ${id} AND ${work.kind} = 'index'`);
}
