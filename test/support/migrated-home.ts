import { constants, cpSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { startApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { connectDatabase } from '../../src/db/client.ts';
import { distribute } from '../../src/db/distribute.ts';
import { migrate } from '../../src/db/migrate.ts';
import { databaseKind, isDistributed, testServerUrl } from './database-kind.ts';
import { keepPgliteCompiled } from './keep-compiled.ts';
import { createTestDatabase, type TestDatabase } from './postgres.ts';
import { until } from '../answers/support/until.ts';

/** A server's own data folder, and its own database where that is not inside the folder. */
export interface DataHome {
  dataDir: string;
  /** Null for the embedded database. */
  database: TestDatabase | null;
  remove(): Promise<void>;
}

/** Names the folder that the processes of one run share; `migrated-run.ts` makes and removes it. */
export const runFolderVariable = 'ALCOVE_TEST_RUN';
const makingTakesMs = 60_000;

/** As an operator has it before the first start: nothing at all, or the empty tables that several machines hold. */
export async function emptyHome(): Promise<DataHome> {
  const database = databaseKind === 'pglite' ? null : await createTestDatabase(testServerUrl());
  if (isDistributed() && database !== null) await spread(database);
  return homeOn(await newFolder(), database);
}

/** As a server leaves it that was started once and stopped: copied from one that the whole run shares. */
export async function migratedHome(): Promise<DataHome> {
  const run = process.env[runFolderVariable];
  if (run === undefined) return emptyHome();
  const migrated = await migratedOnce(run);
  const dataDir = await newFolder();
  // Some 40 MB in a thousand files, which this copies twice as fast as the one that does not block; blocks are shared
  // where the file system can.
  cpSync(migrated.folder, dataDir, { recursive: true, mode: constants.COPYFILE_FICLONE });
  const database =
    migrated.database === null ? null : await createTestDatabase(testServerUrl(), migrated.database);
  return homeOn(dataDir, database);
}

interface Migrated {
  folder: string;
  /** Name of the database to copy. */
  database: string | null;
}

/** The first process of the run that asks makes it, the others wait. */
async function migratedOnce(run: string): Promise<Migrated> {
  const made = join(run, 'migrated.json');
  if (await becomesMaker(run)) {
    try {
      // Its name appears when it is whole.
      await writeFile(`${made}.part`, JSON.stringify(await makeMigrated(run)));
      await rename(`${made}.part`, made);
    } catch (error) {
      await rm(join(run, 'making'), { recursive: true });
      throw error;
    }
  }
  const text = await until(
    'the migrated folder is there',
    () => readFile(made, 'utf8').catch(() => false),
    makingTakesMs,
  );
  return JSON.parse(text as string) as Migrated;
}

function becomesMaker(run: string): Promise<boolean> {
  return mkdir(join(run, 'making')).then(
    () => true,
    () => false,
  );
}

async function makeMigrated(run: string): Promise<Migrated> {
  const folder = join(run, 'migrated');
  const database = databaseKind === 'pglite' ? null : await createTestDatabase(testServerUrl());
  const env = { DATA_DIR: folder, PORT: '0', OLLAMA: 'off', LOG_LEVEL: 'error' };
  const config = readConfig({ ...env, ...(database === null ? {} : { DATABASE_URL: database.url }) });
  if (database === null) await keepPgliteCompiled();
  if (isDistributed() && database !== null) await spread(database);
  const app = await startApp(config, pino({ level: 'error' }, process.stderr));
  await app.close();
  return { folder, database: database === null ? null : new URL(database.url).pathname.slice(1) };
}

/**
 * Few parts: a database of tests is copied and swept as a whole. One after the other: each gives the roles to all
 * machines, and they are the server's and not the database's.
 */
async function spread({ url }: TestDatabase): Promise<void> {
  const turn = new pg.Client({ connectionString: testServerUrl() });
  await turn.connect();
  await turn.query(`SELECT pg_advisory_lock(hashtext('spread'))`);
  const db = await connectDatabase(readConfig({ DATABASE_URL: url }).database);
  try {
    await migrate(db);
    await distribute(db, { shards: 4, dryRun: false, say: () => {} });
  } finally {
    await db.close();
    await turn.end();
  }
}

function newFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'alcove-test-'));
}

/** A folder and a database as they are. */
export function homeOn(dataDir: string, database: TestDatabase | null): DataHome {
  return {
    dataDir,
    database,
    async remove() {
      await database?.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
