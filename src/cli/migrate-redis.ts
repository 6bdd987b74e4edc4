import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { z } from 'zod';
import { readConfig } from '../config.ts';
import { connectDatabase } from '../db/client.ts';
import type { Database } from '../db/database.ts';
import { assertMigrated } from '../db/migration-state.ts';
import { layoutFor, type Mapping, mapping } from '../exchange/redis/mapping.ts';
import {
  type MigrationReport,
  migrateSessions,
  type SessionReport,
} from '../exchange/redis/migrate-sessions.ts';
import { type KeyStore, openRedis } from '../exchange/redis/scan-keys.ts';

interface Options {
  url: string;
  pattern: string;
  map?: string;
  owner?: string;
  issuer?: string;
  report?: string;
  dryRun?: boolean;
}

/** @returns 1 when a session could not be kept, or not every message of this run is here */
export async function migrateRedis(options: Options): Promise<number> {
  const layouts = options.map === undefined ? { layouts: [] } : await readMapping(options.map);
  const store = await openRedis(options.url);
  try {
    const db = options.dryRun === true ? null : await openMigrated();
    try {
      return await migrateFrom(store, db, layouts, options);
    } finally {
      await db?.close();
    }
  } finally {
    // An open connection would keep the process.
    await store.close();
  }
}

async function migrateFrom(
  store: KeyStore,
  db: Database | null,
  layouts: Mapping,
  options: Options,
): Promise<number> {
  const { pattern, owner = null, issuer = null } = options;
  const file = options.report === undefined ? null : await openReport(options.report);
  try {
    const total = await store.size();
    const migration = { pattern, owner, issuer, layoutFor: layoutFor(layouts) };
    const report = await migrateSessions(store, db, migration, {
      report: (one) => tell(one, file),
      progress: (keys) => showProgress(keys, total),
    });
    if (process.stderr.isTTY) process.stderr.write('\n');
    process.stdout.write(`${describe(report)}\n`);
    const isWhole = report.kept === null || report.kept === report.due;
    return report.sessions.failed === 0 && isWhole ? 0 : 1;
  } finally {
    await file?.close();
  }
}

interface ReportFile {
  add(one: SessionReport): void;
  /** @throws what went wrong since it was opened: the migration itself goes on without its report */
  close(): Promise<void>;
}

/** @throws where no such file can be made */
async function openReport(path: string): Promise<ReportFile> {
  const lines = createWriteStream(path, { flags: 'w' });
  await once(lines, 'open');
  const written = finished(lines);
  written.catch(() => {});
  return {
    add: (one) => void lines.write(`${JSON.stringify(one)}\n`),
    close: () => {
      lines.end();
      return written;
    },
  };
}

async function openMigrated(): Promise<Database> {
  const db = await connectDatabase(readConfig().database);
  try {
    await assertMigrated(db);
    return db;
  } catch (error) {
    await db.close();
    throw error;
  }
}

async function readMapping(path: string) {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Error(`The mapping ${path} cannot be read.`, { cause });
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error(`The mapping ${path} is not valid JSON.`, { cause });
  }
  const { data, error } = mapping.safeParse(value);
  if (data !== undefined) return data;
  throw new Error(`The mapping ${path} is not valid:\n${z.prettifyError(error)}`);
}

function tell(one: SessionReport, file: ReportFile | null): void {
  file?.add(one);
  if (one.outcome === 'failed') process.stderr.write(`${one.key}: ${one.reason}\n`);
}

const quietly = 10_000;
let shown = 0;

function showProgress(keys: number, total: number): void {
  const text = `${keys} of at most ${total} keys read`;
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${text}`);
  else if (keys - shown >= quietly) {
    shown = keys;
    process.stderr.write(`${text}\n`);
  }
}

function describe({ keys, sessions, messages, due, kept, users }: MigrationReport): string {
  const { created, extended, unchanged, deleted, skipped, failed } = sessions;
  const found = created + extended + unchanged + deleted + failed;
  return [
    `${keys} keys: ${found} sessions of ${users} people with ${messages} messages, ${skipped} keys that hold none.`,
    kept === null
      ? 'Nothing was kept: this was a dry run.'
      : `${created} conversations made, ${extended} continued, ${unchanged} there already, ${deleted} deleted here since, ${failed} failed; ${kept} of ${due} messages are here.`,
  ].join('\n');
}
