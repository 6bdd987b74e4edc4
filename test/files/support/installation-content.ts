import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';

/** Every row of every table but what a restore makes anew, and every original, as one comparable text each. */
export async function contentOf(pool: pg.Pool, dataDir: string): Promise<Record<string, string[]>> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
       AND relname NOT IN ('replicas', 'shared_counts') ORDER BY 1`,
  );
  const content: Record<string, string[]> = {};
  for (const { name } of tables) {
    const { rows } = await pool.query<{ row: string }>(
      `SELECT t::text AS row FROM ${name} t ${name === 'installation' ? `WHERE key = 'first_account'` : ''}`,
    );
    content[name] = rows.map(({ row }) => row).toSorted();
  }
  const files = [...(await filesBelow(dataDir, 'blobs')), ...(await filesBelow(dataDir, 'incoming'))];
  const originals = files.map(async (path) => {
    const bytes = await readFile(join(dataDir, path));
    return `${path} ${createHash('sha256').update(bytes).digest('hex')}`;
  });
  content['originals'] = (await Promise.all(originals)).toSorted();
  return content;
}

async function filesBelow(dataDir: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(dataDir, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dataDir.length + 1));
}
