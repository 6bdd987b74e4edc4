import { askHolder } from '../backup/ask-server.ts';
import { type Config, readConfig } from '../config.ts';
import { connectDatabase } from '../db/client.ts';
import { examine, type NamedFinding } from '../doctor/examine.ts';
import { openBlobStore } from '../files/open-store.ts';

/** Examines the installation: one line for each thing, what to do about it, and 1 when something fails. */
export async function doctor(options: { repair?: boolean; json?: boolean }): Promise<number> {
  const found: NamedFinding[] = [];
  for await (const finding of findings(readConfig(), options.repair === true)) {
    found.push(finding);
    if (options.json !== true) process.stdout.write(`${lineOf(finding)}\n`);
  }
  const healthy = !found.some(({ status }) => status === 'fail');
  if (options.json === true) process.stdout.write(`${JSON.stringify({ healthy, checks: found }, null, 2)}\n`);
  return healthy ? 0 : 1;
}

async function* findings(config: Config, repair: boolean): AsyncGenerator<NamedFinding> {
  const answer = await askHolder(config, `/doctor${repair ? '?repair' : ''}`);
  if (answer !== null) {
    yield* answer as NamedFinding[];
    return;
  }
  let db;
  try {
    db = await connectDatabase(config.database);
    await db.pool.query('SELECT 1');
  } catch (error) {
    await db?.close();
    const advice =
      config.database.kind === 'pglite'
        ? 'The embedded database belongs to one process: end the one that holds it.'
        : 'Check that it runs and that DATABASE_URL is right; nothing else can be looked at before.';
    yield { name: 'connection', status: 'fail', found: (error as Error).message, advice };
    return;
  }
  try {
    const blobs = await openBlobStore(config.blobs, config.dataDir);
    yield* examine({ config, db, blobs, now: () => new Date() }, repair);
  } finally {
    await db.close();
  }
}

function lineOf({ name, status, found, advice }: NamedFinding): string {
  const mark = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' }[status];
  return `${mark} ${name}: ${found}${advice === undefined ? '' : `. ${advice}`}`;
}
