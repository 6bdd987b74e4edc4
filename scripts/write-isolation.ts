/** `npm run isolation`: writes src/db/isolation.sql and constraints.sql from a database that only the migrations have made. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectDatabase } from '../src/db/client.ts';
import { printConstraints } from '../src/db/constraints.ts';
import { printIsolation } from '../src/db/isolation.ts';
import { migrate } from '../src/db/migrate.ts';

const dataDir = await mkdtemp(join(tmpdir(), 'alcove-isolation-'));
const db = await connectDatabase({ kind: 'pglite', dataDir });
try {
  await migrate(db);
  await writeFile(new URL('../src/db/isolation.sql', import.meta.url), await printIsolation(db));
  await writeFile(new URL('../src/db/constraints.sql', import.meta.url), await printConstraints(db));
} finally {
  await db.close();
  await rm(dataDir, { recursive: true, force: true });
}
console.log('Wrote src/db/isolation.sql and src/db/constraints.sql.');
