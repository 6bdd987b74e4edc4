import type { Config } from '../config.ts';
import { connectDatabase } from '../db/client.ts';
import { assertMigrated } from '../db/migration-state.ts';
import { overseeAudit, overseeStatistics } from '../identity/oversee.ts';

/** Looks here, where no server has the database to itself. */
export async function seeInDatabase(
  what: 'stats' | 'audit',
  options: URLSearchParams,
  config: Config,
): Promise<unknown> {
  const db = await connectDatabase(config.database);
  try {
    await assertMigrated(db);
    const deps = { db, prices: config.prices, now: () => new Date() };
    return await (what === 'stats' ? overseeStatistics : overseeAudit)(options, deps);
  } finally {
    await db.close();
  }
}
