/**
 * `npm run fresh-database`: an embedded database with every migration, as a new installation begins with one. Does
 * nothing when the present migrations have made it already. `npm install` and `npm pack` run it.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectDatabase } from '../src/db/client.ts';
import { hasFreshDatabase, packFreshDatabase } from '../src/db/fresh-database.ts';
import { migrate } from '../src/db/migrate.ts';
import { checkIsolation } from '../src/db/self-check.ts';

if (!(await hasFreshDatabase())) {
  const folder = await mkdtemp(join(tmpdir(), 'alcove-fresh-'));
  try {
    const db = await connectDatabase({ kind: 'pglite', dataDir: folder });
    try {
      await migrate(db);
      await checkIsolation(db);
    } finally {
      await db.close();
    }
    const path = await packFreshDatabase(join(folder, 'pglite'));
    console.log(`Embedded database made: ${((await stat(path)).size / 1e6).toFixed(1)} MB.`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
