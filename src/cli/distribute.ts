import { readConfig } from '../config.ts';
import { connectDatabase } from '../db/client.ts';
import { distribute } from '../db/distribute.ts';
import { checkIsolation } from '../db/self-check.ts';

/** Spreads the tables over the machines of Citus, and checks them there. */
export async function distributeDatabase(options: { shards: number; dryRun?: boolean }): Promise<number> {
  const db = await connectDatabase(readConfig().database);
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  try {
    const dryRun = options.dryRun === true;
    if (!(await distribute(db, { shards: options.shards, dryRun, say }))) {
      say('This database has no extension citus: it is on one machine, and nothing is to be distributed.');
      return 0;
    }
    if (!dryRun) await checkIsolation(db);
    return 0;
  } finally {
    await db.close();
  }
}
