import { sql } from 'drizzle-orm';
import type { ConversationScope } from '../conversations/scope.ts';
import type { AlsoWrite, Database } from '../db/database.ts';
import { documents, work } from '../db/schema.ts';
import { queueBlobs } from '../files/store.ts';
import { refuseUnderHold } from '../identity/hold-store.ts';
import { forgetAnswersAbout } from '../identity/idempotency-store.ts';
import { documentWork } from '../work/lease.ts';
import { enqueue } from '../work/store.ts';
import {
  bumpVersion,
  countWithin,
  type DocumentLimits,
  type DocumentRow,
  isDocument,
  type NewDocument,
  nextChange,
} from './store.ts';

/**
 * Puts another file in the place of a document's, to be read from the beginning; whoever works on the old one loses it.
 * Null when the document is gone. @throws AppError `quota_exceeded`, `conflict` under a legal hold
 */
export async function replaceContent(
  db: Database,
  scope: ConversationScope,
  id: string,
  file: Omit<NewDocument, 'id'>,
  limits: DocumentLimits,
  now: Date,
  alsoWrite?: AlsoWrite<DocumentRow>,
): Promise<DocumentRow | null> {
  return db.scoped(scope, async (tx) => {
    await refuseUnderHold(tx, scope.user);
    await bumpVersion(tx, scope);
    const [before] = await tx.select().from(documents).where(isDocument(scope, id)).for('update');
    if (before === undefined) return null;
    await countWithin(tx, scope, 0, file.sizeBytes - before.sizeBytes, limits, now);
    const [row] = await tx
      .update(documents)
      .set({
        ...file,
        version: sql`${documents.version} + 1`,
        status: 'queued',
        progress: 0,
        stageMessage: 'waiting for its turn',
        errorCode: null,
        errorMessage: null,
        lastCitedAt: null,
        updatedAt: nextChange,
      })
      .where(isDocument(scope, id))
      .returning();
    if (row === undefined) throw new Error('the document was not written');
    await queueBlobs(tx, scope.userId, [before.blobKey], now);
    await forgetAnswersAbout(tx, scope.user, scope.conversationId, id);
    await tx.delete(work).where(sql`${work.userId} = ${scope.userId}
      AND ${work.conversationId} = ${scope.conversationId} AND ${work.documentId} = ${id}`);
    await enqueue(tx, [documentWork(scope, 'ingest', id)]);
    await alsoWrite?.(tx, row);
    return row;
  });
}
