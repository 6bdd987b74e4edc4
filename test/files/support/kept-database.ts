import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { TestApp } from '../../support/app.ts';

/** A copy of the database as it was, as a dump would keep it. The server must be stopped. */
export interface KeptDatabase {
  /** Puts it where a server that is `like` the first one finds it; returns the settings that it needs. */
  use(): Promise<Record<string, string>>;
  drop(): Promise<void>;
}

export async function keepDatabase(app: TestApp): Promise<KeptDatabase> {
  const url = app.env['DATABASE_URL'];
  return url === undefined ? keepFolder(join(app.dataDir, 'database')) : keepServerDatabase(url);
}

async function keepFolder(folder: string): Promise<KeptDatabase> {
  const kept = await mkdtemp(join(tmpdir(), 'alcove-kept-'));
  await cp(folder, kept, { recursive: true });
  return {
    async use() {
      await rm(folder, { recursive: true, force: true });
      await cp(kept, folder, { recursive: true });
      return {};
    },
    drop: () => rm(kept, { recursive: true, force: true }),
  };
}

async function keepServerDatabase(url: string): Promise<KeptDatabase> {
  const original = new URL(url).pathname.slice(1);
  const copy = `alcove_kept_${process.pid}_${randomBytes(6).toString('hex')}`;
  const server = new URL(url);
  server.pathname = '/postgres';
  await execute(server.href, `CREATE DATABASE ${copy} TEMPLATE ${original}`);
  const own = new URL(url);
  own.pathname = `/${copy}`;
  return {
    use: () => Promise.resolve({ DATABASE_URL: own.href }),
    drop: () => execute(server.href, `DROP DATABASE IF EXISTS ${copy} WITH (FORCE)`),
  };
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
