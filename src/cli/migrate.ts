import { readConfig } from '../config.ts';
import { connectDatabase } from '../db/client.ts';
import { migrate } from '../db/migrate.ts';
import { checkIsolation } from '../db/self-check.ts';

/** Migrates the configured database and checks that it isolates users. */
export async function migrateDatabase(): Promise<number> {
  const db = await connectDatabase(readConfig().database);
  try {
    await migrate(db);
    await checkIsolation(db);
    process.stdout.write('The database is at this version.\n');
    return 0;
  } finally {
    await db.close();
  }
}
