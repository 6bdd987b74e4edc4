import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { databaseKind, testServerUrl } from './database-kind.ts';
import { runFolderVariable } from './migrated-home.ts';
import { dropTestDatabase } from './postgres.ts';

/** Vitest's global set-up: a folder for what the files of one run share, gone at its end. */
export async function setup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'alcove-test-run-'));
  process.env[runFolderVariable] = folder;
  // Processes that tests start load the same sources again and again; a killed one keeps nothing for the next.
  process.env['NODE_COMPILE_CACHE'] ??= resolve(import.meta.dirname, '../../node_modules/.cache/compiled');
  return async () => {
    const made = await readFile(join(folder, 'migrated.json'), 'utf8').catch(() => null);
    const name = made === null ? null : (JSON.parse(made) as { database: string | null }).database;
    if (databaseKind === 'postgres' && name !== null) await dropTestDatabase(testServerUrl(), name);
    await rm(folder, { recursive: true, force: true });
  };
}
