import { askServer } from '../backup/control.ts';
import { type Config, readConfig } from '../config.ts';
import { connectDatabase } from '../db/client.ts';
import { isMigrated } from '../db/migrate.ts';
import { createPasswords } from '../identity/passwords.ts';
import { createSetup } from '../identity/people/create-setup.ts';
import { type Operated, operate, type Operation, operation } from '../identity/people/operate.ts';
import { createSessionCache } from '../identity/session-cache.ts';

/** Does it in the database, or has it done by the server that holds the embedded one. */
export async function operatePeople(given: Operation): Promise<Operated> {
  const { data: asked, error } = operation.safeParse(given);
  if (error !== undefined)
    throw new Error(error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
  const config = readConfig();
  const origin = `http://localhost:${config.port}`;
  const path = `/people?asked=${encodeURIComponent(JSON.stringify(asked))}`;
  const answer = config.database.kind === 'pglite' ? await askServer(config.dataDir, path) : null;
  if (answer === null) return inDatabase(asked, origin, config);
  const pieces: Uint8Array[] = [];
  for await (const piece of answer) pieces.push(piece);
  return JSON.parse(Buffer.concat(pieces).toString()) as Operated;
}

async function inDatabase(asked: Operation, origin: string, config: Config): Promise<Operated> {
  const db = await connectDatabase(config.database);
  const now = (): Date => new Date();
  const quiet = (): void => {};
  const warn = (fields: object, message: string): void =>
    console.error(`${message}: ${(fields as { err?: Error }).err?.message ?? ''}`);
  const setup = createSetup(config, { debug: quiet, info: quiet, warn, error: warn });
  try {
    if (!(await isMigrated(db)))
      throw new Error('The database is of another version: run "npm run alcove -- db migrate" first.');
    // Other processes notice within seconds: what they know of sessions does not keep.
    const sessions = createSessionCache(now);
    const passwords = await createPasswords(config.auth.hashKilobytes);
    return await operate(asked, origin, { db, passwords, sessions, setup, now });
  } finally {
    setup.mailer?.close();
    await db.close();
  }
}
