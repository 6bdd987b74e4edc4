import { readConfig } from '../config.ts';
import { connectDatabase } from '../db/client.ts';
import { migrate } from '../db/migrate.ts';
import { checkIsolation } from '../db/self-check.ts';
import { openBlobStore } from '../files/open-store.ts';
import { adoptOriginals } from '../files/installation.ts';

/** Says that the configured data folder and database belong together, whatever ids they carry. */
export async function adopt(): Promise<number> {
  const config = readConfig();
  const db = await connectDatabase(config.database);
  try {
    await migrate(db);
    await checkIsolation(db);
    const blobs = await openBlobStore(config.blobs, config.dataDir);
    await adoptOriginals(db, blobs);
    process.stdout.write(`${blobs.place.replace('the', 'The')} belongs to this database from now on.\n`);
    return 0;
  } finally {
    await db.close();
  }
}
