import { createHash, createHmac, randomBytes } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from '../db/database.ts';
import { syncFolder } from '../db/sync-folder.ts';

const secretBytes = 48;

/** The installation's secret: given, or made at first run and kept where every replica of the installation finds it. */
export async function loadSecret(
  given: string | undefined,
  dataDir: string,
  database: Database,
): Promise<string> {
  if (given !== undefined) return given;
  return database.kind === 'postgresql' ? secretInDatabase(database) : secretInFile(dataDir);
}

/** Different keys for different purposes, so that a token of one is never valid as another. */
export function deriveKey(secret: string, purpose: string): Buffer {
  return createHmac('sha256', secret).update(`alcove/${purpose}`).digest();
}

export function sha256(value: string): string {
  return createHash('sha256').update(value).digest('hex');
}

/** Row-level security lets the application role see one key of this table, and it is not this one. */
async function secretInDatabase(database: Database): Promise<string> {
  await database.pool.query(
    `INSERT INTO installation (key, value) VALUES ('auth_secret', $1) ON CONFLICT (key) DO NOTHING`,
    [randomBytes(secretBytes).toString('base64url')],
  );
  const { rows } = await database.pool.query<{ value: string }>(
    `SELECT value FROM installation WHERE key = 'auth_secret'`,
  );
  const value = rows[0]?.value;
  if (value === undefined)
    throw new Error('the secret of this installation cannot be read from the database');
  return value;
}

async function secretInFile(dataDir: string): Promise<string> {
  const path = join(dataDir, 'secret');
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  try {
    const file = await open(path, 'wx', 0o600);
    await file.writeFile(randomBytes(secretBytes).toString('base64url'));
    await file.sync();
    await file.close();
    await syncFolder(dataDir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const secret = (await readFile(path, 'utf8')).trim();
  if (secret.length < 32)
    throw new Error(`${path} holds no secret: delete the file and start again (everybody signs in anew)`);
  return secret;
}
