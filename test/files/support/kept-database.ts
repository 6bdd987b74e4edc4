import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestApp } from '../../support/app.ts';
import { testServerUrl } from '../../support/database-kind.ts';
import { createTestDatabase } from '../../support/postgres.ts';

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
  const copy = await createTestDatabase(testServerUrl(), new URL(url).pathname.slice(1));
  return { use: () => Promise.resolve({ DATABASE_URL: copy.url }), drop: copy.drop };
}
