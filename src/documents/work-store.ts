import { and, eq, inArray } from 'drizzle-orm';
import type { ErrorCode } from '@alcove/contract';
import type { ConversationScope } from '../conversations/scope.ts';
import type { AlsoWrite, Database, Transaction } from '../db/database.ts';
import { documents, type Replacement } from '../db/schema.ts';
import { queueBlobs } from '../files/store.ts';
import { isUnderHold, underHold } from '../identity/hold-store.ts';
import { documentWork, type Lease } from '../work/lease.ts';
import { holds, hurry, release, settle, withdraw } from '../work/store.ts';
import { deleteVectors } from './embedding-cache-store.ts';
import { type DocumentRow, type DocumentState, isDocument, nextChange } from './store.ts';
import { scopeOf } from './work-scope.ts';

// Rows are locked in one order everywhere, a document's before its work's: deletions take them so too.

export interface DocumentProgress {
  status: 'extracting' | 'chunking';
  progress: number;
  stageMessage: string;
}

/** Says how far the work is. False when the lease is lost. */
export async function reportProgress(db: Database, lease: Lease, at: DocumentProgress): Promise<boolean> {
  return db.scoped(lease, async (tx) => {
    if (!(await lockClaimed(tx, lease))) return false;
    const isThis = isDocument(scopeOf(lease), lease.itemId);
    await writeState(tx, isThis, await readNext(tx, isThis), at);
    return true;
  });
}

/**
 * Locks the document of a piece of work; false when it or the lease is gone. The lease is looked at in a statement of
 * its own, after the lock: a condition beside it would be of the time before a cancellation that was waited for.
 */
export async function lockClaimed(tx: Transaction, lease: Lease): Promise<boolean> {
  const rows = await tx
    .select({ id: documents.id })
    .from(documents)
    .where(isDocument(scopeOf(lease), lease.itemId))
    .for('update');
  return rows.length > 0 && (await holds(tx, lease));
}

export interface Postponed {
  inMs: number;
  /** False where the document is not to blame. */
  isCounted: boolean;
  stageMessage: string;
}

/** Lets the work be tried again later. Only the lease's holder wins. */
export async function postponeDocument(
  db: Database,
  lease: Lease,
  { inMs, isCounted, stageMessage }: Postponed,
): Promise<void> {
  await db.scoped(lease, async (tx) => {
    if (!(await lockClaimed(tx, lease))) return;
    const isThis = isDocument(scopeOf(lease), lease.itemId);
    await writeState(tx, isThis, await readNext(tx, isThis), { status: 'queued', stageMessage });
    await release(tx, lease, { inMs, refund: !isCounted });
  });
}

/**
 * Ends the work without success. Only the lease's holder wins. A document whose new version cannot be read stays as it
 * is, and says so.
 */
export async function failDocument(
  db: Database,
  lease: Lease,
  failure: { code: ErrorCode; message: string },
  now: Date,
): Promise<void> {
  await db.scoped(lease, async (tx) => {
    if (!(await lockClaimed(tx, lease))) return;
    const scope = scopeOf(lease);
    const isThis = isDocument(scope, lease.itemId);
    const next = await readNext(tx, isThis);
    if (next !== null) await dropNextBlob(tx, scope, lease.itemId, next.blobKey, now);
    await writeState(tx, isThis, next, {
      status: 'failed',
      errorCode: failure.code,
      errorMessage: failure.message,
      stageMessage: null,
    });
    await settle(tx, lease);
  });
}

/** Of the new version where one is read, else of the document. */
async function writeState(
  tx: Transaction,
  isThis: ReturnType<typeof isDocument>,
  next: Next | null,
  state: Pick<Replacement, 'status' | 'stageMessage'> & Partial<Replacement>,
): Promise<void> {
  await tx
    .update(documents)
    .set({
      ...(next === null ? state : { replacement: { ...next.replacement, ...state } }),
      updatedAt: nextChange,
    })
    .where(isThis);
}

