import { advisoryLocks } from '../db/advisory-locks.ts';
import type { Database } from '../db/database.ts';
import { openOwnConnection } from '../db/own-connection.ts';

/** Keeps originals from being deleted in this process while a backup copies them. */
export interface DeletionHold {
  held: number;
}

/** From now on no replica begins to delete an original whose row was there until now. @returns what ends the hold */
export async function holdDeletions(db: Database, hold: DeletionHold): Promise<() => Promise<void>> {
  hold.held += 1;
  const end = (): void => void (hold.held -= 1);
  // One session serves all connections of the embedded database: its locks tell nobody apart.
  if (db.kind === 'pglite') return () => Promise.resolve(end());
  const { client, close } = await openOwnConnection(db);
  try {
    // A lock of the transaction: behind a connection pooler a session is nobody's own.
    await client.query('BEGIN');
    await client.query('SET LOCAL idle_in_transaction_session_timeout = 0');
    await client.query('SELECT pg_advisory_xact_lock_shared($1)', [advisoryLocks.deletions]);
  } catch (error) {
    await close();
    end();
    throw error;
  }
  // The lock ends with its connection.
  return async () => {
    end();
    await close();
  };
}
