import type { Config } from '../config.ts';
import { connectDatabase } from '../db/client.ts';
import { assertMigrated } from '../db/migration-state.ts';
import { loadSecret } from '../identity/secrets.ts';
import { deriveSetupCode, readSetupCode } from '../identity/setup-code.ts';

/** Reads it here, where no server has the database to itself. */
export async function setupCodeInDatabase({ database, auth, dataDir }: Config): Promise<string | null> {
  const db = await connectDatabase(database);
  try {
    await assertMigrated(db);
    const setupCode = deriveSetupCode(await loadSecret(auth.secret, dataDir, db));
    return await readSetupCode(db, { setupCode });
  } finally {
    await db.close();
  }
}
