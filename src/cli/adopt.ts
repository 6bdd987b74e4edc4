import { readConfig } from '../config.ts';
import { connectDatabase } from '../db/client.ts';
import { migrate } from '../db/migrate.ts';
import { checkIsolation } from '../db/self-check.ts';
import { createDiskStore } from '../files/disk-store.ts';
import { adoptDataFolder } from '../files/installation.ts';

/** Says that the configured data folder and database belong together, whatever ids they carry. */
export async function adopt(): Promise<number> {
  const config = readConfig();
  const db = await connectDatabase(config.database);
  try {
    await migrate(db);
    await checkIsolation(db);
    await createDiskStore(config.dataDir);
    await adoptDataFolder(db, config.dataDir);
    process.stdout.write(`The data folder ${config.dataDir} belongs to this database from now on.\n`);
    return 0;
  } finally {
    await db.close();
  }
}