/** What is read to take the document's place; null when it is the document itself that is read. */
async function readNext(tx: Transaction, isThis: ReturnType<typeof isDocument>): Promise<Next | null> {
  const [row] = await tx
    .select({ blobKey: documents.replacementBlobKey, replacement: documents.replacement })
    .from(documents)
    .where(isThis);
  if (row === undefined || row.blobKey === null || row.replacement === null) return null;
  return { blobKey: row.blobKey, replacement: row.replacement };
}

interface Next {
  blobKey: string;
  replacement: Replacement;
}

/** Nobody reads the new version any more. */
async function dropNextBlob(
  tx: Transaction,
  scope: ConversationScope,
  id: string,
  blobKey: string,
  now: Date,
): Promise<void> {
  await tx.update(documents).set({ replacementBlobKey: null }).where(isDocument(scope, id));
  await queueBlobs(tx, scope.userId, [blobKey], now);
}

/** Puts a failed or cancelled document back to work. Null when it is being worked on, or is ready. */
export async function requeueDocument(
  db: Database,
  scope: ConversationScope,
  id: string,
  alsoWrite?: AlsoWrite<DocumentRow>,
): Promise<DocumentRow | null> {
  return db.scoped(scope, async (tx) => {
    const [row] = await tx
      .update(documents)
      .set({
        status: 'queued',
        progress: 0,
        errorCode: null,
        errorMessage: null,
        stageMessage: 'waiting for its turn',
        updatedAt: nextChange,
      })
      .where(and(isDocument(scope, id), inArray(documents.status, ['failed', 'cancelled'])))
      .returning();
    if (row === undefined) return null;
    await hurry(tx, documentWork(scope, 'ingest', id));
    await alsoWrite?.(tx, row);
    return row;
  });
}

const underWay: DocumentState[] = ['queued', 'extracting', 'chunking', 'embedding'];

/**
 * A document with a new version under way keeps what it has. Null when there is nothing to cancel.
 * @throws AppError `conflict` when that would erase a file under a legal hold
 */
export async function cancelDocument(
  db: Database,
  scope: ConversationScope,
  id: string,
  now: Date,
  alsoWrite?: AlsoWrite<DocumentRow>,
): Promise<DocumentRow | null> {
  return db.scoped(scope, async (tx) => {
    const isHeld = await isUnderHold(tx, scope.user);
    const kept = await cancelReplacement(tx, scope, id, isHeld, now);
    if (kept !== null) {
      await alsoWrite?.(tx, kept);
      return kept;
    }
    const [row] = await tx
      .update(documents)
      .set({ status: 'cancelled', stageMessage: null, updatedAt: nextChange })
      .where(and(isDocument(scope, id), inArray(documents.status, underWay)))
      .returning();
    if (row === undefined) return null;
    await withdraw(tx, documentWork(scope, 'ingest', id));
    await deleteVectors(tx, scope, id);
    await alsoWrite?.(tx, row);
    return row;
  });
}

async function cancelReplacement(
  tx: Transaction,
  scope: ConversationScope,
  id: string,
  isHeld: boolean,
  now: Date,
): Promise<DocumentRow | null> {
  const isThis = isDocument(scope, id);
  const [locked] = await tx.select().from(documents).where(isThis).for('update');
  // One that has failed is only forgotten.
  if (locked === undefined || locked.replacement === null) return null;
  if (isHeld && locked.replacementBlobKey !== null) throw underHold();
  if (locked.replacementBlobKey !== null) await dropNextBlob(tx, scope, id, locked.replacementBlobKey, now);
  await withdraw(tx, documentWork(scope, 'ingest', id));
  const [row] = await tx
    .update(documents)
    .set({ replacement: null, updatedAt: nextChange })
    .where(isThis)
    .returning();
  return row ?? null;
}

/** The document as its worker finds it; null when it is gone. */
export async function readClaimed(db: Database, lease: Lease): Promise<DocumentRow | null> {
  const [row] = await db.reading(lease, (tx) =>
    tx
      .select()
      .from(documents)
      .where(
        and(
          eq(documents.userId, lease.userId),
          eq(documents.conversationId, lease.conversationId),
          eq(documents.id, lease.itemId),
        ),
      ),
  );
  return row ?? null;
}
