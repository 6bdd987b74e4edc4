import { readConfig } from '../../src/config.ts';
import { connectDatabase } from '../../src/db/client.ts';
import type { Database } from '../../src/db/database.ts';
import { openLook } from './app.ts';
import { isDistributed } from './database-kind.ts';

/** The database of a server with these settings, whose pool goes through everybody also where machines hold them. */
export async function openToLook(env: Record<string, string>): Promise<Database> {
  const db = await connectDatabase(readConfig(env).database);
  if (!isDistributed()) return db;
  const pool = openLook(env['DATABASE_URL'] ?? '');
  const close = async (): Promise<void> => {
    await pool.end();
    await db.close();
  };
  return { ...db, pool, close };
}
