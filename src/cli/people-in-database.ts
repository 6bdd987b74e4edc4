import type { Config } from '../config.ts';
import { connectDatabase } from '../db/client.ts';
import { assertMigrated } from '../db/migration-state.ts';
import { createPasswords } from '../identity/passwords.ts';
import { createSetup } from '../identity/people/create-setup.ts';
import { operate } from '../identity/people/operate.ts';
import type { Operated, Operation } from '../identity/people/operation.ts';
import { createSessionCache } from '../identity/session-cache.ts';

/** Does it here, where no server has the database to itself. `origin`: where links lead without PUBLIC_URL. */
export async function operateInDatabase(asked: Operation, origin: string, config: Config): Promise<Operated> {
  const db = await connectDatabase(config.database);
  const now = (): Date => new Date();
  const quiet = (): void => {};
  const warn = (fields: object, message: string): void =>
    console.error(`${message}: ${(fields as { err?: Error }).err?.message ?? ''}`);
  const setup = createSetup(config, { debug: quiet, info: quiet, warn, error: warn });
  try {
    await assertMigrated(db);
    // Other processes notice within seconds: what they know of sessions does not keep.
    const sessions = createSessionCache(now);
    const passwords = await createPasswords(config.auth.hashKilobytes);
    return await operate(asked, origin, { db, passwords, sessions, setup, now });
  } finally {
    setup.mailer?.close();
    await db.close();
  }
}
