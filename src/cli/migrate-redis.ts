import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { once } from 'node:events';
import { readConfig } from '../config.ts';
import { connectDatabase } from '../db/client.ts';
import { isMigrated } from '../db/migrate.ts';
import { mappingFile, type MappingRule } from '../exchange/redis/mapping.ts';
import { migrateRedis } from '../exchange/redis/migrate-redis.ts';
import { openRedis } from '../exchange/redis/read-keys.ts';

interface Options {
  url: string;
  pattern: string;
  map?: string;
  user?: string;
  report?: string;
  dryRun?: boolean;
}

const progressMs = 1_000;

/** Sessions of Redis become conversations; 1 when a key could not be read. */
export async function migrateRedisCommand(options: Options): Promise<number> {
  const mapping = await readMapping(options.map);
  const redis = await openRedis(options.url);
  try {
    const db = await connectDatabase(readConfig().database);
    try {
      if (!(await isMigrated(db)))
        throw new Error('The database is of another version: run "npm run alcove -- db migrate" first.');
      const total = await redis.size();
      const report = options.report === undefined ? null : createWriteStream(options.report);
      const counts = { migrated: 0, unchanged: 0, skipped: 0, messages: 0 };
      const reasons = new Map<string, number>();
      let shown = 0;
      const input = {
        pattern: options.pattern,
        mapping,
        user: options.user ?? null,
        dryRun: options.dryRun === true,
      };
      for await (const done of migrateRedis(redis, input, db, () => new Date())) {
        counts[done.outcome] += 1;
        if (done.outcome === 'migrated') counts.messages += done.messages;
        if (done.reason !== null) reasons.set(done.reason, (reasons.get(done.reason) ?? 0) + 1);
        if (report !== null && !report.write(`${JSON.stringify(done)}\n`)) await once(report, 'drain');
        if (performance.now() - shown < progressMs) continue;
        shown = performance.now();
        process.stderr.write(`${counts.migrated + counts.unchanged + counts.skipped} of ${total} keys\n`);
      }
      report?.end();
      const verb = input.dryRun ? 'would become' : 'became';
      process.stdout.write(
        `${counts.migrated} keys ${verb} conversations with ${counts.messages} messages, ${counts.unchanged} were migrated before, ${counts.skipped} were skipped.\n`,
      );
      for (const [reason, times] of reasons) process.stdout.write(`  ${times} times: ${reason}\n`);
      return 0;
    } finally {
      await db.close();
    }
  } finally {
    await redis.close();
  }
}

async function readMapping(path: string | undefined): Promise<MappingRule[]> {
  if (path === undefined) return [];
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new Error(`The mapping ${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
  const { data, error } = mappingFile.safeParse(value);
  if (error === undefined) return data;
  const [issue] = error.issues;
  throw new Error(`The mapping ${path} is not valid at ${issue?.path.join('.')}: ${issue?.message}`);
}
