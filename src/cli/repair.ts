import { readConfig } from '../config.ts';
import { connectDatabase } from '../db/client.ts';
import { repairIsolation } from '../db/isolation.ts';
import { migrate } from '../db/migrate.ts';
import { isMigrated } from '../db/migration-state.ts';
import { checkIsolation } from '../db/self-check.ts';

/** Makes the roles, policies, grants and functions of the configured database anew, and checks them. */
export async function repairDatabase(): Promise<number> {
  const db = await connectDatabase(readConfig().database);
  try {
    if (!(await isMigrated(db).catch(() => false))) await migrate(db);
    const changed = await repairIsolation(db);
    await checkIsolation(db);
    process.stdout.write(
      changed === 0
        ? 'Nothing was missing.\n'
        : `Mended: ${changed} policies, grants, functions, or tables with other parts.\n`,
    );
    return 0;
  } finally {
    await db.close();
  }
}
