import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import type { Database } from './database.ts';

export const migrationsFolder = fileURLToPath(new URL('./migrations', import.meta.url));

/** True when every migration of this version has run. */
export async function isMigrated(database: Database): Promise<boolean> {
  const { at: newest } = await newestMigration();
  return (await lastMigration(database.pool)) >= newest;
}

/** @throws what to do about a database that is empty or of another version */
export async function assertMigrated(database: Database): Promise<void> {
  if (await isMigrated(database)) return;
  throw new Error('The database is empty or of another version: run "npm run alcove -- db migrate" first.');
}

/** The time that orders the last migration that has run; 0 before the first. */
export async function lastMigration(client: pg.ClientBase | pg.Pool): Promise<number> {
  const { rows } = await client.query<{ exists: boolean }>(
    `SELECT to_regclass('drizzle.__drizzle_migrations') IS NOT NULL AS exists`,
  );
  if (rows[0]?.exists !== true) return 0;
  const last = await client.query<{ last: string | null }>(
    'SELECT max(created_at)::text AS last FROM drizzle.__drizzle_migrations',
  );
  return Number(last.rows[0]?.last ?? 0);
}

/** The newest migration of this version: its name, and the time that orders it. */
export async function newestMigration(): Promise<{ name: string; at: number }> {
  const journal = JSON.parse(await readFile(`${migrationsFolder}/meta/_journal.json`, 'utf8')) as {
    entries: { tag: string; when: number }[];
  };
  const last = journal.entries.at(-1);
  return { name: last?.tag ?? '', at: last?.when ?? 0 };
}
