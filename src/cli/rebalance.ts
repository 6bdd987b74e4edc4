import { readConfig } from '../config.ts';
import { connectDatabase } from '../db/client.ts';
import { rebalance } from '../db/rebalance.ts';

/** Gives each machine of Citus its share of the rows, and says how far it is. */
export async function rebalanceDatabase(): Promise<number> {
  const db = await connectDatabase(readConfig().database);
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  try {
    if (!(await rebalance(db, say)))
      say('The tables of this database are on one machine: nothing is to be moved.');
    return 0;
  } finally {
    await db.close();
  }
}
